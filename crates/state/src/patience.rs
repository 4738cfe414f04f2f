//! The time that a request may wait for the store, all of its calls together.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// The longest time that one request waits for the store, and that any call waits.
pub const PATIENCE: Duration = Duration::from_millis(50);

tokio::task_local! {
    static PATIENCE_LEFT: Patience;
}

/// The patience of some work.
///
/// The calls of a request share it: clones have one rest. In work that belongs to no request, such as a login, each
/// call has the whole patience. That is the default.
#[derive(Debug, Clone, Default)]
pub struct Patience(Option<Arc<AtomicU64>>);

impl Patience {
    /// Returns the patience of a new request.
    #[must_use]
    pub fn of_request() -> Self {
        Self::of(PATIENCE)
    }

    /// Returns a patience of this length, for work that may wait longer or shorter than a request.
    #[must_use]
    pub fn of(length: Duration) -> Self {
        Self(Some(Arc::new(AtomicU64::new(micros(length)))))
    }

    /// Returns the patience of the current work.
    #[must_use]
    pub fn current() -> Self {
        PATIENCE_LEFT.try_with(Self::clone).unwrap_or_default()
    }

    /// Runs a future whose calls share this patience.
    pub fn scope<F: Future>(self, future: F) -> impl Future<Output = F::Output> {
        PATIENCE_LEFT.scope(self, future)
    }

    /// Returns the time that the next call may wait.
    #[must_use]
    pub fn left(&self) -> Duration {
        self.0.as_ref().map_or(PATIENCE, |left| Duration::from_micros(left.load(Ordering::Relaxed)))
    }

    /// Subtracts the wait of a call.
    pub fn spend(&self, waited: Duration) {
        if let Some(left) = &self.0 {
            let rest = |left: u64| Some(left.saturating_sub(micros(waited)));
            let _ = left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, rest);
        }
    }
}

fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn calls_of_one_request_share_its_patience() {
        let request = Patience::of_request();
        request
            .clone()
            .scope(async {
                Patience::current().spend(Duration::from_millis(20));
                Patience::current().spend(Duration::from_millis(20));
                assert_eq!(Patience::current().left(), Duration::from_millis(10));
                Patience::current().spend(Duration::from_millis(20));
            })
            .await;

        assert_eq!(request.left(), Duration::ZERO);
    }

    #[test]
    fn each_call_outside_of_a_request_has_the_whole_patience() {
        Patience::current().spend(PATIENCE);
        assert_eq!(Patience::current().left(), PATIENCE);
    }
}
