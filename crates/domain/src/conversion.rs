//! A job of a site that converts a file for playing.

use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use crate::{AccountName, FileId, JobState, ProviderId};

/// A job that converts a file for playing.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[schema(example = json!({
    "id": "451984984", "account": "main", "provider": "pstream", "file_id": "LbVwPmA47", "name": "MyOldCamera.avi",
    "state": "queued", "raw_state": "pending", "progress_percent": 57.0, "retries": 0,
    "updated_at": "2019-01-01T04:40:40Z", "page_url": "https://www.example.net/v/LbVwPmA47"
}))]
pub struct Conversion {
    /// The job's id at its provider.
    pub id: String,
    /// The account that the file belongs to.
    pub account: AccountName,
    /// The provider that converts the file.
    pub provider: ProviderId,
    /// The file that is converted.
    pub file_id: Option<FileId>,
    /// The file's name.
    pub name: Option<String>,
    /// The state of the job.
    pub state: JobState,
    /// The provider's own word for the state.
    pub raw_state: Option<String>,
    /// The progress of the job, from 0 to 100.
    pub progress_percent: Option<f64>,
    /// The number of retries of the job.
    pub retries: Option<u64>,
    /// The time of the last change of the job.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub updated_at: Option<Timestamp>,
    /// The page that shows the file to people.
    pub page_url: Option<String>,
}

/// The selection of conversions to list.
#[derive(Debug, Clone)]
pub struct ConversionQuery {
    /// The file whose conversions to list; `None` for all files.
    pub file: Option<FileId>,
    /// The maximum number of conversions to list, 1 to 100.
    pub limit: u32,
}
