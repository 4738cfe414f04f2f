//! What the contract says of each fault at each operation: the code, whether the request may be sent again, and how
//! often the site is asked. It is written from the documents, not from the program.

use super::injuries::{Injury, Looks};
use super::operations::{Nature, Operation};
use super::world::{Dialect, RETRIES};

/// What is to come of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Expected {
    pub(super) outcome: Outcome,
    pub(super) attempts: Attempts,
}

/// What the caller is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outcome {
    /// That it is done.
    Done,
    /// That it is not, and why.
    Problem(Problem),
    /// That it is not all there: by the connection, or, before anything was said, by the problem of an answer that cannot
    /// be understood.
    BrokenOff,
}

/// A problem.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Problem {
    pub(super) code: &'static str,
    /// `None`: the contract leaves it open.
    pub(super) retryable: Option<bool>,
}

/// How often the site is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Attempts {
    Exactly(usize),
    /// At least once. Beside the operation itself, the session may need the same one.
    Some,
}

const ONCE: Attempts = Attempts::Exactly(1);
/// The first, and every retry.
const AGAIN: Attempts = Attempts::Exactly(1 + RETRIES);
/// Once for each of two links.
const TWO_LINKS: Attempts = Attempts::Exactly(2);

impl Outcome {
    /// An error that sending the same request again may mend.
    const fn passing(code: &'static str) -> Self {
        Self::Problem(Problem { code, retryable: Some(true) })
    }

    /// An error that sending the same request again does not mend, or must not.
    const fn lasting(code: &'static str) -> Self {
        Self::Problem(Problem { code, retryable: Some(false) })
    }

    const fn open(code: &'static str) -> Self {
        Self::Problem(Problem { code, retryable: None })
    }

    const fn once(self) -> Expected {
        Expected { outcome: self, attempts: ONCE }
    }
}

/// What is to come of an operation that is hit.
pub(super) fn expected(operation: &Operation, injury: &Injury) -> Expected {
    let has_body = operation.dialect == Dialect::Yetishare || operation.nature == Nature::Upload;
    let passes = match injury.looks {
        Looks::Fine => true,
        Looks::SeveredInBody | Looks::SilentInBody => !has_body || operation.nature == Nature::Bytes,
        _ => false,
    };
    if passes {
        // Where the machine is slow, a retry may have got through.
        return Expected { outcome: Outcome::Done, attempts: Attempts::Some };
    }
    match operation.nature {
        Nature::Read => read(operation, injury),
        Nature::Write => write(operation, injury).once(),
        Nature::Upload => upload(operation, injury).once(),
        Nature::Login => login(operation, injury).once(),
        Nature::Bytes => bytes(injury),
    }
}

/// A read is asked again as often as may be, where the site has failed for now.
fn read(operation: &Operation, injury: &Injury) -> Expected {
    let outcome = match injury.looks {
        Looks::Page(status) => page(operation, status).unwrap_or(Outcome::passing("upstream_invalid_response")),
        Looks::Told { http, status } => told(operation, http, status),
        Looks::Garbled | Looks::TooLarge | Looks::Cut => Outcome::passing("upstream_invalid_response"),
        Looks::Severed | Looks::SeveredInBody => Outcome::passing("upstream_unavailable"),
        _ => Outcome::passing("upstream_timeout"),
    };
    let Outcome::Problem(Problem { code, retryable }) = outcome else { return outcome.once() };
    let attempts = match (code, injury.looks) {
        ("upstream_session_contended", _) => Attempts::Some,
        // A site that has moved, and an answer that is too large, will be no other the next time.
        (_, Looks::Page(302) | Looks::TooLarge) => ONCE,
        // A long wait is the caller's.
        ("upstream_rate_limited", _) if injury.asks_to_wait().is_some_and(|wait| wait > 2) => ONCE,
        _ if retryable == Some(true) => AGAIN,
        // Of an error whose words are not known it is not said.
        _ if retryable.is_none() => Attempts::Some,
        _ => ONCE,
    };
    Expected { outcome, attempts }
}

/// A write goes once. After that nobody knows, unless the site says so.
fn write(operation: &Operation, injury: &Injury) -> Outcome {
    let outcome = match injury.looks {
        Looks::Page(302) => Outcome::lasting("outcome_unknown"),
        Looks::Page(status) => page(operation, status).unwrap_or(Outcome::lasting("upstream_error")),
        Looks::Told { http, status } => told(operation, http, status),
        _ => Outcome::lasting("outcome_unknown"),
    };
    match outcome {
        Outcome::Problem(Problem { code: "upstream_error", .. }) => Outcome::lasting("upstream_error"),
        outcome => outcome,
    }
}

