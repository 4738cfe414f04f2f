//! The turns of an account's requests: one queue, the account's pace, and a limit on requests in flight.

use std::sync::Arc;
use std::time::Duration;

use polyhost_domain::{Error, ErrorKind, Origin};
use polyhost_state::Limiters;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, timeout_at};

use crate::Settings;
use crate::measure::{Level, Meter};
use crate::pace::Pace;
use crate::queue::Queue;
use crate::scope::caller;

/// The minimum `Retry-After` of an overloaded account. The end of a transfer in flight cannot be predicted.
const RETRY_AFTER: Duration = Duration::from_secs(1);
/// The maximum number of requests in the queue of an account, even if they have time to wait longer.
const LONGEST_QUEUE: usize = 1024;

/// The turns of one account.
pub(crate) struct Turns {
    queue: Queue,
    pace: Arc<Pace>,
    places: Arc<Semaphore>,
}

/// A turn: one of the account's places for requests in flight. Dropping it frees the place.
pub(crate) struct Turn {
    _place: OwnedSemaphorePermit,
    _counted: Level,
}

impl Turns {
    pub(crate) fn new(origin: &Origin, settings: &Settings, limiters: Arc<dyn Limiters>) -> Self {
        let most = usize::try_from(settings.max_concurrency).unwrap_or(usize::MAX).min(Semaphore::MAX_PERMITS);
        let pace = Arc::new(Pace::new(origin, settings, limiters));
        Self { queue: Queue::default(), pace, places: Arc::new(Semaphore::new(most)) }
    }

    /// Returns the pace of the account.
    pub(crate) fn pace(&self) -> &Arc<Pace> {
        &self.pace
    }

    /// Waits for a turn. Callers alternate; the requests of one caller are served in order.
    ///
    /// # Errors
    /// - `Overloaded`, retryable: there is no turn until `latest`. Returned at once if that can be predicted.
    /// - `RateLimited`, retryable: the site has requested a pause that is too long to be waited for.
    pub(crate) async fn take(&self, latest: Instant, meter: &Meter) -> Result<Turn, Error> {
        self.admit(latest)?;
        let waiting = meter.waiting();
        let turn = timeout_at(latest, self.wait()).await;
        drop(waiting);
        match turn {
            Ok(Ok(place)) => Ok(Turn { _place: place, _counted: meter.in_flight() }),
            // The semaphore is never closed.
            Ok(Err(_)) => Err(Error::new(ErrorKind::Internal)),
            // The site may have requested a pause in the meantime; that error is more precise.
            Err(_) => {
                self.admit(latest)?;
                let detail = "Too many requests of the account are under way. Try again later.";
                Err(overloaded(RETRY_AFTER).with_detail(detail))
            }
        }
    }

    /// Rejects a request whose turn would begin after its deadline.
    fn admit(&self, latest: Instant) -> Result<(), Error> {
        if let Some(left) = self.pace.quiet(latest) {
            return Err(Pace::quiet_error(left));
        }
        let (ahead, length) = self.queue.ahead_of(&caller());
        let wait = self.pace.wait_behind(ahead);
        if length >= LONGEST_QUEUE || Instant::now() + wait > latest {
            let detail = "The account has more requests than its request rate allows. Try again later.";
            return Err(overloaded(wait.max(RETRY_AFTER)).with_detail(detail));
        }
        Ok(())
    }

    async fn wait(&self) -> Result<OwnedSemaphorePermit, tokio::sync::AcquireError> {
        let _front = match self.queue.join(caller()) {
            Ok(front) => front,
            Err(waiter) => waiter.front().await,
        };
        let place = Arc::clone(&self.places).acquire_owned().await?;
        self.pace.wait().await;
        Ok(place)
    }
}

fn overloaded(wait: Duration) -> Error {
    Error::new(ErrorKind::Overloaded).retryable(true).with_retry_after(Some(wait))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Scope;
    use crate::trace::TracePosition;
    use futures_util::future::join_all;
    use futures_util::stream::{FuturesUnordered, StreamExt as _};
    use polyhost_state::State;

    fn turns(settings: &Settings) -> (Turns, Meter) {
        let origin = Origin { account: "main".parse().unwrap(), provider: "site".parse().unwrap() };
        let turns = Turns::new(&origin, settings, State::in_memory().limiters);
        (turns, Meter::new(&origin.provider))
    }

    fn within(seconds: u64) -> Instant {
        Instant::now() + Duration::from_secs(seconds)
    }

    #[tokio::test(start_paused = true)]
    async fn wait_for_a_place_ends_with_the_deadline_or_a_drop() {
        let (turns, meter) = turns(&Settings { max_concurrency: 1, ..Settings::default() });
        let held = turns.take(within(1), &meter).await.unwrap();
        let began = Instant::now();
        let error = turns.take(within(1), &meter).await.err().unwrap();
        assert_eq!((error.kind(), error.is_retryable()), (ErrorKind::Overloaded, true));
        assert_eq!(began.elapsed(), Duration::from_secs(1));
        drop(held);
        assert!(turns.take(within(1), &meter).await.is_ok());
    }

    #[tokio::test(start_paused = true)]
    async fn requests_that_would_be_late_are_rejected_at_once() {
        let (turns, meter) = turns(&Settings { requests_per_second: 10.0, burst: 10, ..Settings::default() });
        let (began, latest) = (Instant::now(), within(2));
        let all = join_all((0..100).map(|_| async {
            let served = turns.take(latest, &meter).await.is_ok();
            (served, began.elapsed())
        }));
        let all = all.await;
        let served: Vec<_> = all.iter().filter(|(served, _)| *served).collect();
        assert!((30..=31).contains(&served.len()), "the burst and two seconds' worth: {}", served.len());
        assert!(all.iter().all(|(served, when)| *served || when.is_zero()), "{all:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn callers_of_one_account_take_turns() {
        let (turns, meter) = turns(&Settings { requests_per_second: 10.0, burst: 1, ..Settings::default() });
        let (turns, meter) = (&turns, &meter);
        let latest = within(60);
        let ask = |name: &'static str| {
            Scope::of_request(Arc::from(name), None, TracePosition::default()).run(async move {
                turns.take(latest, meter).await.unwrap();
                name
            })
        };
        let mut all: FuturesUnordered<_> = std::iter::repeat_n("greedy", 50).chain(["modest"]).map(ask).collect();
        let mut before = 0;
        while all.next().await != Some("modest") {
            before += 1;
        }
        assert!(before <= 3, "{before} requests of the other caller came first");
    }

    #[tokio::test(start_paused = true)]
    async fn cancelled_request_delays_no_other() {
        let (turns, meter) = turns(&Settings { requests_per_second: 1.0, burst: 1, ..Settings::default() });
        turns.take(within(60), &meter).await.unwrap();
        let impatient = timeout_at(within(0), turns.take(within(60), &meter)).await;
        assert!(impatient.is_err());
        let began = Instant::now();
        turns.take(within(60), &meter).await.unwrap();
        assert!(began.elapsed() <= Duration::from_secs(1));
    }
}
