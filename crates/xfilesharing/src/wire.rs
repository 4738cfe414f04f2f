//! The sites' structures as the sites send them.
//!
//! Every field may be missing, and numbers may be texts. The structs contain the names of fields of all flavours.

use polyhost_upstream::decode::{self, List, Message, WireTime};
use serde::Deserialize;
use serde_json::value::RawValue;

/// The envelope of every answer.
#[serde_with::apply(Option<_> => #[serde(default, deserialize_with = "decode::lenient")])]
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Envelope<'a> {
    /// 200 for a success. It overrides the HTTP status.
    pub(crate) status: Option<i64>,
    /// A message for people. It may be any text even for a success.
    pub(crate) msg: Option<Message>,
    /// The site's clock, without a time zone.
    pub(crate) server_time: Option<String>,
    /// The session of an upload, in the answer to `upload/server`.
    pub(crate) sess_id: Option<String>,
    #[serde_with(skip_apply)]
    #[serde(default, borrow)]
    pub(crate) result: Option<&'a RawValue>,
    /// The result of `upload/url/list`.
    #[serde_with(skip_apply)]
    #[serde(default, borrow)]
    pub(crate) list: Option<&'a RawValue>,
}

/// A result that is one value, such as the address of `upload/server`.
#[derive(Debug, Default, Deserialize)]
#[serde(transparent)]
pub(crate) struct Text(#[serde(deserialize_with = "decode::lenient")] pub(crate) Option<String>);

/// `account/info`
#[serde_with::apply(Option<_> => #[serde(default, deserialize_with = "decode::lenient")])]
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Account {
    pub(crate) email: Option<String>,
    pub(crate) login: Option<String>,
    pub(crate) balance: Option<String>,
    pub(crate) premium_expire: Option<WireTime>,
    /// The spelling of DoodStream and Byse.
    pub(crate) premim_expire: Option<WireTime>,
    pub(crate) premium_until: Option<WireTime>,
    pub(crate) storage_used: Option<i64>,
    /// A word where there is no limit. It may be negative.
    pub(crate) storage_left: Option<i64>,
}

/// A file, in any list and in `file/info`.
#[serde_with::apply(Option<_> => #[serde(default, deserialize_with = "decode::lenient")])]
#[derive(Debug, Clone, Default, Deserialize)]
pub(crate) struct FileRow {
    /// The status of this file alone: 200, 404 or 451.
    pub(crate) status: Option<i64>,
    pub(crate) file_code: Option<String>,
    pub(crate) filecode: Option<String>,
    pub(crate) file_title: Option<String>,
    pub(crate) title: Option<String>,
    pub(crate) name: Option<String>,
    pub(crate) file_fld_id: Option<String>,
    pub(crate) fld_id: Option<String>,
    pub(crate) fld: Option<String>,
    pub(crate) size: Option<u64>,
    pub(crate) file_created: Option<WireTime>,
    pub(crate) uploaded: Option<WireTime>,
    pub(crate) file_last_download: Option<WireTime>,
    pub(crate) last_view: Option<WireTime>,
    pub(crate) file_views_full: Option<u64>,
    pub(crate) downloads: Option<u64>,
    pub(crate) views: Option<u64>,
    pub(crate) file_public: Option<i64>,
    pub(crate) public: Option<i64>,
    pub(crate) canplay: Option<i64>,
    pub(crate) tags: Option<String>,
    pub(crate) link: Option<String>,
    pub(crate) download_url: Option<String>,
    /// A path.
    pub(crate) protected_embed: Option<String>,
    pub(crate) player_img: Option<String>,
    pub(crate) splash_img: Option<String>,
    pub(crate) single_img: Option<String>,
    pub(crate) thumbnail: Option<String>,
}

/// `folder/list`
#[derive(Debug, Default, Deserialize)]
pub(crate) struct FolderListing<'a> {
    #[serde(default, borrow)]
    pub(crate) folders: List<'a, FolderRow>,
    /// A list, or at VOE a page.
    #[serde(default, borrow)]
    pub(crate) files: List<'a, FileRow>,
}

/// One folder of `folder/list`.
#[serde_with::apply(Option<_> => #[serde(default, deserialize_with = "decode::lenient")])]
#[derive(Debug, Default, Deserialize)]
pub(crate) struct FolderRow {
    pub(crate) fld_id: Option<String>,
    pub(crate) name: Option<String>,
}

/// A page of `file/list`.
#[serde_with::apply(Option<_> => #[serde(default, deserialize_with = "decode::lenient")])]
#[derive(Debug, Default, Deserialize)]
pub(crate) struct FilePage<'a> {
    #[serde(default, borrow)]
    pub(crate) files: List<'a, FileRow>,
    /// The name at VOE.
    #[serde(default, borrow)]
    pub(crate) data: List<'a, FileRow>,
}

/// `folder/create`
#[serde_with::apply(Option<_> => #[serde(default, deserialize_with = "decode::lenient")])]
#[derive(Debug, Default, Deserialize)]
pub(crate) struct FolderCreated {
    pub(crate) fld_id: Option<String>,
}

