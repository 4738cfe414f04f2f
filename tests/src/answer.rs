//! [`Answer`]: a complete response of the gateway, with the request line it belongs to.

use serde_json::Value;

use crate::body;

/// A response of the gateway.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The request line without the version: the method and the path with its query.
    pub request_line: String,
    /// The status.
    pub status: u16,
    /// The header fields in the order received, names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

impl Answer {
    /// Returns a header field's value, by its name in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// Returns the body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// Asserts the status, and returns the response unchanged.
    #[track_caller]
    pub fn status(self, expected: u16) -> Self {
        assert_eq!(self.status, expected, "{}: {}", self.request_line, self.text());
        self
    }

    /// Asserts the status and a JSON body, and returns the body.
    #[track_caller]
    pub fn json(self, expected: u16) -> Value {
        let answer = self.status(expected);
        assert_eq!(answer.header("content-type"), Some("application/json"), "{}", answer.request_line);
        answer.parsed()
    }

    /// Asserts status 200, and returns the body's `items`.
    #[track_caller]
    pub fn items(self) -> Vec<Value> {
        let mut body = self.json(200);
        match body["items"].take() {
            Value::Array(items) => items,
            other => panic!("`items` is not a list: {other}"),
        }
    }

    /// Asserts status 204 and an empty body.
    #[track_caller]
    pub fn no_content(self) {
        let answer = self.status(204);
        assert!(answer.body.is_empty(), "{}: {}", answer.request_line, answer.text());
    }

    /// Asserts an error with this status and code, checks every documented field of it, and returns the body.
    #[track_caller]
    pub fn problem(&self, status: u16, code: &str) -> Value {
        let problem = self.parsed();
        assert_eq!((self.status, problem["code"].as_str()), (status, Some(code)), "{}: {problem:#}", self.request_line);
        assert_eq!(self.header("content-type"), Some("application/problem+json"), "{}", self.request_line);
        body::problem(&problem);
        assert_eq!(problem["status"], status);
        assert_eq!(problem["type"], format!("/problems/{code}"));
        assert_eq!(problem["instance"].as_str(), Some(self.path()), "{}", self.request_line);
        assert_eq!(problem["request_id"].as_str(), self.header("x-request-id"));
        let wait = problem["retry_after"].as_u64().map(|seconds| seconds.to_string());
        assert_eq!(self.header("retry-after"), wait.as_deref(), "{}: {problem:#}", self.request_line);
        let by_the_site = !problem["upstream"].is_null();
        assert_eq!(self.header("proxy-status").is_some(), by_the_site, "{}: {problem:#}", self.request_line);
        assert_eq!(self.header("www-authenticate").is_some(), status == 401, "{}", self.request_line);
        problem
    }

    /// Asserts a 400, and returns the faulty places: parameters by name, fields of the body by JSON pointer.
    #[track_caller]
    pub fn faults(&self, code: &str) -> Vec<String> {
        let problem = self.problem(400, code);
        let place = |fault: &Value| fault.get("parameter").or(fault.get("pointer"))?.as_str().map(str::to_owned);
        problem["errors"].as_array().unwrap().iter().map(|fault| place(fault).expect("a place")).collect()
    }

    fn parsed(&self) -> Value {
        match serde_json::from_slice(&self.body) {
            Ok(json) => json,
            Err(error) => panic!("{}: {} {error}: {}", self.request_line, self.status, self.text()),
        }
    }

    /// Returns the requested path without its query.
    fn path(&self) -> &str {
        let target = self.request_line.split(' ').nth(1).unwrap_or_default();
        target.split('?').next().unwrap_or_default()
    }
}
