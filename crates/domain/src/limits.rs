//! What an account's plan allows.

use serde::Serialize;
use utoipa::ToSchema;

/// What an account's plan allows. `null` means no limit, or none that the provider tells.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, ToSchema)]
#[schema(example = json!({
    "plan": "Premium Account", "plan_type": "paid user", "can_upload": true, "max_upload_bytes": 1_073_741_824,
    "max_storage_bytes": null, "max_concurrent_uploads": 100, "max_concurrent_downloads": null,
    "max_downloads_per_day": null, "max_download_bytes_per_day": null, "max_download_file_bytes": null,
    "max_remote_uploads": 50, "download_bytes_per_second": null, "wait_seconds_between_downloads": null,
    "inactive_file_days": null
}))]
pub struct Limits {
    /// The plan's name.
    pub plan: Option<String>,
    /// The kind of plan, in the provider's words.
    pub plan_type: Option<String>,
    /// Whether the plan may upload at all.
    pub can_upload: Option<bool>,
    /// The largest file that may be uploaded, in bytes.
    pub max_upload_bytes: Option<u64>,
    /// How much the account may store, in bytes.
    pub max_storage_bytes: Option<u64>,
    /// Uploads at the same time.
    pub max_concurrent_uploads: Option<u64>,
    /// Downloads at the same time.
    pub max_concurrent_downloads: Option<u64>,
    /// Downloads in 24 hours.
    pub max_downloads_per_day: Option<u64>,
    /// Bytes downloaded in 24 hours.
    pub max_download_bytes_per_day: Option<u64>,
    /// The largest file that may be downloaded, in bytes.
    pub max_download_file_bytes: Option<u64>,
    /// Remote uploads at the same time.
    pub max_remote_uploads: Option<u64>,
    /// The speed of a download, in bytes per second.
    pub download_bytes_per_second: Option<u64>,
    /// Seconds to wait between two downloads.
    pub wait_seconds_between_downloads: Option<u64>,
    /// Days without a download after which a file is removed.
    pub inactive_file_days: Option<u64>,
}
