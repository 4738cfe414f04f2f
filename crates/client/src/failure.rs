//! Why something was not done, and what that means for whoever asked for it.

use std::error::Error as _;
use std::fmt;
use std::io;
use std::time::Duration;

use serde_json::Value;

use crate::problem::Problem;

const BAD_GATEWAY: &str = "bad_gateway";
const CONNECTION_LOST: &str = "connection_lost";
const NO_ANSWER: &str = "no_answer";
const UNEXPECTED_ANSWER: &str = "unexpected_answer";

/// What a failure means for the exit code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FailureKind {
    /// It was not done.
    Failed,
    /// The key is missing, wrong, or lacks a scope.
    Denied,
    /// No connection to the gateway could be made.
    Unreachable,
    /// It was sent, and may have been done.
    OutcomeUnknown,
    /// The user has asked to stop.
    Interrupted,
}

/// Why something was not done.
#[derive(Debug, Clone, PartialEq)]
pub struct Failure {
    kind: FailureKind,
    problem: Problem,
}

impl Failure {
    /// What it means.
    #[must_use]
    pub fn kind(&self) -> FailureKind {
        self.kind
    }

    /// What is wrong.
    #[must_use]
    pub fn problem(&self) -> &Problem {
        &self.problem
    }

    /// A failure of this side: a word for programs, a title and the particulars for people.
    pub(crate) fn own(code: &str, title: &str, detail: impl Into<String>) -> Self {
        Self { kind: FailureKind::Failed, problem: Problem::own(code, title, detail) }
    }

    /// A file of this machine that cannot be read or written.
    pub(crate) fn local(path: impl fmt::Display, error: &io::Error) -> Self {
        Self::own("local_file", "A file on this machine is in the way", format!("{path}: {error}"))
    }

    /// A connection that broke when it was needed.
    pub(crate) fn connection(detail: impl Into<String>) -> Self {
        Self::own(CONNECTION_LOST, "The connection broke", detail)
    }

    /// Nothing came for a while.
    pub(crate) fn silent(waited: Duration) -> Self {
        let detail = format!("Nothing came for {} seconds.", waited.as_secs());
        Self::own(NO_ANSWER, "The gateway does not answer", detail)
    }

    /// An upload that may or may not have come to something.
    pub(crate) fn unknown(detail: impl Into<String>) -> Self {
        let problem = Problem::own("outcome_unknown", "It is not known what became of the upload", detail);
        Self { kind: FailureKind::OutcomeUnknown, problem }
    }

    /// Work that the user has stopped.
    pub(crate) fn interrupted(detail: impl Into<String>) -> Self {
        let problem = Problem::own("interrupted", "Interrupted", detail);
        Self { kind: FailureKind::Interrupted, problem }
    }

    /// An error answer of the gateway's, or of whatever stands before it.
    pub(crate) fn answered(status: u16, body: Value) -> Self {
        let Some(problem) = Problem::read(body) else { return Self::foreign(status, String::new()) };
        let kind = match problem.code() {
            "unauthenticated" | "forbidden" => FailureKind::Denied,
            "outcome_unknown" => FailureKind::OutcomeUnknown,
            _ => FailureKind::Failed,
        };
        Self { kind, problem }
    }

    /// An answer that is none of the gateway's.
    pub(crate) fn foreign(status: u16, detail: String) -> Self {
        let kind = if matches!(status, 401 | 403 | 407) { FailureKind::Denied } else { FailureKind::Failed };
        // What a proxy says when the gateway behind it is gone for a moment.
        let code = if matches!(status, 502..=504) { BAD_GATEWAY } else { UNEXPECTED_ANSWER };
        let title = format!("HTTP status {status}, and no answer of a gateway's");
        Self { kind, problem: Problem::own(code, &title, detail) }
    }

    /// Whether somebody else than the gateway has answered.
    pub(crate) fn is_foreign(&self) -> bool {
        matches!(self.problem.code(), BAD_GATEWAY | UNEXPECTED_ANSWER)
    }

    /// What the HTTP client says of a request to `address`. Its own words could hold the address with its query.
    pub(crate) fn transport(address: &str, error: &reqwest::Error) -> Self {
        let mut cause: &dyn std::error::Error = error;
        while let Some(deeper) = cause.source() {
            cause = deeper;
        }
        let cause = if error.source().is_some() { cause.to_string() } else { "no reason is known".to_owned() };
        if error.is_connect() {
            let title = format!("The gateway at {address} cannot be reached");
            return Self {
                kind: FailureKind::Unreachable,
                problem: Problem::own("gateway_unreachable", &title, cause),
            };
        }
        Self::connection(cause)
    }

    /// Whether a read may be sent again: it never does harm, so only the hope counts.
    pub(crate) fn is_passing(&self) -> bool {
        self.problem.is_retryable() || matches!(self.problem.code(), CONNECTION_LOST | NO_ANSWER | BAD_GATEWAY)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.problem.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_kind_is_read_off_the_code_and_not_off_the_status() {
        let kind = |status, code| Failure::answered(status, json!({"code": code})).kind();
        assert_eq!(kind(401, "unauthenticated"), FailureKind::Denied);
        assert_eq!(kind(403, "forbidden"), FailureKind::Denied);
        // The site forbids it: no other key would help.
        assert_eq!(kind(403, "upstream_forbidden"), FailureKind::Failed);
        assert_eq!(kind(504, "outcome_unknown"), FailureKind::OutcomeUnknown);
        assert_eq!(kind(504, "upstream_timeout"), FailureKind::Failed);
    }

    #[test]
    fn an_answer_of_somebody_before_the_gateway_is_told_by_its_status() {
        let failure = Failure::answered(502, json!(null));
        assert_eq!((failure.kind(), failure.problem().code()), (FailureKind::Failed, BAD_GATEWAY));
        assert!(failure.is_passing() && failure.is_foreign());
        assert!(failure.to_string().contains("502"), "{failure}");
        assert_eq!(Failure::answered(403, json!("no")).kind(), FailureKind::Denied);
    }
}
