//! The time that a request has waited for sites. The rest of its duration is the gateway's own.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// The waits of one request. Concurrent waits count once.
#[derive(Debug, Default)]
pub(crate) struct Waits(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    /// The number of waits in progress.
    active: u32,
    /// The time from which at least one wait has been in progress; `None` while there is none.
    since: Option<Instant>,
    /// The total of the waits that have ended.
    finished: Duration,
}

/// A wait for a site. It ends when it is dropped.
#[derive(Debug)]
#[must_use = "a wait ends when it is dropped"]
pub struct Wait(Option<Arc<Waits>>);

impl Waits {
    /// Returns the total time, up to now, in which at least one wait was in progress.
    pub(crate) fn total(&self) -> Duration {
        let state = self.state();
        state.finished + state.since.map_or(Duration::ZERO, |since| since.elapsed())
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Wait {
    /// Starts a wait. Without a request it is not counted.
    pub(crate) fn start(waits: Option<Arc<Waits>>) -> Self {
        if let Some(waits) = &waits {
            let mut state = waits.state();
            state.active += 1;
            state.since.get_or_insert_with(Instant::now);
        }
        Self(waits)
    }
}

impl Drop for Wait {
    fn drop(&mut self) {
        let Some(waits) = &self.0 else { return };
        let mut state = waits.state();
        state.active = state.active.saturating_sub(1);
        if state.active == 0
            && let Some(since) = state.since.take()
        {
            state.finished += since.elapsed();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::time::{advance, sleep};

    fn wait(waits: &Arc<Waits>) -> Wait {
        Wait::start(Some(Arc::clone(waits)))
    }

    #[tokio::test(start_paused = true)]
    async fn concurrent_waits_count_once_and_gaps_do_not_count() {
        let seconds = Duration::from_secs;
        let waits = Arc::<Waits>::default();
        let request = async {
            let call = async |length: u64| {
                let _wait = wait(&waits);
                sleep(seconds(length)).await;
            };
            tokio::join!(call(3), call(5));
            advance(seconds(7)).await;
            call(2).await;
        };
        request.await;
        assert_eq!(waits.total(), seconds(7));
        drop(Wait::start(None));
        assert_eq!(waits.total(), seconds(7));
    }

    #[tokio::test(start_paused = true)]
    async fn wait_counts_while_in_progress_and_when_dropped() {
        let waits = Arc::<Waits>::default();
        let begun = wait(&waits);
        advance(Duration::from_secs(4)).await;
        assert_eq!(waits.total(), Duration::from_secs(4));
        drop(begun);
        advance(Duration::from_secs(4)).await;
        assert_eq!(waits.total(), Duration::from_secs(4));
    }
}
