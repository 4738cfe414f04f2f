//! How far a request has come, for the answer where its time is over before it is.

use std::time::Duration;

use polyhost_domain::{ProviderId, TransportFault};
use polyhost_upstream::Scope;
use tokio::time::{Instant, timeout_at};

use crate::problem::{Code, Problem};

/// The part of a request's time that is kept for its answer, once its change is done: one in so many.
const FOR_THE_ANSWER: u32 = 10;

/// How long a request without a time limit waits for other writes.
const MAX_WAIT: Duration = Duration::from_secs(30);

/// Returns when a request whose answer is due after `limit` leaves out what the answer does not need.
#[must_use]
pub fn hurry_at(limit: Duration) -> Instant {
    Instant::now() + (limit - limit / FOR_THE_ANSWER)
}

/// Returns the problem of a request whose time is over. If no write was sent, none will be, and the request may be sent
/// again; else the outcome of the write in progress is unknown, and the writes before it are named.
#[must_use]
pub fn overdue(request: &Scope) -> Problem {
    let problem = if request.close_to_writes() {
        Problem::new(Code::UpstreamTimeout, "The site took too long.").retryable()
    } else {
        let detail = "The site took too long; the change may have been made.";
        Problem::new(Code::OutcomeUnknown, detail).applied(&request.applied())
    };
    match request.provider() {
        Some(provider) => problem.caused_on_the_way_to(&provider, TransportFault::ResponseTimeout),
        None => problem,
    }
}

/// Finds out something that improves the answer to a change, if that can be done in the time that is left.
pub(crate) async fn in_time<T>(finding_out: impl Future<Output = Option<T>>) -> Option<T> {
    match Scope::current().hurry_at() {
        Some(hurry_at) => timeout_at(hurry_at, finding_out).await.ok().flatten(),
        None => finding_out.await,
    }
}

/// Returns until when a write may wait for others before it starts.
pub(crate) fn deadline() -> Instant {
    Scope::current().hurry_at().unwrap_or_else(|| Instant::now() + MAX_WAIT)
}

/// Notes that the request is about to ask a site.
pub fn asks(provider: &ProviderId) {
    Scope::current().note_provider(provider);
}

/// Notes that a site has confirmed the change of a field.
pub(crate) fn applied(field: &'static str) {
    Scope::current().note_applied(field);
}
