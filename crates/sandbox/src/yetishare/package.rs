//! The account's plan.

/// The account's plan. For every limit, 0 means no limit. Only `max_upload_size` and `can_upload` are enforced, by
/// `file/upload`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Package {
    /// The id of the package, and the `level_id` of the account.
    pub id: u64,
    /// The name of the package.
    pub label: String,
    /// The largest file that may be uploaded, in bytes.
    pub max_upload_size: u64,
    /// Whether files may be uploaded at all.
    pub can_upload: bool,
    /// The time to wait between two downloads, in seconds.
    pub wait_between_downloads: u64,
    /// The maximum speed of a download, in bytes per second.
    pub download_speed: u64,
    /// The maximum size of all stored files, in bytes.
    pub max_storage_bytes: u64,
    /// The maximum number of concurrent uploads.
    pub concurrent_uploads: u64,
    /// The maximum number of concurrent downloads.
    pub concurrent_downloads: u64,
    /// The maximum number of downloads in a day.
    pub downloads_per_24_hours: u64,
    /// The maximum size of all downloads in a day, in bytes. Only version 5 returns it.
    pub download_size_per_24_hours: u64,
    /// The largest file that may be downloaded, in bytes.
    pub max_download_filesize_allowed: u64,
    /// The maximum number of pending remote uploads.
    pub max_remote_download_urls: u64,
    /// The kind of the account's level, such as `free`, `paid user` or `admin`.
    pub level_type: String,
}

impl Default for Package {
    /// The page's sample.
    fn default() -> Self {
        Self {
            id: 20,
            label: "Premium Account".to_owned(),
            max_upload_size: 1_073_741_824,
            can_upload: true,
            wait_between_downloads: 0,
            download_speed: 0,
            max_storage_bytes: 0,
            concurrent_uploads: 100,
            concurrent_downloads: 0,
            downloads_per_24_hours: 0,
            download_size_per_24_hours: 0,
            max_download_filesize_allowed: 0,
            max_remote_download_urls: 50,
            level_type: "paid user".to_owned(),
        }
    }
}
