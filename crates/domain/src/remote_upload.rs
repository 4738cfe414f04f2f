//! A remote upload: a file that a site fetches from an address.

use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use crate::{AccountName, FileId, FolderId, HeaderFields, JobState, Origin, ProviderId, RemoteUploadId, RemoteUrl};

/// A remote upload: the site fetches a file from an address.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[schema(example = json!({
    "id": "22", "account": "main", "provider": "pstream", "source_url": "https://media.example.org/bunny.mov",
    "folder_id": "4248", "name": null, "state": "running", "raw_state": "downloading", "progress_percent": 78.41,
    "size": null, "created_at": "2018-02-21T09:20:26Z", "started_at": null, "updated_at": "2018-02-21T09:21:56Z",
    "finished_at": null, "error": null, "file_id": null, "page_url": null
}))]
pub struct RemoteUpload {
    /// The remote upload's id at its provider.
    pub id: RemoteUploadId,
    /// The account that the remote upload belongs to.
    pub account: AccountName,
    /// The provider that fetches the file.
    pub provider: ProviderId,
    /// The address that the site fetches.
    pub source_url: Option<String>,
    /// The folder that receives the file.
    pub folder_id: Option<FolderId>,
    /// The name of the file.
    pub name: Option<String>,
    /// The state of the remote upload.
    pub state: JobState,
    /// The provider's own word for the state.
    pub raw_state: Option<String>,
    /// The progress of the fetch, from 0 to 100. It may be 100 for a failed remote upload.
    pub progress_percent: Option<f64>,
    /// The size in bytes.
    pub size: Option<u64>,
    /// The time at which the remote upload was created.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub created_at: Option<Timestamp>,
    /// The time at which the site began to fetch.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub started_at: Option<Timestamp>,
    /// The time of the last change of the remote upload.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub updated_at: Option<Timestamp>,
    /// The time at which the remote upload succeeded or failed.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub finished_at: Option<Timestamp>,
    /// The reason for a failure, in the provider's words.
    pub error: Option<String>,
    /// The file that the remote upload has created.
    pub file_id: Option<FileId>,
    /// The page that shows the file to people.
    pub page_url: Option<String>,
}

impl RemoteUpload {
    /// Returns a remote upload of which only the id is known.
    #[must_use]
    pub fn bare(origin: &Origin, id: RemoteUploadId) -> Self {
        Self {
            id,
            account: origin.account.clone(),
            provider: origin.provider.clone(),
            source_url: None,
            folder_id: None,
            name: None,
            state: JobState::Unknown,
            raw_state: None,
            progress_percent: None,
            size: None,
            created_at: None,
            started_at: None,
            updated_at: None,
            finished_at: None,
            error: None,
            file_id: None,
            page_url: None,
        }
    }
}

/// The data of a remote upload to create.
#[derive(Debug, Clone)]
pub struct NewRemoteUpload {
    /// The address for the site to fetch.
    pub url: RemoteUrl,
    /// The folder that receives the file.
    pub folder: FolderId,
    /// The header fields for the site to send. They may contain secrets.
    pub headers: HeaderFields,
}

/// A selection of remote uploads to return.
#[derive(Debug, Clone)]
pub enum RemoteUploadSelection {
    /// The remote uploads with these ids. Unknown ids are left out. If the only id is unknown, the result may be the
    /// error `RemoteUploadNotFound`.
    Ids(Vec<RemoteUploadId>),
    /// The most recent remote uploads, at most this number: 1 to 100.
    Recent(u32),
}
