//! An answer of the gateway, whole: what it was an answer to, status, header fields and body.

use serde_json::Value;

use crate::body;

/// An answer.
#[derive(Debug, Clone)]
pub struct Answer {
    /// What was asked: method and path with query.
    pub asked: String,
    /// The status.
    pub status: u16,
    /// The header fields, names in lower case, in the order sent.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

impl Answer {
    /// A header field's value, by its name in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The same answer, if it has this status.
    #[track_caller]
    pub fn status(self, expected: u16) -> Self {
        assert_eq!(self.status, expected, "{}: {}", self.asked, self.text());
        self
    }

    /// The body of a success with this status, which must be JSON.
    #[track_caller]
    pub fn json(self, expected: u16) -> Value {
        let answer = self.status(expected);
        assert_eq!(answer.header("content-type"), Some("application/json"), "{}", answer.asked);
        answer.parsed()
    }

    /// The `items` of a success.
    #[track_caller]
    pub fn items(self) -> Vec<Value> {
        let mut body = self.json(200);
        match body["items"].take() {
            Value::Array(items) => items,
            other => panic!("items are no list: {other}"),
        }
    }

    /// Checks a success without a body.
    #[track_caller]
    pub fn no_content(self) {
        let answer = self.status(204);
        assert!(answer.body.is_empty(), "{}: {}", answer.asked, answer.text());
    }

    /// The body of an error with this status and code, of which everything documented is checked.
    #[track_caller]
    pub fn problem(&self, status: u16, code: &str) -> Value {
        let problem = self.parsed();
        assert_eq!((self.status, problem["code"].as_str()), (status, Some(code)), "{}: {problem:#}", self.asked);
        assert_eq!(self.header("content-type"), Some("application/problem+json"), "{}", self.asked);
        body::problem(&problem);
        assert_eq!(problem["status"], status);
        assert_eq!(problem["type"], format!("/problems/{code}"));
        assert_eq!(problem["instance"].as_str(), Some(self.path()), "{}", self.asked);
        assert_eq!(problem["request_id"].as_str(), self.header("x-request-id"));
        let wait = problem["retry_after"].as_u64().map(|seconds| seconds.to_string());
        assert_eq!(self.header("retry-after"), wait.as_deref(), "{}: {problem:#}", self.asked);
        let by_the_site = !problem["upstream"].is_null();
        assert_eq!(self.header("proxy-status").is_some(), by_the_site, "{}: {problem:#}", self.asked);
        assert_eq!(self.header("www-authenticate").is_some(), status == 401, "{}", self.asked);
        problem
    }

    /// The places that a 400 finds fault with: parameters by name, fields of the body by JSON pointer.
    #[track_caller]
    pub fn faults(&self, code: &str) -> Vec<String> {
        let problem = self.problem(400, code);
        let place = |fault: &Value| fault.get("parameter").or(fault.get("pointer"))?.as_str().map(str::to_owned);
        problem["errors"].as_array().unwrap().iter().map(|fault| place(fault).expect("a place")).collect()
    }

    fn parsed(&self) -> Value {
        match serde_json::from_slice(&self.body) {
            Ok(json) => json,
            Err(error) => panic!("{}: {} {error}: {}", self.asked, self.status, self.text()),
        }
    }

    /// The path that was asked for, without its query.
    fn path(&self) -> &str {
        let target = self.asked.split(' ').nth(1).unwrap_or_default();
        target.split('?').next().unwrap_or_default()
    }
}
