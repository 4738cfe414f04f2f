//! A problem: the body of the gateway's error (RFC 9457), or a local failure in the same format.

use std::fmt;
use std::time::Duration;

use serde::Deserialize;
use serde_json::{Value, json};

use crate::display::escaped;

/// A problem. [`Display`](fmt::Display) shows it in one line that is safe for a terminal.
#[derive(Debug, Clone, PartialEq)]
pub struct Problem {
    /// Boxed, so that a `Result` with a problem is small.
    fields: Box<Fields>,
    /// The original JSON, including unknown fields.
    json: Value,
    hint: Option<Box<str>>,
}

/// The fields that the client reads. An answer that is not the gateway's may lack any of them.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
struct Fields {
    code: String,
    title: String,
    detail: String,
    retryable: bool,
    retry_after: Option<u64>,
    request_id: Option<String>,
    errors: Vec<Fault>,
    upstream: Option<Upstream>,
}

#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
struct Fault {
    parameter: Option<String>,
    pointer: Option<String>,
    detail: String,
}

#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
struct Upstream {
    provider: String,
    message: Option<String>,
}

impl Problem {
    /// Reads the body of an answer; `None` if it is not a problem of the gateway.
    pub(crate) fn read(json: Value) -> Option<Self> {
        let fields: Fields =
            serde_json::from_value(json.clone()).ok().filter(|fields: &Fields| !fields.code.is_empty())?;
        Some(Self { fields: Box::new(fields), json, hint: None })
    }

    /// Creates a local problem. `code` is for programs, the rest is for people.
    pub(crate) fn from_client(code: &str, title: &str, detail: impl Into<String>) -> Self {
        let detail = detail.into();
        let json = json!({
            "code": code, "title": title, "status": null, "detail": detail, "retryable": false, "request_id": null
        });
        let fields = Fields { code: code.to_owned(), title: title.to_owned(), detail, ..Fields::default() };
        Self { fields: Box::new(fields), json, hint: None }
    }

    /// Adds a hint that says what the user can do.
    pub(crate) fn with_hint(mut self, hint: String) -> Self {
        self.json["hint"] = json!(hint);
        self.hint = Some(hint.into_boxed_str());
        self
    }

    /// Returns the hint, not escaped for a terminal.
    #[must_use]
    pub fn hint(&self) -> Option<&str> {
        self.hint.as_deref()
    }

    /// Returns the code for programs, such as `file_not_found`.
    #[must_use]
    pub fn code(&self) -> &str {
        &self.fields.code
    }

    /// Returns the title for people, or the code if there is none.
    pub(crate) fn title(&self) -> &str {
        if self.fields.title.is_empty() { self.code() } else { &self.fields.title }
    }

    /// Returns the details for people, not escaped for a terminal.
    #[must_use]
    pub fn detail(&self) -> &str {
        &self.fields.detail
    }

    /// Returns whether nothing was done and the same request may be sent again.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        self.fields.retryable
    }

    /// Returns the time to wait before the same request may be sent again.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        self.fields.retry_after.map(Duration::from_secs)
    }

    /// Returns the whole problem as JSON.
    #[must_use]
    pub fn json(&self) -> &Value {
        &self.json
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Fields { detail, request_id, errors, upstream, .. } = &*self.fields;
        write!(f, "{}", escaped(self.title()))?;
        if !detail.is_empty() {
            write!(f, ": {}", escaped(detail))?;
        }
        // The gateway's detail contains the only fault of a request.
        for Fault { parameter, pointer, detail } in errors.iter().filter(|fault| !detail.contains(&fault.detail)) {
            let place = parameter.as_deref().or(pointer.as_deref()).unwrap_or_default();
            write!(f, " [{}{}{}]", escaped(place), if place.is_empty() { "" } else { " " }, escaped(detail))?;
        }
        if let Some(Upstream { provider, message: Some(message) }) = upstream {
            write!(f, " [{} says: {}]", escaped(provider), escaped(message))?;
        }
        match request_id {
            Some(id) => write!(f, " (request {})", escaped(id)),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn problem_is_shown_with_request_id_and_site_message() {
        let json = json!({
            "type": "/problems/invalid_request", "title": "Invalid request", "status": 400, "detail": "Two faults.",
            "code": "invalid_request", "request_id": "r-1", "retryable": false, "retry_after": null, "applied": [],
            "errors": [{"parameter": "name", "detail": "is missing"}, {"pointer": "", "detail": "is empty"}],
            "upstream": {"provider": "pstream", "operation": "file/ul", "message": "No\u{1b}pe"}, "new_field": 1
        });
        let problem = Problem::read(json.clone()).unwrap();
        assert_eq!(
            problem.to_string(),
            "Invalid request: Two faults. [name is missing] [is empty] [pstream says: No\\u{1b}pe] (request r-1)"
        );
        assert_eq!(problem.json(), &json);
    }

    #[test]
    fn fault_in_the_detail_is_not_repeated() {
        let detail = "The request is invalid: field \"/url\" must not be private.";
        let errors = json!([{"pointer": "/url", "detail": "must not be private"}]);
        let problem = Problem::read(json!({"code": "x", "title": "Invalid", "detail": detail, "errors": errors}));
        assert_eq!(problem.unwrap().to_string(), format!("Invalid: {detail}"));
    }

    #[test]
    fn other_json_is_not_a_problem() {
        for json in [json!({}), json!([]), json!("down"), json!({"error": "down"}), json!({"code": 5})] {
            assert_eq!(Problem::read(json.clone()), None, "{json}");
        }
    }

    #[test]
    fn local_problem_has_the_same_fields() {
        let problem = Problem::from_client("already_exists", "The file exists", "Pass --force.");
        assert_eq!(problem.to_string(), "The file exists: Pass --force.");
        assert_eq!((problem.json()["code"].as_str(), problem.is_retryable()), (Some("already_exists"), false));
    }
}
