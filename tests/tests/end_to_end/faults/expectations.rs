//! The expected result of each fault at each operation: the code, whether the request is retryable, and the number of
//! calls to the site. They are derived from the documents, not from the program.

use super::fault_cases::{FaultCase, Symptom};
use super::operations::{Kind, Operation};
use super::world::{Dialect, RETRIES};

/// The expected result of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Expected {
    pub(super) outcome: Outcome,
    pub(super) attempts: Attempts,
}

/// The expected response to the caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outcome {
    /// Success.
    Done,
    /// An error.
    Problem(Problem),
    /// An incomplete response. The connection is cut, or, if nothing was sent yet, the response is
    /// `upstream_invalid_response`.
    BrokenOff,
}

/// An expected error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Problem {
    pub(super) code: &'static str,
    /// `None` if the contract leaves it open.
    pub(super) retryable: Option<bool>,
}

/// The number of times that the gateway calls the operation at the site.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Attempts {
    Exactly(usize),
    /// At least once. The session may need the same operation too.
    Some,
}

const ONCE: Attempts = Attempts::Exactly(1);
/// The first attempt and every retry.
const AGAIN: Attempts = Attempts::Exactly(1 + RETRIES);
/// Once for each of two download links.
const TWO_LINKS: Attempts = Attempts::Exactly(2);

impl Outcome {
    /// An error that may disappear when the same request is sent again.
    const fn retryable_error(code: &'static str) -> Self {
        Self::Problem(Problem { code, retryable: Some(true) })
    }

    /// An error for which the same request would fail again, or must not be sent again.
    const fn permanent_error(code: &'static str) -> Self {
        Self::Problem(Problem { code, retryable: Some(false) })
    }

    /// An error whose retryability the contract leaves open.
    const fn open(code: &'static str) -> Self {
        Self::Problem(Problem { code, retryable: None })
    }

    const fn once(self) -> Expected {
        Expected { outcome: self, attempts: ONCE }
    }
}

/// Returns the expected result of an operation with this fault.
pub(super) fn expected(operation: &Operation, case: &FaultCase) -> Expected {
    let has_body = operation.dialect == Dialect::Yetishare || operation.kind == Kind::Upload;
    let passes = match case.symptom {
        Symptom::Fine => true,
        Symptom::ClosedInBody | Symptom::SilentInBody => !has_body || operation.kind == Kind::Bytes,
        _ => false,
    };
    if passes {
        // On a slow machine, a retry may have succeeded.
        return Expected { outcome: Outcome::Done, attempts: Attempts::Some };
    }
    match operation.kind {
        Kind::Read => read(operation, case),
        Kind::Write => write(operation, case).once(),
        Kind::Upload => upload(operation, case).once(),
        Kind::Login => login(operation, case).once(),
        Kind::Bytes => bytes(case),
    }
}

/// A read is retried as often as allowed, if the site's failure is temporary.
fn read(operation: &Operation, case: &FaultCase) -> Expected {
    let outcome = match case.symptom {
        Symptom::Page(status) => {
            page(operation, status).unwrap_or(Outcome::retryable_error("upstream_invalid_response"))
        }
        Symptom::ApiError { http, status } => api_error(operation, http, status),
        Symptom::Garbled | Symptom::TooLarge | Symptom::Cut => Outcome::retryable_error("upstream_invalid_response"),
        Symptom::Closed | Symptom::ClosedInBody => Outcome::retryable_error("upstream_unavailable"),
        _ => Outcome::retryable_error("upstream_timeout"),
    };
    let Outcome::Problem(Problem { code, retryable }) = outcome else { return outcome.once() };
    let attempts = match (code, case.symptom) {
        ("upstream_session_contended", _) => Attempts::Some,
        // The same request would get the same redirect, or an answer as large.
        (_, Symptom::Page(302) | Symptom::TooLarge) => ONCE,
        // The gateway leaves a long wait to the caller.
        ("upstream_rate_limited", _) if case.retry_after().is_some_and(|wait| wait > 2) => ONCE,
        _ if retryable == Some(true) => AGAIN,
        // The contract does not define the number of retries after an unknown error.
        _ if retryable.is_none() => Attempts::Some,
        _ => ONCE,
    };
    Expected { outcome, attempts }
}

/// A write is sent once. Afterwards its outcome is unknown, unless the site reports it.
fn write(operation: &Operation, case: &FaultCase) -> Outcome {
    let outcome = match case.symptom {
        Symptom::Page(302) => Outcome::permanent_error("outcome_unknown"),
        Symptom::Page(status) => page(operation, status).unwrap_or(Outcome::permanent_error("upstream_error")),
        Symptom::ApiError { http, status } => api_error(operation, http, status),
        _ => Outcome::permanent_error("outcome_unknown"),
    };
    match outcome {
        Outcome::Problem(Problem { code: "upstream_error", .. }) => Outcome::permanent_error("upstream_error"),
        outcome => outcome,
    }
}

