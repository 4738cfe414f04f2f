//! A file at a provider, the changes to it, and the result of a lookup of many files.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{AccountName, EntryName, Error, FileId, FolderId, Origin, ProviderId, Visibility};

/// A file. Fields that the site's answer does not contain are `null`.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[schema(example = json!({
    "type": "file", "id": "VKrJd-A_vNmpP4L", "account": "main", "provider": "pstream",
    "name": "Big bunny buck 720p", "folder_id": "root", "size": 193_986_560, "content_type": "video/mp4",
    "sha1": "8fd4e1c67a2d28fced849ee1bb76e7391b93eb12", "md5": null, "short_code": null, "status": "active",
    "conversion": "succeeded", "uploaded_at": "2018-07-29T08:51:49Z", "last_accessed_at": null,
    "download_count": null, "tags": null, "visibility": null, "stats_url": null,
    "page_url": "https://www.example.net/v/VKrJd-A_vNmpP4L", "embed_url": "https://www.example.net/e/VKrJd-A_vNmpP4L"
}))]
pub struct File {
    /// Always `file`; it distinguishes files from folders in a list that contains both.
    #[serde(rename = "type")]
    pub kind: FileType,
    /// The file's id at its provider.
    pub id: FileId,
    /// The account that the file belongs to.
    pub account: AccountName,
    /// The provider that stores the file.
    pub provider: ProviderId,
    /// The file's name.
    pub name: Option<String>,
    /// The folder that contains the file; `null` where the site's answer does not contain it.
    pub folder_id: Option<FolderId>,
    /// The size in bytes.
    pub size: Option<u64>,
    /// The media type.
    #[schema(example = "video/mp4")]
    pub content_type: Option<String>,
    /// The SHA-1 digest, in hexadecimal digits.
    pub sha1: Option<String>,
    /// The MD5 digest, in hexadecimal digits.
    pub md5: Option<String>,
    /// The short code of the file's public address.
    pub short_code: Option<String>,
    /// Whether the file can be used.
    pub status: FileStatus,
    /// The state of the file's conversion for playing.
    pub conversion: Option<JobState>,
    /// The time at which the file was uploaded.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub uploaded_at: Option<Timestamp>,
    /// The time at which the file was last downloaded or viewed.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub last_accessed_at: Option<Timestamp>,
    /// The number of downloads of the file.
    pub download_count: Option<u64>,
    /// The file's tags.
    pub tags: Option<Vec<String>>,
    /// The visibility of the file.
    pub visibility: Option<Visibility>,
    /// The page with the file's statistics.
    pub stats_url: Option<String>,
    /// The page that shows the file to people.
    pub page_url: Option<String>,
    /// The address of a player to embed.
    pub embed_url: Option<String>,
}

impl File {
    /// Returns a file of which only the id is known.
    #[must_use]
    pub fn bare(origin: &Origin, id: FileId) -> Self {
        Self {
            kind: FileType::File,
            id,
            account: origin.account.clone(),
            provider: origin.provider.clone(),
            name: None,
            folder_id: None,
            size: None,
            content_type: None,
            sha1: None,
            md5: None,
            short_code: None,
            status: FileStatus::Unknown,
            conversion: None,
            uploaded_at: None,
            last_accessed_at: None,
            download_count: None,
            tags: None,
            visibility: None,
            stats_url: None,
            page_url: None,
            embed_url: None,
        }
    }
}

/// The word that marks a file in a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum FileType {
    /// A file.
    File,
}

/// Whether a file can be used. New words may appear.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum FileStatus {
    /// The file can be used.
    Active,
    /// The site has suspended the file.
    Suspended,
    /// The site is still processing the file.
    Processing,
    /// The file is in the site's trash.
    Trashed,
    /// The file was deleted.
    Deleted,
    /// The file exists, but the site cannot use it.
    Failed,
    /// Polyhost does not know the word that the provider uses.
    Unknown,
}

/// The state of a job at a site: a remote upload or a conversion. New words may appear.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum JobState {
    /// The job has not started.
    Queued,
    /// The job is running.
    Running,
    /// The job has succeeded.
    Succeeded,
    /// The job has failed.
    Failed,
    /// The job was cancelled.
    Cancelled,
    /// Polyhost does not know the word that the provider uses.
    Unknown,
}

/// The changes to make to a file, besides a move to another folder. At least one field is set.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FileEdit {
    /// The new name.
    pub name: Option<EntryName>,
    /// The new media type.
    pub content_type: Option<String>,
}

/// The result of a lookup for one file id.
#[derive(Debug, Clone)]
pub enum FileLookup {
    /// The file exists.
    Found(Box<File>),
    /// The file exists and the site reports that it is broken: the file's known fields, and the site's error.
    Broken(Box<File>, Error),
    /// The file does not exist, or the request for it failed.
    Failed(Error),
}
