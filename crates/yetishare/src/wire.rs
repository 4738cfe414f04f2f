//! The site's structures as the site sends them.
//!
//! Every field may be missing, null, or of another type than documented. Numbers are texts or numbers, depending on the
//! version of PHP. The attribute on each struct makes all of its optional fields lenient.

use polyhost_upstream::decode::{self, List, Message, Scalar, WireTime};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

/// A field for which a missing value and null differ: `None` where it is missing, `Some(None)` where it is null.
pub(crate) type Reported<T> = Option<Option<T>>;

/// Deserializes a [`Reported`] field. A value of another type counts as missing: it is neither a usable value nor null.
fn reported<'de, D: Deserializer<'de>, T: Scalar>(deserializer: D) -> Result<Reported<T>, D::Error> {
    let raw: &RawValue = Deserialize::deserialize(deserializer)?;
    Ok(match raw.get() {
        "null" | "false" | "\"\"" => Some(None),
        text => decode::value::<Single<T>>(text).ok().and_then(|value| value.0).map(Some),
    })
}

/// A JSON value that is not part of a struct.
#[derive(Deserialize)]
#[serde(transparent, bound = "T: Scalar")]
struct Single<T>(#[serde(deserialize_with = "decode::lenient")] Option<T>);

/// `authorize`
#[serde_with::apply(Option<_> => #[serde(default, deserialize_with = "decode::lenient")])]
#[derive(Default, Deserialize)]
pub(crate) struct Login {
    pub(crate) access_token: Option<String>,
    pub(crate) account_id: Option<String>,
}

/// `account/info`
#[serde_with::apply(Option<_> => #[serde(default, deserialize_with = "decode::lenient")])]
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Account {
    pub(crate) id: Option<String>,
    pub(crate) username: Option<String>,
    pub(crate) email: Option<String>,
    pub(crate) status: Option<String>,
    pub(crate) datecreated: Option<WireTime>,
    pub(crate) lastlogindate: Option<WireTime>,
    #[serde(rename = "paidExpiryDate")]
    pub(crate) paid_expiry_date: Option<WireTime>,
    #[serde(rename = "storageLimitOverride")]
    pub(crate) storage_limit_override: Option<u64>,
}

/// `account/package`
#[serde_with::apply(Option<_> => #[serde(default, deserialize_with = "decode::lenient")])]
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Package {
    pub(crate) id: Option<String>,
    pub(crate) label: Option<String>,
    pub(crate) max_upload_size: Option<u64>,
    pub(crate) can_upload: Option<bool>,
    pub(crate) wait_between_downloads: Option<u64>,
    pub(crate) download_speed: Option<u64>,
    pub(crate) max_storage_bytes: Option<u64>,
    pub(crate) days_to_keep_inactive_files: Option<u64>,
    pub(crate) concurrent_uploads: Option<u64>,
    pub(crate) concurrent_downloads: Option<u64>,
    pub(crate) downloads_per_24_hours: Option<u64>,
    pub(crate) download_size_per_24_hours: Option<u64>,
    pub(crate) max_download_filesize_allowed: Option<u64>,
    pub(crate) max_remote_download_urls: Option<u64>,
    pub(crate) level_type: Option<String>,
}

/// A file in `file/info`, in every other call that returns a file, and with fewer fields in `folder/listing`.
#[serde_with::apply(Option<_> => #[serde(default, deserialize_with = "decode::lenient")])]
#[derive(Debug, Default, Deserialize)]
pub(crate) struct File {
    pub(crate) id: Option<String>,
    pub(crate) filename: Option<String>,
    #[serde(rename = "shortUrl")]
    pub(crate) short_url: Option<String>,
    #[serde(rename = "fileType")]
    pub(crate) file_type: Option<String>,
    #[serde(rename = "fileSize")]
    pub(crate) file_size: Option<u64>,
    /// The status in `file/info` of version 4.
    pub(crate) file_status: Option<String>,
    pub(crate) status: Option<String>,
    pub(crate) downloads: Option<u64>,
    #[serde_with(skip_apply)]
    #[serde(rename = "folderId", default, deserialize_with = "reported")]
    pub(crate) folder_id: Reported<String>,
    #[serde_with(skip_apply)]
    #[serde(default, deserialize_with = "keywords")]
    pub(crate) keywords: Keywords,
    #[serde(rename = "uploadedDate")]
    pub(crate) uploaded_date: Option<WireTime>,
    #[serde(rename = "lastAccessed")]
    pub(crate) last_accessed: Option<WireTime>,
    #[serde(rename = "isPublic")]
    pub(crate) is_public: Option<u64>,
    pub(crate) url_file: Option<String>,
    pub(crate) url_file_stats: Option<String>,
}

/// The keywords of a file.
#[derive(Debug, Default)]
pub(crate) enum Keywords {
    /// The field is missing, or is neither a text nor a list.
    #[default]
    Absent,
    /// One text with commas or semicolons between the keywords.
    Joined(String),
    Listed(Vec<String>),
}

/// The maximum number of keywords that are read.
pub(crate) const MAX_KEYWORDS: usize = 1_000;

fn keywords<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Keywords, D::Error> {
    let raw: &RawValue = Deserialize::deserialize(deserializer)?;
    Ok(match raw.get() {
        "true" | "false" => Keywords::Absent,
        list if list.starts_with(['[', '{']) => {
            let words: List<'_, Single<String>> = decode::value(list).unwrap_or_default();
            let mut left = MAX_KEYWORDS;
            let words = words.read(|_, word| {
                left = left.checked_sub(1)?;
                word.0
            });
            words.map_or(Keywords::Absent, |words| Keywords::Listed(words.items))
        }
        text => {
            Keywords::Joined(decode::value::<Single<String>>(text).ok().and_then(|word| word.0).unwrap_or_default())
        }
    })
}

/// The file in the answer to `file/upload`.
#[serde_with::apply(Option<_> => #[serde(default, deserialize_with = "decode::lenient")])]
#[derive(Default, Deserialize)]
pub(crate) struct Uploaded {
    pub(crate) name: Option<String>,
    pub(crate) size: Option<u64>,
    #[serde(rename = "type")]
    pub(crate) content_type: Option<String>,
    /// An error inside a success.
    pub(crate) error: Option<Message>,
    pub(crate) url: Option<String>,
    pub(crate) hash: Option<String>,
    pub(crate) stats_url: Option<String>,
    pub(crate) short_url: Option<String>,
    pub(crate) file_id: Option<String>,
    /// The address that deletes the file when it is opened, even without credentials.
    pub(crate) delete_url: Option<String>,
}

/// `file/download`
#[serde_with::apply(Option<_> => #[serde(default, deserialize_with = "decode::lenient")])]
#[derive(Default, Deserialize)]
pub(crate) struct Download {
    pub(crate) file_id: Option<String>,
    pub(crate) filename: Option<String>,
    pub(crate) download_url: Option<String>,
}

/// `file/url_upload_add`
#[serde_with::apply(Option<_> => #[serde(default, deserialize_with = "decode::lenient")])]
#[derive(Debug, Default, Deserialize)]
pub(crate) struct RemoteAdded {
    pub(crate) scheduled_item_id: Option<String>,
}

/// `file/url_upload_status`
#[serde_with::apply(Option<_> => #[serde(default, deserialize_with = "decode::lenient")])]
#[derive(Debug, Default, Deserialize)]
pub(crate) struct RemoteStatus {
    pub(crate) scheduled_item_id: Option<String>,
    pub(crate) status: Option<String>,
    pub(crate) created: Option<WireTime>,
    pub(crate) started: Option<WireTime>,
    pub(crate) finished: Option<WireTime>,
    pub(crate) total_size: Option<u64>,
    /// The address that the site fetches, where it is reported.
    pub(crate) url: Option<String>,
    pub(crate) notes: Option<Message>,
    pub(crate) message: Option<Message>,
    pub(crate) error: Option<Message>,
    #[serde_with(skip_apply)]
    #[serde(default, deserialize_with = "fetched")]
    pub(crate) downloaded_file: Fetched,
}

/// The file that a remote upload has created.
#[serde_with::apply(Option<_> => #[serde(default, deserialize_with = "decode::lenient")])]
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Fetched {
    pub(crate) file_id: Option<String>,
    pub(crate) name: Option<String>,
    pub(crate) size: Option<u64>,
    pub(crate) url: Option<String>,
}

/// Deserializes the file of a remote upload. Until it has finished, the field may be `null`, `false` or an empty text.
fn fetched<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Fetched, D::Error> {
    let raw: &RawValue = Deserialize::deserialize(deserializer)?;
    Ok(decode::value(raw.get()).unwrap_or_default())
}

/// `folder/listing`
#[derive(Default, Deserialize)]
pub(crate) struct Listing<'a> {
    #[serde(default, borrow)]
    pub(crate) folders: List<'a, Folder>,
    #[serde(default, borrow)]
    pub(crate) files: List<'a, File>,
}