/// The id of a new file or remote upload.
#[serde_with::apply(Option<_> => #[serde(default, deserialize_with = "decode::lenient")])]
#[derive(Debug, Default, Deserialize)]
pub(crate) struct NewCode {
    pub(crate) file_code: Option<String>,
    pub(crate) filecode: Option<String>,
    /// The id of a remote upload at VOE.
    #[serde(rename = "queueID")]
    pub(crate) queue_id: Option<String>,
}

/// The answer of an upload node, of which one of the four places has the file.
#[serde_with::apply(Option<_> => #[serde(default, deserialize_with = "decode::lenient")])]
#[derive(Debug, Default, Deserialize)]
pub(crate) struct NodeAnswer<'a> {
    pub(crate) status: Option<i64>,
    pub(crate) msg: Option<Message>,
    #[serde(default, borrow)]
    pub(crate) files: List<'a, Uploaded>,
    #[serde(default, borrow)]
    pub(crate) result: List<'a, Uploaded>,
    #[serde_with(skip_apply)]
    #[serde(default, borrow)]
    pub(crate) file: Option<&'a RawValue>,
}

/// A file in the answer of an upload node.
#[serde_with::apply(Option<_> => #[serde(default, deserialize_with = "decode::lenient")])]
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Uploaded {
    pub(crate) file_code: Option<String>,
    pub(crate) filecode: Option<String>,
    pub(crate) code: Option<String>,
    /// `OK`, or the reason for a refusal.
    pub(crate) file_status: Option<Message>,
    pub(crate) status: Option<Message>,
    pub(crate) filename: Option<String>,
    pub(crate) file_title: Option<String>,
    pub(crate) title: Option<String>,
    pub(crate) size: Option<u64>,
}

/// A remote upload.
#[serde_with::apply(Option<_> => #[serde(default, deserialize_with = "decode::lenient")])]
#[derive(Debug, Default, Deserialize)]
pub(crate) struct RemoteRow {
    /// The id of the remote upload at VOE.
    pub(crate) id: Option<String>,
    pub(crate) file_code: Option<String>,
    pub(crate) filecode: Option<String>,
    pub(crate) remote_url: Option<String>,
    pub(crate) url: Option<String>,
    pub(crate) source_url: Option<String>,
    pub(crate) fld_id: Option<String>,
    pub(crate) folder_id: Option<String>,
    /// A word, or at VOE a number.
    pub(crate) status: Option<String>,
    /// A number, or at Byse a text such as `55%`.
    pub(crate) progress: Option<String>,
    pub(crate) percent: Option<f64>,
    pub(crate) bytes_total: Option<u64>,
    pub(crate) bytes_downloaded: Option<u64>,
    pub(crate) total_size: Option<u64>,
    pub(crate) loaded_size: Option<u64>,
    pub(crate) created: Option<String>,
    pub(crate) updated: Option<String>,
    pub(crate) error_msg: Option<Message>,
}

/// The remote uploads of VOE.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct RemotePage<'a> {
    #[serde(default, borrow)]
    pub(crate) data: List<'a, RemoteRow>,
}

/// A conversion.
#[serde_with::apply(Option<_> => #[serde(default, deserialize_with = "decode::lenient")])]
#[derive(Debug, Default, Deserialize)]
pub(crate) struct EncodingRow {
    pub(crate) file_code: Option<String>,
    pub(crate) title: Option<String>,
    pub(crate) name: Option<String>,
    pub(crate) quality: Option<String>,
    pub(crate) status: Option<String>,
    pub(crate) progress: Option<f64>,
    pub(crate) link: Option<String>,
}

/// `file/direct_link`, in three notations.
#[serde_with::apply(Option<_> => #[serde(default, deserialize_with = "decode::lenient")])]
#[derive(Debug, Default, Deserialize)]
pub(crate) struct DirectLink<'a> {
    #[serde(default, borrow)]
    pub(crate) versions: List<'a, Version>,
    pub(crate) url: Option<String>,
    /// The original, in an older notation with a field for each version.
    #[serde_with(skip_apply)]
    #[serde(default, borrow)]
    pub(crate) o: Option<&'a RawValue>,
}

/// One encoded version of a file.
#[serde_with::apply(Option<_> => #[serde(default, deserialize_with = "decode::lenient")])]
#[derive(Debug, Clone, Default, Deserialize)]
pub(crate) struct Version {
    /// `o` is the original.
    pub(crate) name: Option<String>,
    pub(crate) size: Option<u64>,
    pub(crate) url: Option<String>,
}

/// `images/thumb`
#[serde_with::apply(Option<_> => #[serde(default, deserialize_with = "decode::lenient")])]
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Picture {
    pub(crate) thumbnail: Option<String>,
}

impl FileRow {
    pub(crate) fn code(&self) -> Option<&str> {
        self.file_code.as_deref().or(self.filecode.as_deref())
    }

    pub(crate) fn stored_name(&self) -> Option<&str> {
        self.file_title.as_deref().or(self.title.as_deref()).or(self.name.as_deref())
    }

    pub(crate) fn folder(&self) -> Option<&str> {
        self.file_fld_id.as_deref().or(self.fld_id.as_deref()).or(self.fld.as_deref())
    }

    pub(crate) fn picture(&self) -> Option<&str> {
        let pictures = [&self.player_img, &self.splash_img, &self.single_img, &self.thumbnail];
        pictures.into_iter().find_map(Option::as_deref)
    }
}
