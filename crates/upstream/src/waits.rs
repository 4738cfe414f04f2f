//! How long a request has waited for sites. The rest of its time is the gateway's own.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// The waits of one request. Waits side by side count once.
#[derive(Debug, Default)]
pub(crate) struct Waits(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    under_way: u32,
    /// Since when at least one has been under way.
    since: Option<Instant>,
    over: Duration,
}

/// A wait, until it is dropped.
#[derive(Debug)]
#[must_use = "a wait ends when it is dropped"]
pub struct Wait(Option<Arc<Waits>>);

impl Waits {
    /// How long at least one wait has been under way, up to now.
    pub(crate) fn total(&self) -> Duration {
        let state = self.state();
        state.over + state.since.map_or(Duration::ZERO, |since| since.elapsed())
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Wait {
    /// Starts a wait. For no request, it is not counted.
    pub(crate) fn start(waits: Option<Arc<Waits>>) -> Self {
        if let Some(waits) = &waits {
            let mut state = waits.state();
            state.under_way += 1;
            state.since.get_or_insert_with(Instant::now);
        }
        Self(waits)
    }
}

impl Drop for Wait {
    fn drop(&mut self) {
        let Some(waits) = &self.0 else { return };
        let mut state = waits.state();
        state.under_way = state.under_way.saturating_sub(1);
        if state.under_way == 0
            && let Some(since) = state.since.take()
        {
            state.over += since.elapsed();
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
    async fn waits_side_by_side_count_once_and_the_time_between_them_does_not() {
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
    async fn a_wait_counts_while_it_goes_on_and_where_it_is_given_up() {
        let waits = Arc::<Waits>::default();
        let begun = wait(&waits);
        advance(Duration::from_secs(4)).await;
        assert_eq!(waits.total(), Duration::from_secs(4));
        drop(begun);
        advance(Duration::from_secs(4)).await;
        assert_eq!(waits.total(), Duration::from_secs(4));
    }
}
