//! Broken answers and broken connections on demand, in every way that upstreams and the network between are known to
//! break. A rule says which requests are hit, how often, and how.
//!
//! Whether the operation still takes place is the heart of the matter, for that is what a client cannot know:
//!
//! | fault | the operation takes place |
//! |---|---|
//! | `status`, `garbage`, `reset`, `close_after_body`, `early_answer`, `hang` | no |
//! | `delay`, `cut_body`, `drip`, `lose_answer` | yes |
//!
//! The simulators are otherwise never wrong by chance: a rule hits the same requests each time.

mod broken;
mod control;
mod inject;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde::{Deserialize, Serialize};

pub(crate) use control::control;
pub(crate) use inject::inject;

use crate::journal::covers;

/// Which requests are hit, how often, and how.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// The end of the request's path, at a slash, or its operation: `file/info`, `upload`. `*` is every request.
    pub operation: String,
    /// How many requests are hit; without it, all.
    #[serde(default)]
    pub times: Option<u32>,
    /// How many requests pass unharmed first.
    #[serde(default)]
    pub after: u32,
    /// How they are hit.
    pub kind: Fault,
}

impl Rule {
    /// A rule that hits every request for an operation.
    pub fn new(operation: impl Into<String>, kind: Fault) -> Self {
        Self { operation: operation.into(), times: None, after: 0, kind }
    }

    /// The same rule, for so many requests only.
    #[must_use]
    pub fn times(self, times: u32) -> Self {
        Self { times: Some(times), ..self }
    }

    /// The same rule, but letting so many requests pass first.
    #[must_use]
    pub fn after(self, after: u32) -> Self {
        Self { after, ..self }
    }

    fn is_used_up(&self) -> bool {
        self.times == Some(0)
    }

    /// Counts a request that the rule is about, and says whether it is hit.
    fn hits(&mut self) -> bool {
        if self.after > 0 {
            self.after -= 1;
            return false;
        }
        self.times = self.times.map(|left| left.saturating_sub(1));
        true
    }
}

/// How a request is hit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Fault {
    /// An error answer, after the request's body was read.
    Status {
        /// The HTTP status.
        http: u16,
        /// The status of an error in the site's own envelope, which is then the body: `{"status", "msg", "result"}` at
        /// OpenLoad, the status's words in `{"response", "_status"}` at YetiShare.
        #[serde(default)]
        body_status: Option<u16>,
        /// Further headers, such as `Retry-After`.
        #[serde(default)]
        headers: Vec<(String, String)>,
        /// The body as it is; without it and without `body_status`, a web server's error page.
        #[serde(default)]
        body: Option<String>,
    },
    /// The operation takes place only after a while.
    Delay {
        /// How long, in milliseconds.
        millis: u64,
    },
    /// The connection is reset before anything is answered.
    Reset,
    /// The request's body is read, and then the connection is closed.
    CloseAfterBody,
    /// The operation takes place, and then the connection is closed instead of an answer.
    LoseAnswer,
    /// The answer's Content-Length promises the whole, and the connection is cut before that.
    CutBody {
        /// How many bytes of the body still come.
        sent: usize,
    },
    /// An answer, HTTP 200, that makes no sense.
    Garbage(Garbage),
    /// The true answer, byte by byte.
    Drip {
        /// How long each byte takes, in milliseconds.
        millis: u64,
    },
    /// The connection stays open, and nothing comes.
    Hang,
    /// An error answer before the request's body was read.
    EarlyAnswer {
        /// The HTTP status.
        http: u16,
        /// As in `status`.
        #[serde(default)]
        body_status: Option<u16>,
    },
}

impl Fault {
    /// An error with an HTTP status and a web server's page.
    pub fn http(status: u16) -> Self {
        Self::Status { http: status, body_status: None, headers: Vec::new(), body: None }
    }

    /// An error inside of an envelope, under HTTP 200.
    pub fn envelope(status: u16) -> Self {
        Self::Status { http: 200, body_status: Some(status), headers: Vec::new(), body: None }
    }

    /// HTTP 429 with `Retry-After`, in seconds.
    pub fn rate_limit(retry_after: u32) -> Self {
        let headers = vec![("Retry-After".to_owned(), retry_after.to_string())];
        Self::Status { http: 429, body_status: Some(429), headers, body: None }
    }
}

/// An answer that makes no sense.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Garbage {
    /// Plain text under the name of JSON.
    Text,
    /// A page of HTML, as a captive portal or a maintenance page gives.
    Html,
    /// JSON with bytes inside that are not UTF-8.
    NotUtf8,
    /// JSON that ends in the middle, though the answer is complete.
    TruncatedJson,
    /// JSON nested beyond what a recursive reader can bear.
    DeepJson {
        /// How deep.
        depth: usize,
    },
    /// A valid envelope with an enormous message, without a Content-Length to warn of it.
    Huge {
        /// How many bytes, at least.
        bytes: u64,
    },
    /// Nothing at all.
    Empty,
}

/// The rules by which a simulator is broken. Clones share them.
#[derive(Debug, Clone, Default)]
pub struct Faults(Arc<Mutex<Vec<Rule>>>);

impl Faults {
    /// Adds a rule. Of several that are about a request, the first that hits it counts.
    pub fn add(&self, rule: Rule) {
        self.locked().push(rule);
    }

    /// Takes all rules away.
    pub fn clear(&self) {
        self.locked().clear();
    }

    /// The rules that may still hit something, with what is left of them.
    pub fn rules(&self) -> Vec<Rule> {
        self.locked().iter().filter(|rule| !rule.is_used_up()).cloned().collect()
    }

    /// The fault that hits a request, if one does.
    fn pick(&self, path: &str, operation: &str) -> Option<Fault> {
        let is_about = |rule: &Rule| rule.operation == "*" || covers(&rule.operation, path, operation);
        let mut rules = self.locked();
        let mut live = rules.iter_mut().filter(|rule| !rule.is_used_up() && is_about(rule));
        live.find_map(|rule| rule.hits().then(|| rule.kind.clone()))
    }

    fn locked(&self) -> MutexGuard<'_, Vec<Rule>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::{Fault, Faults, Rule};

    #[test]
    fn a_rule_skips_then_hits_then_is_used_up() {
        let faults = Faults::default();
        faults.add(Rule::new("file/info", Fault::Hang).after(1).times(2));
        let hit = || faults.pick("/v1/file/info", "file/info").is_some();
        assert_eq!([hit(), hit(), hit(), hit()], [false, true, true, false]);
        assert!(faults.rules().is_empty());
    }

    #[test]
    fn a_rule_is_about_its_operation_alone_and_a_star_about_all() {
        let faults = Faults::default();
        faults.add(Rule::new("upload", Fault::Reset));
        assert_eq!(faults.pick("/v1/file/info", "file/info"), None);
        assert_eq!(faults.pick("/ul/x", "upload"), Some(Fault::Reset));
        faults.add(Rule::new("*", Fault::Hang));
        assert_eq!(faults.pick("/v1/file/info", "file/info"), Some(Fault::Hang));
    }

    #[test]
    fn rules_are_read_from_json() {
        let rule: Rule =
            serde_json::from_str(r#"{"operation": "*", "times": 1, "kind": {"delay": {"millis": 5}}}"#).unwrap();
        assert_eq!(rule, Rule::new("*", Fault::Delay { millis: 5 }).times(1));
        assert!(serde_json::from_str::<Rule>(r#"{"operation": "*", "kind": "reset", "often": true}"#).is_err());
    }
}
