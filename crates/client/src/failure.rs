//! Failed operations: the problem, and the kind of failure that determines the exit code.

use std::error::Error as _;
use std::fmt;
use std::io;
use std::time::Duration;

use serde_json::Value;

use crate::problem::Problem;

const BAD_GATEWAY: &str = "bad_gateway";
const CONNECTION_LOST: &str = "connection_lost";
const NO_ANSWER: &str = "no_answer";
pub(crate) const UNEXPECTED_ANSWER: &str = "unexpected_answer";

/// The kinds of failures that exit codes distinguish.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FailureKind {
    /// The operation was not carried out.
    Failed,
    /// The key is missing or wrong, or the client lacks a scope.
    Denied,
    /// No connection to the gateway could be made.
    Unreachable,
    /// The request was sent, and may have been carried out.
    OutcomeUnknown,
    /// The user interrupted the command.
    Interrupted,
    /// The command line makes no sense; nothing was attempted.
    WrongUsage,
    /// The reader of the standard output has closed it. This is no fault, and ends the command.
    OutputClosed,
}

/// A failed operation.
#[derive(Debug, Clone, PartialEq)]
pub struct Failure {
    kind: FailureKind,
    problem: Problem,
    /// The HTTP status of an answer that does not come from the gateway.
    foreign_status: Option<u16>,
}

impl Failure {
    /// Returns the failure's kind.
    #[must_use]
    pub fn kind(&self) -> FailureKind {
        self.kind
    }

    /// Returns whether the other objects of the command would fail for the same reason, or must not be tried.
    pub(crate) fn ends_command(&self) -> bool {
        !matches!(self.kind, FailureKind::Failed | FailureKind::OutcomeUnknown)
    }

    /// Returns the failure's problem.
    #[must_use]
    pub fn problem(&self) -> &Problem {
        &self.problem
    }

    /// Adds a hint that says what the user can do.
    pub(crate) fn with_hint(self, hint: String) -> Self {
        Self { problem: self.problem.with_hint(hint), ..self }
    }

    /// Creates a local failure: a code for programs, a title and details for people.
    pub(crate) fn from_client(code: &str, title: &str, detail: impl Into<String>) -> Self {
        Self { kind: FailureKind::Failed, problem: Problem::from_client(code, title, detail), foreign_status: None }
    }

    /// Creates the failure for a local file that cannot be read or written.
    pub(crate) fn local(path: impl fmt::Display, error: &io::Error) -> Self {
        Self::from_client("local_file", "A file cannot be read or written", format!("{path}: {error}"))
    }

    /// Creates the failure for a standard output that cannot be written.
    pub(crate) fn output(error: &io::Error) -> Self {
        let failure = Self::local("the standard output", error);
        let is_closed = error.kind() == io::ErrorKind::BrokenPipe;
        if is_closed { Self { kind: FailureKind::OutputClosed, ..failure } } else { failure }
    }

    /// Creates the failure for a command line that makes no sense for the objects that it names.
    pub(crate) fn wrong_usage(detail: impl Into<String>) -> Self {
        let problem = Problem::from_client("wrong_usage", "The command line is invalid", detail);
        Self { kind: FailureKind::WrongUsage, problem, foreign_status: None }
    }

    /// Creates the failure for a broken connection.
    pub(crate) fn connection(detail: impl Into<String>) -> Self {
        Self::from_client(CONNECTION_LOST, "The connection broke", detail)
    }

    /// Creates the failure for a connection without data for `waited`.
    pub(crate) fn silent(waited: Duration) -> Self {
        let detail = format!("Nothing was received for {} seconds.", waited.as_secs());
        Self::from_client(NO_ANSWER, "The gateway does not answer", detail)
    }

    /// Creates the failure for a write with an unknown outcome.
    pub(crate) fn unknown(detail: impl Into<String>) -> Self {
        let problem = Problem::from_client("outcome_unknown", "The outcome is unknown", detail);
        Self { kind: FailureKind::OutcomeUnknown, problem, foreign_status: None }
    }

    /// Creates the failure for an interrupted operation.
    pub(crate) fn interrupted(detail: impl Into<String>) -> Self {
        let problem = Problem::from_client("interrupted", "Interrupted", detail);
        Self { kind: FailureKind::Interrupted, problem, foreign_status: None }
    }

    /// Creates the failure for an error answer of the gateway, or of a proxy in front of it.
    pub(crate) fn answered(status: u16, body: Value) -> Self {
        let Some(problem) = Problem::read(body) else { return Self::foreign(status, String::new()) };
        let kind = match problem.code() {
            "unauthenticated" | "forbidden" => FailureKind::Denied,
            "outcome_unknown" => FailureKind::OutcomeUnknown,
            _ => FailureKind::Failed,
        };
        Self { kind, problem, foreign_status: None }
    }