/// An upload is a write by itself; the gateway looks for its file where nobody knows.
fn upload(operation: &Operation, injury: &Injury) -> Outcome {
    let unknown = match injury.looks {
        Looks::Page(302) => true,
        // A server in front of the site did not get the site's own answer.
        Looks::Page(status) => matches!(status, 502 | 504),
        Looks::Told { .. } => false,
        _ => true,
    };
    if unknown && injury.lets_it_happen() {
        return Outcome::Done;
    }
    let status = match injury.looks {
        Looks::Page(status) => status,
        Looks::Told { http, status } if operation.dialect == Dialect::Openload => status.max(http),
        Looks::Told { http, .. } => http,
        _ => return write(operation, injury),
    };
    // The address or the token was good when it was asked for: the next request gets another.
    match (operation.dialect, status) {
        (Dialect::Openload, 401 | 403 | 404) | (Dialect::Yetishare, 401)
            if matches!(injury.looks, Looks::Told { .. }) =>
        {
            Outcome::passing("upstream_error")
        }
        _ => write(operation, injury),
    }
}

/// A login goes once, too, but to whoever needs it nothing has been done.
fn login(operation: &Operation, injury: &Injury) -> Outcome {
    let invalid = Outcome::passing("upstream_invalid_response");
    match injury.looks {
        // A server before the site knows nothing of credentials.
        Looks::Page(302 | 401 | 403) => invalid,
        Looks::Told { http: 401 | 403, .. } => Outcome::lasting("upstream_credentials_rejected"),
        Looks::Page(status) => page(operation, status).unwrap_or(Outcome::open("upstream_error")),
        Looks::Told { http, status } => told(operation, http, status),
        Looks::Garbled | Looks::TooLarge | Looks::Cut | Looks::Severed | Looks::SeveredInBody => invalid,
        _ => Outcome::passing("upstream_timeout"),
    }
}

/// What a page says by its HTTP status, if that is a server's own to give: not what is missing or wrong in a request.
fn page(operation: &Operation, status: u16) -> Option<Outcome> {
    let is_any_servers = matches!(status, 413 | 429 | 500..);
    is_any_servers.then(|| by_status(operation, status))
}

/// What the API says.
fn told(operation: &Operation, http: u16, status: u16) -> Outcome {
    match operation.dialect {
        // The status inside wins.
        Dialect::Openload => by_status(operation, status),
        // Of the injected words these sites are known to say "Not Found", "Too Many Requests" and "Payload Too Large".
        Dialect::Yetishare if status == 404 && operation.missing.is_some() => by_status(operation, status),
        Dialect::Yetishare if status == 429 => by_status(operation, status),
        Dialect::Yetishare if status == 413 && operation.nature == Nature::Upload => by_status(operation, status),
        Dialect::Yetishare if http == 200 => Outcome::passing("upstream_error"),
        Dialect::Yetishare => by_status(operation, http),
    }
}

fn by_status(operation: &Operation, status: u16) -> Outcome {
    let asks_for_the_account = operation.name == "account/info";
    match (status, operation.dialect) {
        (400, _) => Outcome::lasting("upstream_rejected"),
        (401, Dialect::Openload) => Outcome::lasting("upstream_credentials_rejected"),
        (403, Dialect::Openload) if asks_for_the_account => Outcome::lasting("upstream_credentials_rejected"),
        // The session is not known, says the site, and again of the next one: it is being taken away.
        (401, Dialect::Yetishare) if asks_for_the_account => Outcome::passing("upstream_session_contended"),
        // The account answers, so the credentials and the session are good.
        (401, Dialect::Yetishare) | (403, _) => Outcome::lasting("upstream_forbidden"),
        (404, _) => operation.missing.map_or(Outcome::open("upstream_error"), Outcome::lasting),
        (413, _) => Outcome::lasting("payload_too_large"),
        (429 | 509, _) => Outcome::passing("upstream_rate_limited"),
        (451, _) => Outcome::lasting("legal_block"),
        _ => Outcome::passing("upstream_error"),
    }
}

/// A file's server says what it says by its HTTP status alone. Whatever is not the file may be for a link that has
/// died, so that another link is tried.
fn bytes(injury: &Injury) -> Expected {
    let status = match injury.looks {
        Looks::Page(status) => status,
        Looks::Told { http, .. } => http,
        Looks::Garbled => 200,
        Looks::Severed => return Expected { outcome: Outcome::passing("upstream_unavailable"), attempts: AGAIN },
        // One that is longer than the file is not the file, which may be seen before anything was said.
        Looks::Cut | Looks::Stalled | Looks::TooLarge => return Outcome::BrokenOff.once(),
        // A file may come as slowly as it likes, as long as it comes.
        Looks::Dripping => return Outcome::Done.once(),
        _ => return Expected { outcome: Outcome::passing("upstream_timeout"), attempts: AGAIN },
    };
    let (outcome, attempts) = match status {
        200 => (Outcome::passing("upstream_invalid_response"), TWO_LINKS),
        302 => (Outcome::passing("upstream_invalid_response"), ONCE),
        404 => (Outcome::lasting("file_not_found"), TWO_LINKS),
        429 | 509 if injury.asks_to_wait().is_some_and(|wait| wait > 2) => {
            (Outcome::passing("upstream_rate_limited"), ONCE)
        }
        429 | 509 => (Outcome::passing("upstream_rate_limited"), AGAIN),
        451 => (Outcome::lasting("legal_block"), ONCE),
        400..=499 => (Outcome::open("upstream_error"), TWO_LINKS),
        _ => (Outcome::passing("upstream_error"), AGAIN),
    };
    Expected { outcome, attempts }
}
