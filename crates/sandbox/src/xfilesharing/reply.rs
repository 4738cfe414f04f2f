//! The envelope of every answer, `{"msg", "server_time", "status", "result"}`, and the effects of the options on it.

use axum::response::{IntoResponse, Response};
use http::StatusCode;
use http::header::CONTENT_TYPE;
use serde_json::{Map, Value, json};

use super::dates;
use super::flavours::{Flavour, Numbers, StatusForm};
use super::options::Options;
use super::refusal::Refusal;
use crate::unreadable;

/// The outcome of a function.
pub(crate) type Answer = Result<Success, Refusal>;

/// A successful outcome.
#[derive(Debug, Default)]
pub(crate) struct Success {
    /// A `msg` other than the usual one.
    message: Option<String>,
    result: Option<Value>,
    /// Further fields beside `result`.
    beside: Vec<(&'static str, Value)>,
}

impl Success {
    /// Creates an outcome without a result.
    pub(crate) fn empty() -> Self {
        Self::default()
    }

    pub(crate) fn of(result: impl Into<Value>) -> Self {
        Self { result: Some(result.into()), ..Self::default() }
    }

    /// Creates an outcome with a message of its own and no result.
    pub(crate) fn message(message: impl Into<String>) -> Self {
        Self { message: Some(message.into()), ..Self::default() }
    }

    pub(crate) fn saying(self, message: impl Into<String>) -> Self {
        Self { message: Some(message.into()), ..self }
    }

    /// Adds a field beside `result`.
    pub(crate) fn with(mut self, name: &'static str, value: impl Into<Value>) -> Self {
        self.beside.push((name, value.into()));
        self
    }
}

/// The result of most writes.
pub(crate) fn done() -> Answer {
    Ok(Success::of("true"))
}

/// Returns an outcome in its envelope. `left` is the number of calls that the limits still allow.
pub(crate) fn envelope(options: &Options, answer: Answer, left: Option<u32>) -> Response {
    let mut body = Map::new();
    let status = match answer {
        Ok(success) => {
            let message = success.message.unwrap_or_else(|| options.success_message.clone());
            body.insert("msg".to_owned(), Value::from(message));
            let mut result = success.result;
            result.iter_mut().for_each(|result| options.shape(result));
            body.extend(result.map(|result| ("result".to_owned(), result)));
            body.extend(success.beside.into_iter().map(|(name, value)| (name.to_owned(), value)));
            200
        }
        Err(refusal) => {
            body.insert("msg".to_owned(), Value::from(refusal.message));
            body.extend(refusal.result.map(|result| ("result".to_owned(), result)));
            if refusal.is_text {
                body.insert("status".to_owned(), Value::from(refusal.status.to_string()));
            }
            if let Some(http) = refusal.http {
                add_status(options, &mut body, refusal.status);
                return written(options, http, body, left);
            }
            refusal.status
        }
    };
    add_status(options, &mut body, status);
    written(options, if options.http_mirrors_status { status } else { 200 }, body, left)
}

fn add_status(options: &Options, body: &mut Map<String, Value>, status: u16) {
    let value = match options.status {
        StatusForm::AbsentOnSuccess if status == 200 => return,
        StatusForm::Text => Value::from(status.to_string()),
        StatusForm::Number | StatusForm::AbsentOnSuccess => Value::from(status),
    };
    body.entry("status").or_insert(value);
    if options.flavour == Flavour::Voe {
        let message = body.get("msg").cloned().unwrap_or_default();
        body.insert("message".to_owned(), message);
        body.insert("success".to_owned(), Value::from(status == 200));
    }
}

fn written(options: &Options, http: u16, mut body: Map<String, Value>, left: Option<u32>) -> Response {
    body.insert("server_time".to_owned(), Value::from(dates::local(options, options.clock.now())));
    body.extend(left.map(|left| ("requests_available".to_owned(), Value::from(left))));
    let content_type =
        if options.html_content_type { "text/html; charset=UTF-8" } else { "application/json; charset=utf-8" };
    let http = StatusCode::from_u16(http).unwrap_or(StatusCode::OK);
    (http, [(CONTENT_TYPE, content_type)], unreadable::written(&Value::Object(body))).into_response()
}

/// Returns the envelope of an error that does not come from a function.
pub(crate) fn refused(status: u16, message: &str) -> Value {
    json!({"msg": message, "server_time": "2026-03-04 09:15:27", "status": status})
}

impl Options {
    /// Applies the options on the types of numbers and the key of codes to a result.
    fn shape(&self, value: &mut Value) {
        match value {
            Value::Array(values) => values.iter_mut().for_each(|value| self.shape(value)),
            Value::Object(fields) => {
                if let Some(key) = &self.code_key {
                    let code = fields.remove("file_code").or_else(|| fields.remove("filecode"));
                    fields.extend(code.map(|code| (key.clone(), code)));
                }
                for (name, value) in fields {
                    let is_text = ["name", "title", "file_title", "code"].iter().any(|text| name.ends_with(text));
                    if !is_text {
                        self.shape(value);
                    }
                }
            }
            Value::Number(number) if self.numbers == Numbers::Text => *value = Value::from(number.to_string()),
            Value::String(text) if self.numbers == Numbers::Number => {
                if let Ok(number) = text.parse::<u64>() {
                    *value = Value::from(number);
                }
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }
}