    /// Creates the failure for an answer that does not come from the gateway.
    pub(crate) fn foreign(status: u16, detail: String) -> Self {
        let kind = if matches!(status, 401 | 403 | 407) { FailureKind::Denied } else { FailureKind::Failed };
        // A proxy sends these statuses while the gateway behind it is unavailable.
        let code = if matches!(status, 502..=504) { BAD_GATEWAY } else { UNEXPECTED_ANSWER };
        let title = format!("HTTP status {status}, not from a gateway");
        Self { kind, problem: Problem::from_client(code, &title, detail), foreign_status: Some(status) }
    }

    /// Returns whether the answer did not come from the gateway.
    pub(crate) fn is_foreign(&self) -> bool {
        self.foreign_status.is_some()
    }

    /// Creates the failure for an error of the HTTP client. The client's own message could contain the address with its
    /// query, so only the innermost cause is shown.
    pub(crate) fn transport(address: &str, error: &reqwest::Error) -> Self {
        let mut cause: &dyn std::error::Error = error;
        while let Some(deeper) = cause.source() {
            cause = deeper;
        }
        let cause = if error.source().is_some() { cause.to_string() } else { "unknown reason".to_owned() };
        let (code, title) = match &*cause {
            // The HTTP client reports these only by the text of its error.
            text if text.contains("InvalidContentType") => {
                ("wrong_scheme", format!("The server at {address} does not speak https"))
            }
            text if text.contains("invalid HTTP version") => {
                ("wrong_scheme", format!("The server at {address} does not speak http"))
            }
            text if text.contains("invalid peer certificate") => {
                ("untrusted_certificate", format!("The certificate of {address} is not trusted"))
            }
            _ if error.is_connect() => ("gateway_unreachable", format!("The gateway at {address} cannot be reached")),
            _ => return Self::connection(cause),
        };
        let problem = Problem::from_client(code, &title, cause);
        Self { kind: FailureKind::Unreachable, problem, foreign_status: None }
    }

    /// Returns whether the gateway rejected the request for its limit for this key. Nothing was done.
    pub(crate) fn is_own_limit(&self) -> bool {
        self.problem.code() == "rate_limited" && self.problem.is_retryable()
    }

    /// Returns whether the request was sent and its answer was lost.
    pub(crate) fn is_lost(&self) -> bool {
        matches!(self.problem.code(), CONNECTION_LOST | NO_ANSWER | BAD_GATEWAY)
    }

    /// Returns whether a write with this failure may have been done. A proxy's success, timeout or error does not show
    /// the outcome at the gateway behind it.
    pub(crate) fn leaves_outcome_open(&self) -> bool {
        self.is_lost() || self.foreign_status.is_some_and(|status| matches!(status, 200..=299 | 408 | 500..))
    }

    /// Turns the failure of a write whose answer was lost into one with an unknown outcome.
    pub(crate) fn into_unknown(self) -> Self {
        Self::unknown(format!("{}: {} Check whether it was done.", self.problem.title(), self.problem.detail()))
    }

    /// Returns whether a read may succeed when it is repeated. Repeating a read never does harm.
    pub(crate) fn is_temporary(&self) -> bool {
        self.problem.is_retryable() || self.is_lost()
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
    fn kind_depends_on_the_code_and_not_on_the_status() {
        let kind = |status, code| Failure::answered(status, json!({"code": code})).kind();
        assert_eq!(kind(401, "unauthenticated"), FailureKind::Denied);
        assert_eq!(kind(403, "forbidden"), FailureKind::Denied);
        // The site forbids the action: another key would not help.
        assert_eq!(kind(403, "upstream_forbidden"), FailureKind::Failed);
        assert_eq!(kind(504, "outcome_unknown"), FailureKind::OutcomeUnknown);
        assert_eq!(kind(504, "upstream_timeout"), FailureKind::Failed);
    }

    #[test]
    fn answer_of_a_proxy_is_reported_by_its_status() {
        let failure = Failure::answered(502, json!(null));
        assert_eq!((failure.kind(), failure.problem().code()), (FailureKind::Failed, BAD_GATEWAY));
        assert!(failure.is_temporary() && failure.is_foreign());
        assert!(failure.to_string().contains("502"), "{failure}");
        assert_eq!(Failure::answered(403, json!("no")).kind(), FailureKind::Denied);
        let is_open = |status| Failure::foreign(status, String::new()).leaves_outcome_open();
        assert!([200, 204, 408, 500, 502, 524].into_iter().all(is_open));
        assert!(![302, 400, 403, 404, 413].into_iter().any(is_open));
        assert!(!Failure::answered(500, json!({"code": "internal"})).leaves_outcome_open());
    }
}
