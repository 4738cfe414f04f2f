//! The progress of a request: which site it calls and which changes are confirmed. A timeout response reports it.

use std::time::Duration;

use polyhost_domain::{ProviderId, TransportFault};
use polyhost_upstream::Scope;
use tokio::time::{Instant, timeout_at};

use crate::problem::{Code, Problem};

/// The share of a request's time that is reserved for its response after its change is done: one tenth.
const RESPONSE_SHARE: u32 = 10;

/// The longest time that a request without a time limit waits for other writes.
const MAX_WAIT: Duration = Duration::from_secs(30);

/// Returns the time from which a request must respond without optional reads, if its response is due after `limit`.
#[must_use]
pub fn skip_optional_from(limit: Duration) -> Instant {
    Instant::now() + (limit - limit / RESPONSE_SHARE)
}

/// Returns the problem of a request that has timed out.
///
/// If no write was sent, this also prevents later writes, so the request may be sent again. Otherwise the outcome of
/// the write in progress is unknown, and the problem names the fields that earlier writes have changed.
#[must_use]
pub fn overdue(request: &Scope) -> Problem {
    let problem = if request.close_to_writes() {
        let detail = "The site did not answer in time. Nothing was changed; send the request again.";
        Problem::new(Code::UpstreamTimeout, detail).retryable()
    } else {
        let detail =
            "The site did not answer in time. The change may have been made; check before you send the request again.";
        Problem::new(Code::OutcomeUnknown, detail).applied(&request.applied())
    };
    match request.provider() {
        Some(provider) => problem.caused_on_the_way_to(&provider, TransportFault::ResponseTimeout),
        None => problem,
    }
}

/// Runs an optional read that improves the response to a change. Returns `None` if the time for it runs out.
pub(crate) async fn in_time<T>(read: impl Future<Output = Option<T>>) -> Option<T> {
    match Scope::current().skip_optional_from() {
        Some(skip_optional_from) => timeout_at(skip_optional_from, read).await.ok().flatten(),
        None => read.await,
    }
}

/// Returns the time until which a write may wait for other writes before it starts.
pub(crate) fn deadline() -> Instant {
    Scope::current().skip_optional_from().unwrap_or_else(|| Instant::now() + MAX_WAIT)
}

/// Records that the request is about to call a site.
pub fn asks(provider: &ProviderId) {
    Scope::current().note_provider(provider);
}

/// Records that a site has confirmed the change of a field.
pub(crate) fn applied(field: &'static str) {
    Scope::current().note_applied(field);
}
