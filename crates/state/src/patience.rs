//! The time that one request may wait for the store, all of its calls together.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// The longest time that one request waits for the store.
pub const PATIENCE: Duration = Duration::from_millis(50);

tokio::task_local! {
    static PATIENCE_LEFT: Patience;
}

/// The rest of a request's patience. Clones share it, so that tasks of one request can share it, too.
#[derive(Debug, Clone)]
pub struct Patience(Arc<AtomicU64>);

impl Patience {
    /// Returns the whole patience, for a new request.
    #[must_use]
    pub fn new() -> Self {
        Self::of(PATIENCE)
    }

    /// Returns a patience of this length, for work that may wait longer or shorter than a request.
    #[must_use]
    pub fn of(length: Duration) -> Self {
        Self(Arc::new(AtomicU64::new(micros(length))))
    }

    /// Returns the patience of the current request. Work outside of a request has its own.
    #[must_use]
    pub fn current() -> Self {
        PATIENCE_LEFT.try_with(Self::clone).unwrap_or_default()
    }

    /// Runs a future whose calls share this patience.
    pub async fn scope<F: Future>(self, future: F) -> F::Output {
        PATIENCE_LEFT.scope(self, future).await
    }

    /// Returns the time that is left.
    #[must_use]
    pub fn left(&self) -> Duration {
        Duration::from_micros(self.0.load(Ordering::Relaxed))
    }

    /// Subtracts a wait.
    pub fn spend(&self, waited: Duration) {
        let _ =
            self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| Some(left.saturating_sub(micros(waited))));
    }
}

impl Default for Patience {
    fn default() -> Self {
        Self::new()
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
        let request = Patience::new();
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
        assert_eq!(Patience::current().left(), PATIENCE, "work outside of a request");
    }
}
