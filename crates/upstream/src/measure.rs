//! What is counted of the requests to sites. The names stand here, where they are counted; what they mean is described
//! by whoever shows them. No label holds anything that a site or a caller has sent.

use std::sync::Arc;

use metrics::{Counter, Gauge, SharedString, counter, gauge, histogram};
use polyhost_domain::{ErrorKind, ProviderId};
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
/// What sites write otherwise than they document it.
pub const DRIFT: &str = "polyhost_upstream_drift_total";

/// What became of a request whose caller went away, or whose time was over.
const ABANDONED: &str = "abandoned";
/// What became of whatever went well.
const OK: &str = "ok";

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
        Attempt { provider: self.provider.clone(), operation, began: Instant::now(), outcome: ABANDONED }
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
    outcome: &'static str,
}

impl Attempt {
    /// The site has answered. What the answer says is not known here, but for what every server says in the same way.
    pub(crate) fn answered(mut self, http_status: u16) {
        self.outcome = match http_status {
            429 | 509 => kind_name(ErrorKind::RateLimited),
            500.. => kind_name(ErrorKind::SiteFailed),
            _ => OK,
        };
    }

    /// No whole answer came.
    pub(crate) fn failed(mut self, kind: ErrorKind) {
        self.outcome = kind_name(kind);
    }
}

impl Drop for Attempt {
    fn drop(&mut self) {
        let Self { provider, operation, began, outcome } = self;
        let (operation, outcome) = (*operation, *outcome);
        histogram!(CALL_SECONDS, "provider" => provider.clone(), "operation" => operation).record(began.elapsed());
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
