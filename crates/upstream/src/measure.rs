//! What is counted of the requests to sites. The names stand here, where they are counted; what they mean is described
//! by whoever shows them. No label holds anything that a site or a caller has sent.

use std::sync::Arc;
use std::time::Duration;

use metrics::{Counter, Gauge, SharedString, counter, gauge, histogram};
use polyhost_domain::{Error, ErrorKind, ProviderId};
use tokio::time::Instant;

/// Attempts that have ended.
pub const CALLS: &str = "polyhost_upstream_calls_total";
/// How long they took, in seconds.
pub const CALL_SECONDS: &str = "polyhost_upstream_call_duration_seconds";
/// Bytes of files.
pub const BYTES: &str = "polyhost_upstream_bytes_total";
/// Requests under way, bodies that flow among them.
pub const IN_FLIGHT: &str = "polyhost_upstream_in_flight";
/// Requests that wait for a place.
pub const WAITING: &str = "polyhost_upstream_waiting";
/// Logins that were tried.
pub const LOGINS: &str = "polyhost_logins_total";
/// Requests that could have been sent again.
pub const RETRIES: &str = "polyhost_upstream_retries_total";
/// Addresses that are left alone because they fail.
pub const CIRCUITS_OPEN: &str = "polyhost_upstream_circuits_open";
/// How often addresses began to be left alone.
pub const CIRCUIT_OPENINGS: &str = "polyhost_upstream_circuit_openings_total";
/// Questions before a write, or about a token, that a site could not answer and that were skipped.
pub const CHECKS_SKIPPED: &str = "polyhost_upstream_checks_skipped_total";
/// What sites write otherwise than they document it.
pub const DRIFT: &str = "polyhost_upstream_drift_total";

/// What became of a request whose caller went away, or whose time was over.
const ABANDONED: &str = "abandoned";
/// What became of whatever went well.
const OK: &str = "ok";
/// What became of a request under a session that the site does not know.
const SESSION_REFUSED: &str = "session_refused";

/// What one account's requests are counted by.
pub(crate) struct Meter {
    provider: SharedString,
    in_flight: Gauge,
    waiting: Gauge,
    sent: Counter,
    received: Counter,
}

impl Meter {
    pub(crate) fn new(provider: &ProviderId) -> Self {
        let provider = SharedString::from(Arc::<str>::from(provider.as_str()));
        Self {
            in_flight: gauge!(IN_FLIGHT, "provider" => provider.clone()),
            waiting: gauge!(WAITING, "provider" => provider.clone()),
            sent: counter!(BYTES, "provider" => provider.clone(), "direction" => "sent"),
            received: counter!(BYTES, "provider" => provider.clone(), "direction" => "received"),
            provider,
        }
    }

    /// An attempt that begins now.
    pub(crate) fn attempt(&self, operation: &'static str) -> Attempt {
        Attempt { provider: self.provider.clone(), operation, began: Instant::now(), took: None, outcome: ABANDONED }
    }

    /// Counts a request as under way.
    pub(crate) fn in_flight(&self) -> Level {
        Level::raise(&self.in_flight)
    }

    /// Counts a request as waiting.
    pub(crate) fn waiting(&self) -> Level {
        Level::raise(&self.waiting)
    }

    /// Counts the bytes of files that are sent.
    pub(crate) fn sent(&self) -> Counter {
        self.sent.clone()
    }

    /// Counts the bytes of files that have come.
    pub(crate) fn received(&self) -> Counter {
        self.received.clone()
    }
}

/// One attempt under way. It counts when it is dropped.
pub(crate) struct Attempt {
    provider: SharedString,
    operation: &'static str,
    began: Instant,
    took: Option<Duration>,
    outcome: &'static str,
}

impl Attempt {
    /// The answer is there, or will not come.
    pub(crate) fn answered(&mut self) {
        self.took = Some(self.began.elapsed());
    }

    /// What became of it: `None` is a success, and an error that is none is a refused session.
    pub(crate) fn judged(mut self, error: Option<Option<&Error>>) {
        self.outcome = match error {
            None => OK,
            Some(None) => SESSION_REFUSED,
            Some(Some(error)) => kind_name(error.kind()),
        };
    }
}

impl Drop for Attempt {
    fn drop(&mut self) {
        let Self { provider, operation, began, took, outcome } = self;
        let (operation, outcome, took) = (*operation, *outcome, took.unwrap_or_else(|| began.elapsed()));
        histogram!(CALL_SECONDS, "provider" => provider.clone(), "operation" => operation).record(took);
        counter!(CALLS, "provider" => provider.clone(), "operation" => operation, "outcome" => outcome).increment(1);
    }
}

/// One more of something, until it is dropped.
pub(crate) struct Level(Gauge);

impl Level {
    fn raise(gauge: &Gauge) -> Self {
        gauge.increment(1.0);
        Self(gauge.clone())
    }
}

impl Drop for Level {
    fn drop(&mut self) {
        self.0.decrement(1.0);
    }
}

/// Counts a login, by what became of it.
pub(crate) fn login(provider: &ProviderId, failure: Option<ErrorKind>) {
    let result = failure.map_or(OK, kind_name);
    counter!(LOGINS, "provider" => provider.to_string(), "result" => result).increment(1);
}

/// Counts a question that a site could not answer, and that was skipped for that.
pub fn check_skipped(provider: &ProviderId, operation: &'static str) {
    counter!(CHECKS_SKIPPED, "provider" => provider.to_string(), "operation" => operation).increment(1);
}

/// Counts a request that was sent once more, or was not because that would have been too much.
pub(crate) fn retry(provider: &ProviderId, operation: &'static str, sent: bool) {
    let result = if sent { "sent" } else { "withheld" };
    counter!(RETRIES, "provider" => provider.to_string(), "operation" => operation, "result" => result).increment(1);
}

/// Counts an address as left alone, or no more.
pub(crate) fn circuit_changed(provider: &ProviderId, opened: bool) {
    let open = gauge!(CIRCUITS_OPEN, "provider" => provider.to_string());
    if opened {
        open.increment(1.0);
        counter!(CIRCUIT_OPENINGS, "provider" => provider.to_string()).increment(1);
    } else {
        open.decrement(1.0);
    }
}

/// The name of a kind of error, as labels have it.
#[must_use]
pub fn kind_name(kind: ErrorKind) -> &'static str {
    match kind {
        ErrorKind::Unsupported(_) => "unsupported",
        ErrorKind::FileNotFound => "file_not_found",
        ErrorKind::FolderNotFound => "folder_not_found",
        ErrorKind::RemoteUploadNotFound => "remote_upload_not_found",
        ErrorKind::CredentialsRejected => "credentials_rejected",
        ErrorKind::SessionContended => "session_contended",
        ErrorKind::Forbidden => "forbidden",
        ErrorKind::Rejected => "rejected",
        ErrorKind::TooLarge => "too_large",
        ErrorKind::RangeNotSatisfiable => "range_not_satisfiable",
        ErrorKind::RateLimited => "rate_limited",
        ErrorKind::LegalBlock => "legal_block",
        ErrorKind::InvalidResponse => "invalid_response",
        ErrorKind::SiteFailed => "site_failed",
        ErrorKind::Unavailable => "unavailable",
        ErrorKind::Overloaded => "overloaded",
        ErrorKind::Timeout => "timeout",
        ErrorKind::OutcomeUnknown => "outcome_unknown",
        ErrorKind::Unnamed => "unnamed",
        ErrorKind::BodyIncomplete => "body_incomplete",
        ErrorKind::Internal => "internal",
    }
}
