//! The one loop in which a request is sent again, and what each attempt tells of the site.

use std::time::Duration;

use polyhost_domain::{Error, ErrorKind, Result, TransportFault};
use rand::random_range;
use tokio::time::{Instant, sleep};

use crate::addresses::Address;
use crate::circuit::{Pass, Shown};
use crate::pace::LONGEST_WAIT;
use crate::secret_url::Source;
use crate::turns::Turn;
use crate::{Call, CallKind, Client, Refusal, measure, scope};

/// How long is waited at most before the first retry; twice as long before each that follows.
const FIRST_BACK_OFF: Duration = Duration::from_millis(200);
/// How long is waited at most before any.
const LONGEST_BACK_OFF: Duration = Duration::from_secs(2);

/// An error of an answer, whatever else an adapter's error says.
pub trait Verdict: From<Error> {
    /// The error that the site has answered with. `None`: it works as it should, and wants something else of us.
    fn error(&self) -> Option<&Error>;
}

impl Verdict for Error {
    fn error(&self) -> Option<&Error> {
        Some(self)
    }
}

impl Verdict for Refusal {
    fn error(&self) -> Option<&Error> {
        match self {
            Self::Session(..) => None,
            Self::Other(error) => Some(error),
        }
    }
}

/// One attempt that may begin.
pub(crate) struct Attempt {
    /// Its place among the account's requests.
    pub(crate) turn: Turn,
    /// How long it may take.
    pub(crate) limit: Duration,
}

impl Client {
    /// Makes attempts at a request until one succeeds, or another would not help: in turn, at the account's pace, while
    /// the address works, and all in the time of the operation.
    pub(crate) async fn attempts<T, E: Verdict, F: Future<Output = std::result::Result<T, E>>>(
        &self,
        call: &Call,
        attempt: impl Fn(Attempt) -> F,
    ) -> std::result::Result<T, E> {
        let deadline = call.deadline.unwrap_or_else(|| self.deadline());
        let address = self.address(&call.url);
        address.asked();
        let (mut retries, mut last) = (0, None::<E>);
        loop {
            let (pass, begun) = match self.begin(call, &address, deadline).await {
                Ok(begun) => begun,
                // What the attempt before it was told says more.
                Err(error) => return Err(last.unwrap_or_else(|| error.into())),
            };
            // On the heap, since it is large and everything that waits for it would be as large.
            let error = match Box::pin(attempt(begun)).await {
                Ok(done) => {
                    pass.tell(Shown::Works);
                    return Ok(done);
                }
                Err(error) => error,
            };
            self.learn(call, pass, error.error());
            let Some(wait) = self.wait_before(retries, call, error.error(), deadline) else { return Err(error) };
            let may = address.may_ask_again();
            measure::retry(&self.origin().provider, call.operation, may);
            if !may {
                return Err(error);
            }
            (retries, last) = (retries + 1, Some(error));
            let _wait = scope::wait();
            sleep(wait).await;
        }
    }

    /// Everything before an attempt.
    async fn begin(&self, call: &Call, address: &Address, deadline: Instant) -> Result<(Pass, Attempt)> {
        let told = |error: Error| error.at(&self.origin().provider, call.operation);
        self.check_call(call)?;
        // Who will not be let through needs no turn.
        address.circuit.closed_to_all().map_or(Ok(()), |wait| Err(told(left_alone(wait))))?;
        let left = deadline.saturating_duration_since(Instant::now());
        // An attempt that is begun has time to be answered in.
        let latest = deadline - self.settings().attempt_timeout.min(left / 2);
        let turn = self.turn(latest).await.map_err(told)?;
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(told(too_late()));
        }
        let pass = address.circuit.enter(self.settings()).map_err(|wait| told(left_alone(wait)))?;
        // Whoever has given up on the request meanwhile lets nothing go any more.
        self.pass_write_gate(call)?;
        Ok((pass, Attempt { turn, limit: self.settings().attempt_timeout.min(left) }))
    }

    async fn turn(&self, latest: Instant) -> Result<Turn> {
        let _wait = scope::wait();
        self.turns().take(latest, self.meter()).await
    }

    /// What a failed attempt shows of the site. One that shows nothing leaves the circuit as it was.
    fn learn(&self, call: &Call, pass: Pass, error: Option<&Error>) {
        if let Some(shown) = shown(error) {
            pass.tell(shown);
        }
        // The limits of a file's server, which may be anybody's, are not those of the site's API: its caller is told.
        let of_the_api = error.filter(|_| call.url.source() == Source::Configured);
        if let Some(error) = of_the_api.filter(|error| told(error).any(|status| matches!(status, 429 | 509))) {
            self.turns().pace().slow_down(error.retry_after().filter(|wait| *wait > LONGEST_WAIT));
        }
    }

    /// How long to wait before the next attempt, if there is to be one.
    fn wait_before(&self, retries: u32, call: &Call, error: Option<&Error>, deadline: Instant) -> Option<Duration> {
        let error = error.filter(|error| retries < self.settings().retries && may_be_sent_again(call.kind, error))?;
        // Where nothing was answered, the site has asked for nothing.
        let asked = error.retry_after().filter(|_| is_answered(error)).unwrap_or_default();
        let wait = back_off(retries).max(asked);
        (asked <= LONGEST_WAIT && Instant::now() + wait < deadline).then_some(wait)
    }
}

