//! The limits of an account's plan.

use serde::Serialize;
use utoipa::ToSchema;

/// The limits of an account's plan. `null` means that there is no limit, or that the provider does not report it.
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
    /// The kind of plan, as the provider names it.
    pub plan_type: Option<String>,
    /// Whether the plan allows uploads.
    pub can_upload: Option<bool>,
    /// The largest file that may be uploaded, in bytes.
    pub max_upload_bytes: Option<u64>,
    /// The storage of the account, in bytes.
    pub max_storage_bytes: Option<u64>,
    /// The maximum number of concurrent uploads.
    pub max_concurrent_uploads: Option<u64>,
    /// The maximum number of concurrent downloads.
    pub max_concurrent_downloads: Option<u64>,
    /// The maximum number of downloads in 24 hours.
    pub max_downloads_per_day: Option<u64>,
    /// The maximum size of all downloads in 24 hours, in bytes.
    pub max_download_bytes_per_day: Option<u64>,
    /// The largest file that may be downloaded, in bytes.
    pub max_download_file_bytes: Option<u64>,
    /// The maximum number of concurrent remote uploads.
    pub max_remote_uploads: Option<u64>,
    /// The highest speed of a download, in bytes per second.
    pub download_bytes_per_second: Option<u64>,
    /// The seconds to wait between two downloads.
    pub wait_seconds_between_downloads: Option<u64>,
    /// The days without a download after which the site removes a file.
    pub inactive_file_days: Option<u64>,
}
