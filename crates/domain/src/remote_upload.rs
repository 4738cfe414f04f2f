//! A file that a site fetches from elsewhere by itself.

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
    /// The account that it belongs to.
    pub account: AccountName,
    /// The provider that fetches.
    pub provider: ProviderId,
    /// Where the file comes from.
    pub source_url: Option<String>,
    /// Where the file goes.
    pub folder_id: Option<FolderId>,
    /// The name of the file.
    pub name: Option<String>,
    /// How far it has come.
    pub state: JobState,
    /// The provider's own word for the state.
    pub raw_state: Option<String>,
    /// How much has been fetched, 0 to 100. A failed one may say 100.
    pub progress_percent: Option<f64>,
    /// The size in bytes.
    pub size: Option<u64>,
    /// When it was asked for.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub created_at: Option<Timestamp>,
    /// When fetching began.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub started_at: Option<Timestamp>,
    /// When it last moved.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub updated_at: Option<Timestamp>,
    /// When it ended, well or badly.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub finished_at: Option<Timestamp>,
    /// Why it failed, in the provider's words.
    pub error: Option<String>,
    /// The file that it has made.
    pub file_id: Option<FileId>,
    /// The page that shows that file to people.
    pub page_url: Option<String>,
}

impl RemoteUpload {
    /// A remote upload of which nothing is known beyond its id.
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

/// What a new remote upload needs.
#[derive(Debug, Clone)]
pub struct NewRemoteUpload {
    /// Where the site shall fetch from.
    pub url: RemoteUrl,
    /// Where the file shall go.
    pub folder: FolderId,
    /// Header fields that the site shall send. They may hold secrets.
    pub headers: HeaderFields,
}

/// Which remote uploads are asked for.
#[derive(Debug, Clone)]
pub enum RemoteUploadSelection {
    /// Those with these ids; unknown ones are left out of the answer, or, asked for alone, not found.
    Ids(Vec<RemoteUploadId>),
    /// The most recent ones, at most so many, 1 to 100.
    Recent(u32),
}
