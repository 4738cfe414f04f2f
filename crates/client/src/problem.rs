//! A problem: the body of an error of the gateway's (RFC 9457), or one of this side in the same words.

use std::fmt;
use std::time::Duration;

use serde::Deserialize;
use serde_json::{Value, json};

use crate::display::escaped;

/// What is wrong. [`Display`](fmt::Display) says it in one line, fit for a terminal.
#[derive(Debug, Clone, PartialEq)]
pub struct Problem {
    /// Boxed, for a failure is carried by every result.
    said: Box<Said>,
    /// As it came, with the fields that are not known here.
    json: Value,
}

/// The fields that are read. Whoever answers in the gateway's place may leave any of them out.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
struct Said {
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
    /// The body of an answer; nothing if it is not a problem of the gateway's.
    pub(crate) fn read(json: Value) -> Option<Self> {
        let said: Said = serde_json::from_value(json.clone()).ok().filter(|said: &Said| !said.code.is_empty())?;
        Some(Self { said: Box::new(said), json })
    }

    /// A problem of this side. `code` is a word for programs, the rest is for people.
    pub(crate) fn own(code: &str, title: &str, detail: impl Into<String>) -> Self {
        let detail = detail.into();
        let json = json!({
            "code": code, "title": title, "status": null, "detail": detail, "retryable": false, "request_id": null
        });
        let said = Said { code: code.to_owned(), title: title.to_owned(), detail, ..Said::default() };
        Self { said: Box::new(said), json }
    }

    /// The word for programs, such as `file_not_found`.
    #[must_use]
    pub fn code(&self) -> &str {
        &self.said.code
    }

    /// The particulars, for people; not yet fit for a terminal.
    #[must_use]
    pub fn detail(&self) -> &str {
        &self.said.detail
    }

    /// Whether nothing was done, and the same request may be sent again.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        self.said.retryable
    }

    /// How long to wait before the same request is sent again.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        self.said.retry_after.map(Duration::from_secs)
    }

    /// All of it, for programs.
    #[must_use]
    pub fn json(&self) -> &Value {
        &self.json
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Said { code, title, detail, request_id, errors, upstream, .. } = &*self.said;
        let title = if title.is_empty() { code } else { title };
        write!(f, "{}", escaped(title))?;
        if !detail.is_empty() {
            write!(f, ": {}", escaped(detail))?;
        }
        for Fault { parameter, pointer, detail } in errors {
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
    fn a_problem_of_the_gateway_is_told_with_its_request_and_the_words_of_the_site() {
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
    fn what_is_no_problem_of_the_gateway_is_not_taken_for_one() {
        for json in [json!({}), json!([]), json!("down"), json!({"error": "down"}), json!({"code": 5})] {
            assert_eq!(Problem::read(json.clone()), None, "{json}");
        }
    }

    #[test]
    fn one_of_this_side_has_the_same_fields() {
        let problem = Problem::own("already_exists", "The file exists", "Pass --force.");
        assert_eq!(problem.to_string(), "The file exists: Pass --force.");
        assert_eq!((problem.json()["code"].as_str(), problem.is_retryable()), (Some("already_exists"), false));
    }
}
