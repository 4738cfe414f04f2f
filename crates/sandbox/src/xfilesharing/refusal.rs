//! The errors of the sites. Their texts are the only difference between many of them.

use serde_json::{Value, json};

use super::flavours::OffWords;

/// An error of the site: a status in the body, and a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) status: u16,
    pub(crate) message: String,
    pub(crate) result: Option<Value>,
    /// Whether the status is a text.
    pub(crate) is_text: bool,
    /// The HTTP status, if it is not the usual one.
    pub(crate) http: Option<u16>,
}

impl Refusal {
    pub(crate) fn new(status: u16, message: impl Into<String>) -> Self {
        Self { status, message: message.into(), result: None, is_text: false, http: None }
    }

    /// Turns an error into one with an empty result, which some calls have under status 200.
    fn with_empty_result(self) -> Self {
        Self { result: Some(json!({})), ..self }
    }

    pub(crate) fn invalid_key() -> Self {
        Self::new(400, "Invalid key")
    }

    pub(crate) fn wrong_auth(words: &str) -> Self {
        Self::new(403, words)
    }

    pub(crate) fn authentication_failed() -> Self {
        Self::new(401, "Authentication failed.")
    }

    pub(crate) fn api_not_enabled() -> Self {
        Self::new(403, "API not enabled for your account")
    }

    pub(crate) fn switched_off(words: OffWords) -> Self {
        Self::new(
            403,
            match words {
                OffWords::NotAllowed => "This function not allowed in API",
                OffWords::NotEnabled => "Not enabled",
                OffWords::PremiumOnly => "API special allowed for premium only",
                OffWords::SpecialNotEnabled => "API special not enable for your account",
                OffWords::ByAccountOptions => "File Delete disabled by your account options",
            },
        )
    }

    pub(crate) fn invalid_operation() -> Self {
        Self::new(400, "Invalid operation")
    }

    pub(crate) fn limit_reached(limit: u32, of: &str) -> Self {
        Self::new(403, format!("Requests limit reached: {limit} per {of}"))
    }

    pub(crate) fn too_many_as_text() -> Self {
        Self { is_text: true, ..Self::new(429, "Too Many Requests") }
    }

    pub(crate) fn too_many() -> Self {
        Self::new(429, "Too many requests")
    }

    pub(crate) fn locked_out(minutes: u64) -> Self {
        Self::new(429, format!("Too many failed attempts. Please try again in {minutes} minutes."))
    }

    pub(crate) fn with_http(self, http: u16) -> Self {
        Self { http: Some(http), ..self }
    }

    pub(crate) fn no_servers() -> Self {
        Self::new(200, "No servers available for uploads").with_empty_result()
    }

    pub(crate) fn uploading() -> Self {
        Self::new(200, "uploading")
    }

    pub(crate) fn no_file() -> Self {
        Self::new(404, "No file")
    }

    pub(crate) fn no_file_in_lower_case() -> Self {
        Self::new(404, "no file")
    }

    pub(crate) fn invalid_codes() -> Self {
        Self::new(400, "Invalid file codes")
    }

    pub(crate) fn not_your_folder() -> Self {
        Self::new(403, "Folder not exist or not yours")
    }

    pub(crate) fn no_folder() -> Self {
        Self::new(403, "Folder not exist")
    }

    pub(crate) fn no_parent_folder() -> Self {
        Self::new(403, "Parent folder not exist or not yours")
    }

    pub(crate) fn no_such_folder_in_account() -> Self {
        Self::new(403, "Your account don't have such folder")
    }

    pub(crate) fn folder_id_required() -> Self {
        Self::new(400, "Folder id required")
    }

    pub(crate) fn invalid_parent() -> Self {
        Self::new(400, "Invalid parent folder id")
    }

    pub(crate) fn invalid_folder_name() -> Self {
        Self::new(400, "Invalid folder name")
    }

    pub(crate) fn has_files() -> Self {
        Self::new(403, "Folder have files inside")
    }

    pub(crate) fn has_folders() -> Self {
        Self::new(403, "Folder have sub-folders inside")
    }

    pub(crate) fn folder_not_empty() -> Self {
        Self::new(400, "Folder is not empty")
    }

    pub(crate) fn too_many_folders(most: usize) -> Self {
        Self::new(400, format!("You have can't have more than {most} folders"))
    }

    pub(crate) fn invalid_file_name() -> Self {
        Self::new(400, "Invalid file name")
    }

    pub(crate) fn invalid_category() -> Self {
        Self::new(400, "Invalid cat_id")
    }

    pub(crate) fn url_queue_full(most: usize) -> Self {
        Self::new(400, format!("You have reached max URLs limit: {most}"))
    }

    pub(crate) fn url_queued_already() -> Self {
        Self::new(400, "This URL already in upload queue")
    }

    pub(crate) fn invalid_url() -> Self {
        Self::new(400, "Invalid URL")
    }
}