/// Full jitter: those who failed together come back one by one.
fn back_off(retries: u32) -> Duration {
    let most = FIRST_BACK_OFF.saturating_mul(2_u32.saturating_pow(retries)).min(LONGEST_BACK_OFF);
    random_range(Duration::ZERO..=most)
}

/// A read may be sent again whenever the site has failed for now; a write only if no byte of it was sent.
fn may_be_sent_again(kind: CallKind, error: &Error) -> bool {
    let transient = match (kind, error.kind()) {
        (_, ErrorKind::Unavailable) => true,
        // A site that has moved will not come back for the next attempt.
        (CallKind::Read, ErrorKind::InvalidResponse) => !is_about_what_was_asked(error) && !has_moved(error),
        (CallKind::Read, ErrorKind::Timeout | ErrorKind::SiteFailed | ErrorKind::RateLimited) => true,
        _ => false,
    };
    transient && error.is_retryable()
}

/// Whether the site works, as far as a failed attempt shows it. One that failed on our side of the connection (the
/// caller's body ended, the address may not be gone to) shows neither.
fn shown(error: Option<&Error>) -> Option<Shown> {
    match error {
        Some(error) if opens_the_circuit(error) => Some(Shown::Fails),
        Some(error) => is_answered(error).then_some(Shown::Works),
        // It has answered, and wants something else of us.
        None => Some(Shown::Works),
    }
}

/// A fault of the site's, and not of the credentials, the request or one file.
fn opens_the_circuit(error: &Error) -> bool {
    match error.kind() {
        ErrorKind::Unavailable | ErrorKind::Timeout => true,
        ErrorKind::InvalidResponse | ErrorKind::OutcomeUnknown => !is_about_what_was_asked(error) && !has_moved(error),
        ErrorKind::SiteFailed => told(error).any(|status| status >= 500),
        _ => false,
    }
}

/// An answer that is too large or leads astray is one to this request; others may be as they should.
fn is_about_what_was_asked(error: &Error) -> bool {
    matches!(error.transport(), Some(TransportFault::ResponseTooLarge | TransportFault::DestinationProhibited))
}

/// A redirect. It answers the next request as it has answered this one.
fn has_moved(error: &Error) -> bool {
    error.answer().and_then(|answer| answer.http_status).is_some_and(|status| (300..400).contains(&status))
}

fn is_answered(error: &Error) -> bool {
    error.answer().is_some_and(|answer| answer.http_status.is_some())
}

/// The statuses of an answer: of HTTP, and of its body where that is a number.
fn told(error: &Error) -> impl Iterator<Item = u16> {
    let answer = error.answer();
    let inside = answer.and_then(|answer| answer.status.as_deref()?.parse().ok());
    answer.and_then(|answer| answer.http_status).into_iter().chain(inside)
}

fn left_alone(wait: Duration) -> Error {
    Error::new(ErrorKind::Unavailable)
        .retryable(true)
        .with_retry_after(Some(wait))
        .with_transport(TransportFault::DestinationUnavailable)
        .with_detail("The site has failed again and again, and is left alone for a while.")
}

fn too_late() -> Error {
    Error::new(ErrorKind::Timeout).retryable(true).with_detail("There was no time left to ask the site.")
}

#[cfg(test)]
mod tests;
