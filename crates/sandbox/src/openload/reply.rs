//! The envelope of every answer, `{"status", "msg", "result"}`, and the effects of the options on its values.

use axum::Json;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use http::header::CONTENT_TYPE;
use jiff::Timestamp;
use serde_json::{Number, Value, json};

use super::options::{Missing, Numbers, Options};
use crate::unreadable;

/// The outcome of an operation: its `result`, or an error.
pub(crate) type Answer = Result<Value, Refusal>;

/// An error of the site: a status in the body, and a message that varies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refusal {
    status: u16,
    message: String,
}

impl Refusal {
    fn new(status: u16, message: impl Into<String>) -> Self {
        Self { status, message: message.into() }
    }

    pub(crate) fn bad_request(message: impl Into<String>) -> Self {
        Self::new(400, message)
    }

    pub(crate) fn wrong_credentials() -> Self {
        Self::new(403, "Authentication failed")
    }

    pub(crate) fn forbidden() -> Self {
        Self::new(403, "Permission denied")
    }

    pub(crate) fn no_such_video() -> Self {
        Self::new(404, "Video not found")
    }

    pub(crate) fn no_such_folder() -> Self {
        Self::new(404, "Folder not found")
    }

    pub(crate) fn no_such_remote_upload() -> Self {
        Self::new(404, "Remote upload not found")
    }

    pub(crate) fn no_such_upload_url() -> Self {
        Self::new(404, "Upload URL not found")
    }

    pub(crate) fn expired_upload_url() -> Self {
        Self::new(403, "Upload URL expired")
    }

    pub(crate) fn legal() -> Self {
        Self::new(451, "Unavailable for legal reasons")
    }

    pub(crate) fn server_error() -> Self {
        Self::new(500, "Internal error")
    }
}

/// Returns an operation's outcome in its envelope.
pub(crate) fn envelope(options: &Options, answer: Answer) -> Response {
    let (status, message, result) = match answer {
        Ok(result) => (200, "OK".to_owned(), result),
        Err(refusal) => (refusal.status, refusal.message, options.missing()),
    };
    let http = if options.http_mirrors_status { status } else { 200 };
    let body = json!({"status": options.number(status), "msg": message, "result": result});
    let status = StatusCode::from_u16(http).unwrap_or(StatusCode::OK);
    if options.unreadable_files.is_empty() && options.unreadable_folders.is_empty() {
        return (status, Json(body)).into_response();
    }
    (status, [(CONTENT_TYPE, "application/json")], unreadable::written(&body)).into_response()
}

/// Returns the envelope of an error that does not come from an operation.
pub(crate) fn refused(status: u16, message: &str) -> Value {
    json!({"status": status, "msg": message, "result": false})
}

impl Options {
    /// Returns the value in place of a missing one.
    pub(crate) fn missing(&self) -> Value {
        match self.missing {
            Missing::False => Value::Bool(false),
            Missing::Null => Value::Null,
        }
    }

    /// Returns a value, or the one for a missing value.
    pub(crate) fn or_missing(&self, value: Option<impl Into<Value>>) -> Value {
        value.map_or_else(|| self.missing(), Into::into)
    }

    /// Returns a number as a JSON number or as a text.
    pub(crate) fn number(&self, number: impl Into<Number>) -> Value {
        let number = number.into();
        match self.numbers {
            Numbers::Native => Value::Number(number),
            Numbers::Text => Value::String(number.to_string()),
        }
    }
}

/// Returns a time in the site's format: `Y-m-d H:i:s`, in UTC.
pub(crate) fn date_time(time: Timestamp) -> String {
    time.strftime("%Y-%m-%d %H:%M:%S").to_string()
}

/// Returns a map keyed by id. An empty one is `[]`, because PHP does not distinguish an empty map from an empty list.
pub(crate) fn map(entries: serde_json::Map<String, Value>) -> Value {
    if entries.is_empty() { Value::Array(Vec::new()) } else { Value::Object(entries) }
}