/// An upload is a write. If its outcome is unknown, the gateway symptom for the file.
fn upload(operation: &Operation, case: &FaultCase) -> Outcome {
    let unknown = match case.symptom {
        Symptom::Page(302) => true,
        // A proxy in front of the site did not get the site's own answer.
        Symptom::Page(status) => matches!(status, 502 | 504),
        Symptom::ApiError { .. } => false,
        _ => true,
    };
    if unknown && case.is_performed() {
        return Outcome::Done;
    }
    let status = match case.symptom {
        Symptom::Page(status) => status,
        Symptom::ApiError { http, status } if operation.dialect == Dialect::Openload => status.max(http),
        Symptom::ApiError { http, .. } => http,
        _ => return write(operation, case),
    };
    // The upload address or the token was valid when the gateway requested it. The next request gets a new one.
    match (operation.dialect, status) {
        (Dialect::Openload, 401 | 403 | 404) | (Dialect::Yetishare, 401)
            if matches!(case.symptom, Symptom::ApiError { .. }) =>
        {
            Outcome::retryable_error("upstream_error")
        }
        _ => write(operation, case),
    }
}

/// A login is sent once too. A failed login has not changed anything for the request that needed it.
fn login(operation: &Operation, case: &FaultCase) -> Outcome {
    let invalid = Outcome::retryable_error("upstream_invalid_response");
    match case.symptom {
        // A proxy in front of the site does not check the credentials.
        Symptom::Page(302 | 401 | 403) => invalid,
        Symptom::ApiError { http: 401 | 403, .. } => Outcome::permanent_error("upstream_credentials_rejected"),
        Symptom::Page(status) => page(operation, status).unwrap_or(Outcome::open("upstream_error")),
        Symptom::ApiError { http, status } => api_error(operation, http, status),
        Symptom::Garbled | Symptom::TooLarge | Symptom::Cut | Symptom::Closed | Symptom::ClosedInBody => invalid,
        _ => Outcome::retryable_error("upstream_timeout"),
    }
}

/// The result of an HTML page with an HTTP status that any server may answer. Statuses about the request itself (400,
/// 404) do not count.
fn page(operation: &Operation, status: u16) -> Option<Outcome> {
    let from_any_server = matches!(status, 413 | 429 | 500..);
    from_any_server.then(|| by_status(operation, status))
}

/// The result of an error of the site's API.
fn api_error(operation: &Operation, http: u16, status: u16) -> Outcome {
    match operation.dialect {
        // The status inside the envelope wins.
        Dialect::Openload => by_status(operation, status),
        // The gateway recognizes these of the injected messages: "Not Found", "Too Many Requests" and "Payload Too
        // Large".
        Dialect::Yetishare if status == 404 && operation.missing.is_some() => by_status(operation, status),
        Dialect::Yetishare if status == 429 => by_status(operation, status),
        Dialect::Yetishare if status == 413 && operation.kind == Kind::Upload => by_status(operation, status),
        Dialect::Yetishare if http == 200 => Outcome::retryable_error("upstream_error"),
        Dialect::Yetishare => by_status(operation, http),
    }
}

fn by_status(operation: &Operation, status: u16) -> Outcome {
    let is_account_info = operation.name == "account/info";
    match (status, operation.dialect) {
        (400, _) => Outcome::permanent_error("upstream_rejected"),
        (401, Dialect::Openload) => Outcome::permanent_error("upstream_credentials_rejected"),
        (403, Dialect::Openload) if is_account_info => Outcome::permanent_error("upstream_credentials_rejected"),
        // The site rejects the session, and the next one too: another user of the account keeps replacing it.
        (401, Dialect::Yetishare) if is_account_info => Outcome::retryable_error("upstream_session_contended"),
        // `account/info` succeeds, so the credentials and the session are valid.
        (401, Dialect::Yetishare) | (403, _) => Outcome::permanent_error("upstream_forbidden"),
        (404, _) => operation.missing.map_or(Outcome::open("upstream_error"), Outcome::permanent_error),
        (413, _) => Outcome::permanent_error("payload_too_large"),
        (429 | 509, _) => Outcome::retryable_error("upstream_rate_limited"),
        (451, _) => Outcome::permanent_error("legal_block"),
        _ => Outcome::retryable_error("upstream_error"),
    }
}

/// A file server reports errors only by its HTTP status. Any answer other than the file may mean an expired link, so
/// the gateway tries a second link.
fn bytes(case: &FaultCase) -> Expected {
    let status = match case.symptom {
        Symptom::Page(status) => status,
        Symptom::ApiError { http, .. } => http,
        Symptom::Garbled => 200,
        Symptom::Closed => {
            return Expected { outcome: Outcome::retryable_error("upstream_unavailable"), attempts: AGAIN };
        }
        // A body longer than the file is not the file. The gateway may notice that before it has sent anything.
        Symptom::Cut | Symptom::Stalled | Symptom::TooLarge => return Outcome::BrokenOff.once(),
        // A file may arrive at any speed, as long as bytes arrive.
        Symptom::Dripping => return Outcome::Done.once(),
        _ => return Expected { outcome: Outcome::retryable_error("upstream_timeout"), attempts: AGAIN },
    };
    let (outcome, attempts) = match status {
        200 => (Outcome::retryable_error("upstream_invalid_response"), TWO_LINKS),
        302 => (Outcome::retryable_error("upstream_invalid_response"), ONCE),
        404 => (Outcome::permanent_error("file_not_found"), TWO_LINKS),
        429 | 509 if case.retry_after().is_some_and(|wait| wait > 2) => {
            (Outcome::retryable_error("upstream_rate_limited"), ONCE)
        }
        429 | 509 => (Outcome::retryable_error("upstream_rate_limited"), AGAIN),
        451 => (Outcome::permanent_error("legal_block"), ONCE),
        400..=499 => (Outcome::open("upstream_error"), TWO_LINKS),
        _ => (Outcome::retryable_error("upstream_error"), AGAIN),
    };
    Expected { outcome, attempts }
}
