//! The metrics of requests to sites. This module defines their names and records them. Their descriptions are where the
//! metrics are exported. No label contains data that a site or a caller has sent.

use std::sync::Arc;
use std::time::Duration;

use metrics::{Counter, Gauge, SharedString, counter, gauge, histogram};
use polyhost_domain::{Error, ErrorKind, ProviderId};
use tokio::time::Instant;

/// Counts the attempts that have ended.
pub const CALLS: &str = "polyhost_upstream_calls_total";
/// The durations of attempts, in seconds.
pub const CALL_SECONDS: &str = "polyhost_upstream_call_duration_seconds";
/// Counts the bytes of files, sent and received.
pub const BYTES: &str = "polyhost_upstream_bytes_total";
/// The number of requests in flight, including transfers of files.
pub const IN_FLIGHT: &str = "polyhost_upstream_in_flight";
/// The number of requests that wait for a turn.
pub const WAITING: &str = "polyhost_upstream_waiting";
/// Counts the attempted logins.
pub const LOGINS: &str = "polyhost_logins_total";
/// Counts the retries that were sent, and those that the retry budget withheld.
pub const RETRIES: &str = "polyhost_upstream_retries_total";
/// The number of addresses whose circuit is not closed.
pub const CIRCUITS_OPEN: &str = "polyhost_upstream_circuits_open";
/// Counts the openings of circuits.
pub const CIRCUIT_OPENINGS: &str = "polyhost_upstream_circuit_openings_total";
/// Counts the checks before a write, or of a token, that were skipped because the site could not answer them.
pub const CHECKS_SKIPPED: &str = "polyhost_upstream_checks_skipped_total";
/// Counts the fields of answers that differ from the dialect's documentation.
pub const DRIFT: &str = "polyhost_upstream_drift_total";

/// The outcome of a request that was cancelled because its caller disconnected or its time was over.
pub(crate) const ABANDONED: &str = "abandoned";
/// The outcome of a success.
const OK: &str = "ok";
/// The outcome of a request under a session that the site does not know.
const SESSION_REFUSED: &str = "session_refused";

/// The metrics of one account's requests.
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

    /// Starts to measure an attempt.
    pub(crate) fn attempt(&self, operation: &'static str) -> Attempt {
        Attempt { provider: self.provider.clone(), operation, began: Instant::now(), took: None, outcome: ABANDONED }
    }

    /// Counts a request as in flight until the result is dropped.
    pub(crate) fn in_flight(&self) -> Level {
        Level::raise(&self.in_flight)
    }

    /// Counts a request as waiting until the result is dropped.
    pub(crate) fn waiting(&self) -> Level {
        Level::raise(&self.waiting)
    }

    /// Returns the counter of the bytes of files that are sent.
    pub(crate) fn sent(&self) -> Counter {
        self.sent.clone()
    }

    /// Returns the counter of the bytes of files that are received.
    pub(crate) fn received(&self) -> Counter {
        self.received.clone()
    }
}

/// One attempt in progress. Its metrics are recorded when it is dropped.
pub(crate) struct Attempt {
    provider: SharedString,
    operation: &'static str,
    began: Instant,
    took: Option<Duration>,
    outcome: &'static str,
}

impl Attempt {
    /// Stops the clock: the answer has arrived, or the attempt has failed.
    pub(crate) fn answered(&mut self) {
        self.took = Some(self.began.elapsed());
    }

    /// Records the outcome: `None` is a success, `Some(None)` a refused session.
    pub(crate) fn judged(mut self, error: Option<Option<&Error>>) {
        self.outcome = error.map_or(OK, failure);
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

/// Increments a gauge until it is dropped.
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

/// Returns the outcome of a failed request: the kind of its error, or that of a refused session.
pub(crate) fn failure(error: Option<&Error>) -> &'static str {
    error.map_or(SESSION_REFUSED, |error| kind_name(error.kind()))
}

/// Counts a login by its result.
pub(crate) fn login(provider: &ProviderId, failure: Option<ErrorKind>) {
    let result = failure.map_or(OK, kind_name);
    counter!(LOGINS, "provider" => provider.to_string(), "result" => result).increment(1);
}

/// Counts a check that was skipped because the site could not answer it.
pub fn check_skipped(provider: &ProviderId, operation: &'static str) {
    counter!(CHECKS_SKIPPED, "provider" => provider.to_string(), "operation" => operation).increment(1);
}

/// Counts a retry: one that was sent, or one that the retry budget withheld.
pub(crate) fn retry(provider: &ProviderId, operation: &'static str, sent: bool) {
    let result = if sent { "sent" } else { "withheld" };
    counter!(RETRIES, "provider" => provider.to_string(), "operation" => operation, "result" => result).increment(1);
}

/// Counts the circuit of an address as open, or as open no longer.
pub(crate) fn circuit_changed(provider: &ProviderId, opened: bool) {
    let open = gauge!(CIRCUITS_OPEN, "provider" => provider.to_string());
    if opened {
        open.increment(1.0);
        counter!(CIRCUIT_OPENINGS, "provider" => provider.to_string()).increment(1);
    } else {
        open.decrement(1.0);
    }
}

/// Returns the label value of a kind of error.
#[must_use]
pub fn kind_name(kind: ErrorKind) -> &'static str {
    match kind {
        ErrorKind::Unsupported(_) => "unsupported",
        ErrorKind::FileNotFound => "file_not_found",
        ErrorKind::FolderNotFound => "folder_not_found",
        ErrorKind::FolderNotEmpty => "folder_not_empty",
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
        ErrorKind::UploadNotOwned => "upload_not_owned",
        ErrorKind::BodyIncomplete => "body_incomplete",
        ErrorKind::Internal => "internal",
    }
}
