//! The only retry loop. It also derives the health of the site from each attempt.

use std::time::Duration;

use polyhost_domain::{Error, ErrorKind, Result, TransportFault};
use rand::random_range;
use tokio::time::{Instant, sleep};

use crate::addresses::Address;
use crate::circuit::{Health, Pass};
use crate::pace::LONGEST_WAIT;
use crate::secret_url::Source;
use crate::turns::Turn;
use crate::{Call, CallKind, Client, Refusal, measure, scope};

/// The longest wait before the first retry. It doubles before each further retry.
const FIRST_BACK_OFF: Duration = Duration::from_millis(200);
/// The longest wait before any retry.
const LONGEST_BACK_OFF: Duration = Duration::from_secs(2);

/// An adapter's error type, from which the retry loop can get the site's error.
pub trait Verdict: From<Error> {
    /// Returns the error that the site has answered with. `None` means that the site works, but demands another step
    /// first, such as a login.
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

/// One attempt that may start.
pub(crate) struct Attempt {
    /// Its turn among the account's requests.
    pub(crate) turn: Turn,
    /// The longest time that it may take.
    pub(crate) limit: Duration,
    /// The number of attempts before it.
    pub(crate) resends: u32,
}

impl Client {
    /// Makes attempts at a request until one succeeds, or another would not help. Each attempt waits for the account's
    /// turn and pace, and needs a pass of the circuit breaker. All share the operation's deadline.
    pub(crate) async fn attempts<T, E: Verdict, F: Future<Output = std::result::Result<T, E>>>(
        &self,
        call: &Call,
        attempt: impl Fn(Attempt) -> F,
    ) -> std::result::Result<T, E> {
        let deadline = call.deadline.unwrap_or_else(|| self.deadline());
        let address = self.address(&call.url);
        address.record_request();
        let (mut retries, mut last) = (0, None::<E>);
        loop {
            let (pass, begun) = match self.begin(call, &address, deadline, retries).await {
                Ok(begun) => begun,
                // The error of the previous attempt is more informative.
                Err(error) => return Err(last.unwrap_or_else(|| error.into())),
            };
            // On the heap, because the future is large, and each future that awaits it would be as large.
            let error = match Box::pin(attempt(begun)).await {
                Ok(done) => {
                    pass.report(Health::Works);
                    return Ok(done);
                }
                Err(error) => error,
            };
            self.learn(call, &address, pass, error.error());
            let Some(wait) = self.wait_before(retries, call, error.error(), deadline) else { return Err(error) };
            let is_allowed = address.take_retry();
            measure::retry(&self.origin().provider, call.operation, is_allowed);
            if !is_allowed {
                return Err(error);
            }
            (retries, last) = (retries + 1, Some(error));
            let _wait = scope::wait();
            sleep(wait).await;
        }
    }

    /// Prepares an attempt: checks the call and the circuit, and waits for a turn.
    async fn begin(&self, call: &Call, address: &Address, deadline: Instant, resends: u32) -> Result<(Pass, Attempt)> {
        let at_site = |error: Error| error.at(&self.origin().provider, call.operation);
        self.check_call(call)?;
        // A request that the circuit rejects needs no turn.
        address.circuit.rejects_for().map_or(Ok(()), |wait| Err(at_site(circuit_open(wait))))?;
        let left = deadline.saturating_duration_since(Instant::now());
        // Reserves time for the attempt itself: a turn that leaves no time for an answer is useless.
        let latest = deadline - self.settings().attempt_timeout.min(left / 2);
        let turn = self.turn(latest).await.map_err(at_site)?;
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(at_site(too_late()));
        }
        let pass = address.circuit.enter(self.settings()).map_err(|wait| at_site(circuit_open(wait)))?;
        // The caller's request may have ended while this write waited. Then the write must not be sent.
        self.pass_write_gate(call)?;
        Ok((pass, Attempt { turn, limit: self.settings().attempt_timeout.min(left), resends }))
    }

    async fn turn(&self, latest: Instant) -> Result<Turn> {
        let _wait = scope::wait();
        self.turns().take(latest, self.meter()).await
    }

    /// Reports a failed attempt to the circuit and the pace. Informs the other replicas of an opened circuit and of a
    /// new complaint. An attempt that shows nothing about the site leaves the circuit unchanged.
    fn learn(&self, call: &Call, address: &Address, pass: Pass, error: Option<&Error>) {
        if let Some(health) = observed_health(error)
            && pass.report(health)
        {
            self.hints().circuit_opened(&address.circuit, self.settings().circuit_open);
        }
        // A file's server may belong to a third party. Its limits are not those of the site's API, so they do not slow
        // the account down; the caller gets the error.
        let of_the_api = error.filter(|_| call.url.source() == Source::Configured);
        if let Some(error) = of_the_api.filter(|error| is_complaint(error)) {
            let pause = error.retry_after().filter(|wait| *wait > LONGEST_WAIT);
            if self.turns().pace().slow_down(pause) {
                self.hints().site_complained(self.origin(), pause);
            }
        }
    }

