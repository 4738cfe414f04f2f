//! The envelope that every answer comes in, `{"status", "msg", "result"}`, and how the options make its values look.

use axum::Json;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use http::header::CONTENT_TYPE;
use jiff::Timestamp;
use serde_json::{Number, Value, json};

use super::options::{Missing, Numbers, Options};
use crate::unreadable;

/// What an operation comes to: its `result`, or the error in its place.
pub(crate) type Answer = Result<Value, Refusal>;

/// An error, as the site tells it: a status in the body, and a message that varies.
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

/// An operation's outcome in its envelope.
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

/// The envelope of an error that no operation came to.
pub(crate) fn refused(status: u16, message: &str) -> Value {
    json!({"status": status, "msg": message, "result": false})
}

impl Options {
    /// What stands where a value is missing.
    pub(crate) fn missing(&self) -> Value {
        match self.missing {
            Missing::False => Value::Bool(false),
            Missing::Null => Value::Null,
        }
    }

    /// A value that may be missing.
    pub(crate) fn or_missing(&self, value: Option<impl Into<Value>>) -> Value {
        value.map_or_else(|| self.missing(), Into::into)
    }

    /// A number, as number or as text.
    pub(crate) fn number(&self, number: impl Into<Number>) -> Value {
        let number = number.into();
        match self.numbers {
            Numbers::Native => Value::Number(number),
            Numbers::Text => Value::String(number.to_string()),
        }
    }
}

/// A time as the site writes it: `Y-m-d H:i:s`, in UTC.
pub(crate) fn date_time(time: Timestamp) -> String {
    time.strftime("%Y-%m-%d %H:%M:%S").to_string()
}

/// A map keyed by id. An empty one is `[]`: PHP does not tell an empty map from an empty list.
pub(crate) fn map(entries: serde_json::Map<String, Value>) -> Value {
    if entries.is_empty() { Value::Array(Vec::new()) } else { Value::Object(entries) }
}
