//! The envelopes of answers, and the effects of the options on their values.

use axum::response::{IntoResponse, Response};
use http::header::CONTENT_TYPE;
use http::{HeaderName, StatusCode};
use jiff::Timestamp;
use jiff::tz::Offset;
use serde_json::{Map, Value, json};

use super::options::{ContentType, Numbers, Options, Version};
use super::refusal::Refusal;
use crate::unreadable;

/// The outcome of an operation: the fields that it adds to the envelope, or an error.
pub(crate) type Answer = Result<Success, Refusal>;

/// The fields that a successful operation adds to the envelope.
#[derive(Debug)]
pub(crate) struct Success(Map<String, Value>);

impl Success {
    pub(crate) fn data(data: Value) -> Self {
        Self(Map::new()).with("data", data)
    }

    /// Creates an answer with a message under `response`.
    pub(crate) fn message(words: &str) -> Self {
        Self(Map::new()).with("response", Value::from(words))
    }

    /// Adds a field.
    pub(crate) fn with(mut self, key: &str, value: Value) -> Self {
        self.0.insert(key.to_owned(), value);
        self
    }
}

/// Returns an operation's outcome in its envelope.
pub(crate) fn envelope(options: &Options, now: Timestamp, answer: Answer) -> Response {
    let (http, mut fields) = match answer {
        Ok(Success(mut fields)) => {
            if let Some(Value::String(words)) = fields.get_mut("response") {
                *words = options.escaping.apply(words);
            }
            fields.insert("_status".to_owned(), Value::from("success"));
            (StatusCode::OK, fields)
        }
        Err(refusal) => {
            (if options.http_errors { refusal.http() } else { StatusCode::OK }, error_fields(options, &refusal))
        }
    };
    fields.insert("_datetime".to_owned(), Value::from(options.date_time(now)));
    respond(options, http, fields)
}

/// Returns the fields of an error. Version 4 has a key of its own for it.
fn error_fields(options: &Options, refusal: &Refusal) -> Map<String, Value> {
    let key = if options.version >= Version::V5 { "_status" } else { "status" };
    let pairs = [(key, Value::from("error")), ("response", options.text(refusal.words()))];
    pairs.into_iter().map(|(key, value)| (key.to_owned(), value)).collect()
}

/// Returns an answer of the script's outermost layer. It has no `response`: its message is under `0`.
pub(crate) fn outermost(options: &Options, now: Timestamp, http: StatusCode, words: &str) -> Response {
    let fields = json!({"0": words, "_status": "error", "_datetime": options.date_time(now)});
    respond(options, http, fields)
}

/// Returns the envelope of an error that does not come from an operation.
pub(crate) fn refused(_: u16, words: &str) -> Value {
    json!({"response": words, "_status": "error"})
}

fn respond(options: &Options, http: StatusCode, fields: impl Into<Value>) -> Response {
    let content_type = match options.content_type {
        ContentType::Json => "application/json",
        ContentType::Html => "text/html; charset=UTF-8",
    };
    // The misspelling is the script's.
    let misspelt = HeaderName::from_static("access-control-allow-orgin");
    (http, [(CONTENT_TYPE, content_type), (misspelt, "*")], options.written(&fields.into())).into_response()
}

/// Returns the answer for an operation that the script does not have.
pub(crate) fn no_method(operation: &str) -> Response {
    let body = json!({"0": no_method_words(operation), "_status": "error"});
    (StatusCode::NOT_FOUND, axum::Json(body)).into_response()
}

/// Returns the script's message for an operation that it does not have.
pub(crate) fn no_method_words(operation: &str) -> String {
    let (endpoint, action) = operation.split_once('/').unwrap_or((operation, "index"));
    format!("No method found within endpoint ({endpoint}): {action}")
}

impl Options {
    /// Returns the bytes of an answer.
    fn written(&self, answer: &Value) -> Vec<u8> {
        if self.unreadable_files.is_empty() && self.unreadable_folders.is_empty() {
            return answer.to_string().into_bytes();
        }
        unreadable::written(answer)
    }

    /// Returns a text for users, as the site escapes it.
    pub(crate) fn text(&self, text: &str) -> Value {
        Value::from(self.escaping.apply(text))
    }

    /// Returns a number from the database, as a JSON number or as a text.
    pub(crate) fn number(&self, number: u64) -> Value {
        match self.numbers {
            Numbers::Native => Value::from(number),
            Numbers::Text => Value::from(number.to_string()),
        }
    }

    /// Returns the id of another row, or `null` for 0.
    pub(crate) fn reference(&self, id: u64) -> Value {
        if id == 0 { Value::Null } else { self.number(id) }
    }

    /// Returns a date from the database, or the value for a missing one.
    pub(crate) fn date(&self, date: Option<Timestamp>) -> Value {
        match date {
            Some(_) if self.fixed_date.is_some() => Value::from(self.fixed_date.clone()),
            Some(date) => Value::from(self.date_time(date)),
            None if self.zero_dates => Value::from("0000-00-00 00:00:00"),
            None => Value::Null,
        }
    }

    /// Returns a time in the site's format: `Y-m-d H:i:s`, by the site's own clock.
    pub(crate) fn date_time(&self, time: Timestamp) -> String {
        let offset = Offset::from_seconds(self.utc_offset_minutes.saturating_mul(60)).unwrap_or(Offset::UTC);
        offset.to_datetime(time).strftime("%Y-%m-%d %H:%M:%S").to_string()
    }
}