    /// Returns the wait before the next attempt; `None` if there is none.
    fn wait_before(&self, retries: u32, call: &Call, error: Option<&Error>, deadline: Instant) -> Option<Duration> {
        let error = error.filter(|error| retries < self.settings().retries && may_be_sent_again(call.kind, error))?;
        // Without an answer, `retry_after` is our own default and not the site's.
        let asked = error.retry_after().filter(|_| is_answered(error)).unwrap_or_default();
        let wait = back_off(retries).max(asked);
        (asked <= LONGEST_WAIT && Instant::now() + wait < deadline).then_some(wait)
    }
}

/// Returns a random wait up to the limit ("full jitter"), so that requests that failed together are retried one by one.
fn back_off(retries: u32) -> Duration {
    let most = FIRST_BACK_OFF.saturating_mul(2_u32.saturating_pow(retries)).min(LONGEST_BACK_OFF);
    random_range(Duration::ZERO..=most)
}

/// Returns whether a request may be retried: a read after each transient failure, a write only if no byte of it was
/// sent.
fn may_be_sent_again(kind: CallKind, error: &Error) -> bool {
    let transient = match (kind, error.kind()) {
        (_, ErrorKind::Unavailable) => true,
        // A redirect is permanent for our purpose: the next attempt would get the same one.
        (CallKind::Read, ErrorKind::InvalidResponse) => !concerns_this_request(error) && !has_moved(error),
        (CallKind::Read, ErrorKind::Timeout | ErrorKind::SiteFailed | ErrorKind::RateLimited) => true,
        _ => false,
    };
    transient && error.is_retryable()
}

/// Returns whether the site works, as far as a failed attempt shows it. `None` if the attempt failed on our side: the
/// caller's body ended early, or the address is prohibited.
fn observed_health(error: Option<&Error>) -> Option<Health> {
    match error {
        Some(error) if opens_the_circuit(error) => Some(Health::Fails),
        Some(error) => is_answered(error).then_some(Health::Works),
        // The site has answered, and demands another step first.
        None => Some(Health::Works),
    }
}

/// Returns whether an error is a fault of the site, and not of the credentials, the request or one file.
fn opens_the_circuit(error: &Error) -> bool {
    match error.kind() {
        ErrorKind::Unavailable | ErrorKind::Timeout => true,
        ErrorKind::InvalidResponse | ErrorKind::OutcomeUnknown => !concerns_this_request(error) && !has_moved(error),
        ErrorKind::SiteFailed => statuses(error).any(|status| status >= 500),
        _ => false,
    }
}

/// Returns whether the error concerns this request only: the answer is too large, or its address is prohibited. The
/// answers to other requests may be fine.
fn concerns_this_request(error: &Error) -> bool {
    matches!(error.transport(), Some(TransportFault::ResponseTooLarge | TransportFault::DestinationProhibited))
}

/// Returns whether the answer is a redirect. The next request would get the same one.
fn has_moved(error: &Error) -> bool {
    error.answer().and_then(|answer| answer.http_status).is_some_and(|status| (300..400).contains(&status))
}

/// Returns whether a site complains about the pace of the requests.
fn is_complaint(error: &Error) -> bool {
    let is_limit = error.kind() == ErrorKind::RateLimited && is_answered(error);
    is_limit || statuses(error).any(|status| matches!(status, 429 | 509))
}

fn is_answered(error: &Error) -> bool {
    error.answer().is_some_and(|answer| answer.http_status.is_some())
}

/// Returns the statuses of an answer: its HTTP status, and the status in its body if that is a number.
fn statuses(error: &Error) -> impl Iterator<Item = u16> {
    let answer = error.answer();
    let inside = answer.and_then(|answer| answer.status.as_deref()?.parse().ok());
    answer.and_then(|answer| answer.http_status).into_iter().chain(inside)
}

fn circuit_open(wait: Duration) -> Error {
    Error::new(ErrorKind::Unavailable)
        .retryable(true)
        .with_retry_after(Some(wait))
        .with_transport(TransportFault::DestinationUnavailable)
        .with_detail("The site has failed repeatedly, so requests to it are paused for a while.")
}

fn too_late() -> Error {
    Error::new(ErrorKind::Timeout).retryable(true).with_detail("No time was left to send the request to the site.")
}

#[cfg(test)]
mod tests;
