//! Work that several callers wait for and that is done once: a read of the site, a login.

use std::future::Future;

use polyhost_domain::{Error, ErrorKind, Result};
use tokio::sync::watch;
use tokio_util::task::TaskTracker;
use tracing::Instrument as _;

/// Work under way, and then its outcome. Clones wait for the same work.
///
/// A task of its own drives the work to its end, whether or not a caller still waits for it.
#[derive(Debug, Clone)]
pub struct Flight<T>(watch::Receiver<Option<Result<T>>>);

impl<T: Clone + Send + Sync + 'static> Flight<T> {
    /// Starts the work in a task of its own, in the current span.
    pub fn start(tasks: &TaskTracker, work: impl Future<Output = Result<T>> + Send + 'static) -> Self {
        let (outcome, receiver) = watch::channel(None);
        let task = async move {
            let done = work.await;
            outcome.send_replace(Some(done));
        };
        tasks.spawn(task.in_current_span());
        Self(receiver)
    }

    /// Whether the work has ended, also by a panic.
    #[must_use]
    pub fn has_ended(&self) -> bool {
        self.0.borrow().is_some() || self.0.has_changed().is_err()
    }

    /// Waits for the outcome. A caller that is cancelled stops waiting; the work goes on.
    ///
    /// # Errors
    /// The work's own; `Internal`, retryable, if it panicked.
    pub async fn outcome(mut self) -> Result<T> {
        let panicked = || Error::new(ErrorKind::Internal).retryable(true);
        match self.0.wait_for(Option::is_some).await {
            Ok(outcome) => outcome.clone().unwrap_or_else(|| Err(panicked())),
            Err(closed) => Err(panicked().with_source(closed)),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::time::{sleep, timeout};

    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[tokio::test(start_paused = true)]
    async fn flight_ends_without_a_caller_that_waits() {
        let tasks = TaskTracker::new();
        let flight = Flight::start(&tasks, async {
            sleep(SECOND).await;
            Ok(7)
        });
        assert!(timeout(SECOND / 2, flight.clone().outcome()).await.is_err());
        assert!(!flight.has_ended());
        sleep(SECOND).await;
        assert!(flight.has_ended());
        assert_eq!(flight.outcome().await.unwrap(), 7);
    }

    #[tokio::test]
    async fn flight_that_panics_is_an_internal_error_for_all() {
        let flight = Flight::<()>::start(&TaskTracker::new(), async { panic!("planned") });
        for waiter in [flight.clone(), flight.clone()] {
            let error = waiter.outcome().await.unwrap_err();
            assert_eq!((error.kind(), error.is_retryable()), (ErrorKind::Internal, true));
        }
        assert!(flight.has_ended());
    }
}
