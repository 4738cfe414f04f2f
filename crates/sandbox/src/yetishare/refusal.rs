//! The site's errors. A client can distinguish them only by their messages, so the messages are the script's own.

use http::StatusCode;

/// An error of the site.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refusal {
    words: String,
    /// The HTTP status in the page's table, for sites that use it.
    http: StatusCode,
}

impl Refusal {
    fn bad_request(words: impl Into<String>) -> Self {
        Self { words: words.into(), http: StatusCode::BAD_REQUEST }
    }

    fn unauthorized(words: impl Into<String>) -> Self {
        Self { words: words.into(), http: StatusCode::UNAUTHORIZED }
    }

    fn not_found(words: impl Into<String>) -> Self {
        Self { words: words.into(), http: StatusCode::NOT_FOUND }
    }

    pub(crate) fn words(&self) -> &str {
        &self.words
    }

    pub(crate) fn http(&self) -> StatusCode {
        self.http
    }

    pub(crate) fn missing(parameter: &str) -> Self {
        Self::bad_request(format!("Please provide the {parameter} param."))
    }

    pub(crate) fn unexpected_header() -> Self {
        Self::bad_request("Unexpected Header")
    }

    pub(crate) fn key_length(parameter: &str) -> Self {
        Self::bad_request(format!("Please provide {parameter}. It must be 64 characters in length."))
    }

    pub(crate) fn no_login_name(parameter: &str) -> Self {
        Self::bad_request(format!("Please provide a {parameter}."))
    }

    /// `with` names the kind of the wrong credentials: `key pair`, or `username and password`.
    pub(crate) fn wrong_credentials(with: &str) -> Self {
        Self::unauthorized(format!(
            "Could not authenticate user. The {with} may be invalid or your account may be locked from too many failed \
             logins."
        ))
    }

    pub(crate) fn level_denied() -> Self {
        Self::unauthorized(
            "Your account level does not have access to the file upload API. Please contact site support for more \
             information.",
        )
    }

    pub(crate) fn invalid_token() -> Self {
        Self::unauthorized("Could not validate access_token, please reauthenticate or try again.")
    }

    pub(crate) fn invalid_token_and_account() -> Self {
        Self::unauthorized("Could not validate access_token and account_id, please reauthenticate or try again.")
    }

    pub(crate) fn demo_mode() -> Self {
        Self::bad_request("This API feature is not available in demo mode.")
    }

    pub(crate) fn no_such_file() -> Self {
        Self::not_found("Could not find file based on file_id.")
    }

    pub(crate) fn no_such_folder() -> Self {
        Self::not_found("Could not find folder based on folder_id.")
    }

    pub(crate) fn no_such_destination(parameter: &str) -> Self {
        Self::not_found(format!("Could not find the destination folder id defined by {parameter}."))
    }

    /// The message is modelled on the others. The message of a real site for an unknown remote upload is not known.
    pub(crate) fn no_such_remote_upload() -> Self {
        Self::not_found("Could not find scheduled item based on scheduled_item_id.")
    }

    /// `doing` and `what` are words such as `deleting` and `file`.
    pub(crate) fn failed(doing: &str, what: &str) -> Self {
        Self::bad_request(format!("Failed {doing} the {what}."))
    }

    pub(crate) fn into_itself() -> Self {
        Self::bad_request("Param folder_id can not match new_parent_folder_id.")
    }

    pub(crate) fn no_download_url() -> Self {
        Self::bad_request("Could not generate download url.")
    }

    pub(crate) fn no_upload() -> Self {
        Self::bad_request("Did not receive uploaded file.")
    }

    pub(crate) fn empty_upload() -> Self {
        Self::bad_request("Filesize received was zero.")
    }

    /// An error of the site's own uploader, to which the API passes every file.
    pub(crate) fn by_uploader(origin: &str, words: &str) -> Self {
        Self::bad_request(format!("Error on: {origin}/ajax/file_upload_handler. {words}"))
    }

    pub(crate) fn not_base64() -> Self {
        Self::bad_request("Could not parse the file_url_base64 parameter. Ensure it's base64 encoded.")
    }
}
