//! Whose turn it is to ask a site: at the account's pace, in one line, and only so many at once.

use std::sync::Arc;
use std::time::Duration;

use polyhost_domain::{Error, ErrorKind, Origin};
use polyhost_state::Limiters;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, timeout_at};

use crate::Settings;
use crate::line::Line;
use crate::measure::{Level, Meter};
use crate::pace::Pace;
use crate::scope::caller;

/// What a caller who found no place is told to wait. Nobody knows when a body that flows will end.
const RETRY_AFTER: Duration = Duration::from_secs(1);
/// The most that stand in line for an account, however much time they have.
const LONGEST_LINE: usize = 1024;

/// The turns of one account.
pub(crate) struct Turns {
    line: Line,
    pace: Pace,
    places: Arc<Semaphore>,
}

/// A turn: a place among the requests under way, which is free again when this is dropped.
pub(crate) struct Turn {
    _place: OwnedSemaphorePermit,
    _counted: Level,
}

impl Turns {
    pub(crate) fn new(origin: &Origin, settings: &Settings, limiters: Arc<dyn Limiters>) -> Self {
        let most = usize::try_from(settings.max_concurrency).unwrap_or(usize::MAX).min(Semaphore::MAX_PERMITS);
        let pace = Pace::new(origin, settings, limiters);
        Self { line: Line::default(), pace, places: Arc::new(Semaphore::new(most)) }
    }

    /// How often the account asks.
    pub(crate) fn pace(&self) -> &Pace {
        &self.pace
    }

    /// A turn, when it comes: first come, first served, and callers by turns.
    ///
    /// # Errors
    /// - `Overloaded`, retryable: it does not come until `latest`. Told at once where that is known beforehand.
    /// - `RateLimited`, retryable: the site has asked to be left alone for longer than is waited for.
    pub(crate) async fn take(&self, latest: Instant, meter: &Meter) -> Result<Turn, Error> {
        self.admit(latest)?;
        let waiting = meter.waiting();
        let turn = timeout_at(latest, self.wait()).await;
        drop(waiting);
        match turn {
            Ok(Ok(place)) => Ok(Turn { _place: place, _counted: meter.in_flight() }),
            // Nobody closes it.
            Ok(Err(_)) => Err(Error::new(ErrorKind::Internal)),
            // It may have begun to want to be left alone meanwhile.
            Err(_) => {
                self.admit(latest)?;
                let detail = "As many requests of the account as may be are under way already, and none has ended.";
                Err(overloaded(RETRY_AFTER).with_detail(detail))
            }
        }
    }

    /// Refuses whoever would wait in vain.
    fn admit(&self, latest: Instant) -> Result<(), Error> {
        if let Some(left) = self.pace.quiet(latest) {
            return Err(Pace::left_alone(left));
        }
        let (ahead, length) = self.line.ahead_of(&caller());
        let wait = self.pace.wait_behind(ahead);
        if length >= LONGEST_LINE || Instant::now() + wait > latest {
            let detail = "More is asked of the account than its site may be asked in the time that there is.";
            return Err(overloaded(wait.max(RETRY_AFTER)).with_detail(detail));
        }
        Ok(())
    }

    async fn wait(&self) -> Result<OwnedSemaphorePermit, tokio::sync::AcquireError> {
        let _front = match self.line.join(caller()) {
            Ok(front) => front,
            Err(behind) => behind.front().await,
        };
        let place = Arc::clone(&self.places).acquire_owned().await?;
        self.pace.keep().await;
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
    async fn a_place_is_free_again_when_its_request_ends_and_nobody_waits_for_ever() {
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
    async fn who_cannot_be_served_in_time_is_told_at_once_and_all_others_are_served() {
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
            Scope::of_request(Arc::from(name), None).run(async move {
                turns.take(latest, meter).await.unwrap();
                name
            })
        };
        let mut all: FuturesUnordered<_> = std::iter::repeat_n("greedy", 50).chain(["modest"]).map(ask).collect();
        let mut before = 0;
        while all.next().await != Some("modest") {
            before += 1;
        }
        assert!(before <= 3, "{before} of the others' came first");
    }

    #[tokio::test(start_paused = true)]
    async fn who_leaves_the_line_holds_up_nobody() {
        let (turns, meter) = turns(&Settings { requests_per_second: 1.0, burst: 1, ..Settings::default() });
        turns.take(within(60), &meter).await.unwrap();
        let impatient = timeout_at(within(0), turns.take(within(60), &meter)).await;
        assert!(impatient.is_err());
        let began = Instant::now();
        turns.take(within(60), &meter).await.unwrap();
        assert!(began.elapsed() <= Duration::from_secs(1));
    }
}