/// A folder in `folder/info`, in every other call that returns a folder, and in `folder/listing`.
#[serde_with::apply(Option<_> => #[serde(default, deserialize_with = "decode::lenient")])]
#[derive(Default, Deserialize)]
pub(crate) struct Folder {
    pub(crate) id: Option<String>,
    #[serde_with(skip_apply)]
    #[serde(rename = "parentId", default, deserialize_with = "reported")]
    pub(crate) parent_id: Reported<String>,
    #[serde(rename = "folderName")]
    pub(crate) folder_name: Option<String>,
    /// The status, in version 5.
    pub(crate) status: Option<String>,
    #[serde(rename = "totalSize")]
    pub(crate) total_size: Option<u64>,
    #[serde(rename = "isPublic")]
    pub(crate) is_public: Option<u64>,
    /// The MD5 of the password. Listings do not contain it.
    #[serde_with(skip_apply)]
    #[serde(rename = "accessPassword", default, deserialize_with = "reported")]
    pub(crate) access_password: Reported<String>,
    pub(crate) date_added: Option<WireTime>,
    pub(crate) date_updated: Option<WireTime>,
    pub(crate) url_folder: Option<String>,
    pub(crate) total_downloads: Option<u64>,
    pub(crate) child_folder_count: Option<u64>,
    pub(crate) file_count: Option<u64>,
}

impl Folder {
    /// Returns whether the folder is in the trash or deleted.
    pub(crate) fn is_gone(&self) -> bool {
        let is = |word: &str| self.status.as_deref().is_some_and(|status| status.trim().eq_ignore_ascii_case(word));
        is("trash") || is("trashed") || is("deleted")
    }
}
