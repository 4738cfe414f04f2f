//! What goes on on one connection: how many of its requests are under way, since when none is, and what speaks against
//! the head that is being read. A request is under way until both its own body and its answer's are done with.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::time::{Instant, sleep, sleep_until};

use super::head::Ambiguity;

/// What goes on on one connection.
#[derive(Debug)]
pub(super) struct Activity {
    under_way: AtomicUsize,
    begun: AtomicU64,
    changed: Mutex<Instant>,
    ambiguity: Mutex<Option<Ambiguity>>,
}

/// A request that is under way until this is dropped.
#[derive(Debug)]
pub(super) struct UnderWay(Arc<Activity>);

impl Activity {
    pub(super) fn new() -> Arc<Self> {
        Arc::new(Self {
            under_way: AtomicUsize::new(0),
            begun: AtomicU64::new(0),
            changed: Mutex::new(Instant::now()),
            ambiguity: Mutex::default(),
        })
    }

    /// Begins a request, and says what speaks against its head.
    pub(super) fn begin(self: &Arc<Self>) -> (Arc<UnderWay>, Option<Ambiguity>) {
        self.under_way.fetch_add(1, Ordering::SeqCst);
        self.begun.fetch_add(1, Ordering::SeqCst);
        let ambiguity = self.ambiguity.lock().unwrap_or_else(PoisonError::into_inner).take();
        (Arc::new(UnderWay(Arc::clone(self))), ambiguity)
    }

    /// How many requests have ever begun.
    pub(super) fn begun(&self) -> u64 {
        self.begun.load(Ordering::SeqCst)
    }

    /// Whether no request is under way.
    pub(super) fn is_idle(&self) -> bool {
        self.under_way.load(Ordering::SeqCst) == 0
    }

    /// Notes what speaks against the head of the next request.
    pub(super) fn object(&self, ambiguity: Ambiguity) {
        *self.ambiguity.lock().unwrap_or_else(PoisonError::into_inner) = Some(ambiguity);
    }

    /// Counts anew from now.
    pub(super) fn touch(&self) {
        *self.changed.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
    }

    /// Resolves when no request has been under way for so long.
    pub(super) async fn idle_for(&self, patience: Duration) {
        loop {
            if !self.is_idle() {
                sleep(patience).await;
                continue;
            }
            let until = *self.changed.lock().unwrap_or_else(PoisonError::into_inner) + patience;
            if self.is_idle() && Instant::now() >= until {
                return;
            }
            sleep_until(until).await;
        }
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.0.touch();
        self.0.under_way.fetch_sub(1, Ordering::SeqCst);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATIENCE: Duration = Duration::from_secs(10);

    #[tokio::test(start_paused = true)]
    async fn a_connection_is_idle_from_the_end_of_its_last_request() {
        let (activity, start) = (Activity::new(), Instant::now());
        let (request, _) = activity.begin();
        let ends = async {
            sleep(Duration::from_secs(25)).await;
            drop(request);
        };
        tokio::join!(activity.idle_for(PATIENCE), ends);
        assert_eq!(start.elapsed(), Duration::from_secs(35));
    }

    #[tokio::test(start_paused = true)]
    async fn a_connection_without_any_request_is_idle_from_its_beginning() {
        let (activity, start) = (Activity::new(), Instant::now());
        activity.idle_for(PATIENCE).await;
        assert_eq!(start.elapsed(), PATIENCE);
    }
}
