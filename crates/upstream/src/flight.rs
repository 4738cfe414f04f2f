//! Coalesced work: several callers wait for work that runs once, such as a read of the site or a login.

use std::future::Future;

use polyhost_domain::{Error, ErrorKind, Result};
use tokio::sync::watch;
use tokio_util::task::TaskTracker;
use tracing::Instrument as _;

use crate::Scope;

/// Work in progress, or its outcome. Clones wait for the same work.
///
/// The work runs in a task of its own until it ends, even if no caller waits for it any more.
#[derive(Debug, Clone)]
pub struct Flight<T>(watch::Receiver<Option<Result<T>>>);

impl<T: Clone + Send + Sync + 'static> Flight<T> {
    /// Starts the work in its own task, in the current span and the current trace.
    pub fn start(tasks: &TaskTracker, work: impl Future<Output = Result<T>> + Send + 'static) -> Self {
        let (outcome, receiver) = watch::channel(None);
        let task = async move {
            let done = work.await;
            outcome.send_replace(Some(done));
        };
        tasks.spawn(Scope::current().trace_only().run(task).in_current_span());
        Self(receiver)
    }

    /// Returns whether the work has ended. A panic counts as an end.
    #[must_use]
    pub fn has_ended(&self) -> bool {
        self.0.borrow().is_some() || self.0.has_changed().is_err()
    }

    /// Waits for the outcome. Cancelling a caller stops its wait, but not the work.
    ///
    /// # Errors
    /// The error of the work; `Internal`, retryable, if it panicked.
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
    async fn flight_without_a_waiting_caller_still_ends() {
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
    async fn panicked_flight_is_an_internal_error_for_all() {
        let flight = Flight::<()>::start(&TaskTracker::new(), async { panic!("planned") });
        for waiter in [flight.clone(), flight.clone()] {
            let error = waiter.outcome().await.unwrap_err();
            assert_eq!((error.kind(), error.is_retryable()), (ErrorKind::Internal, true));
        }
        assert!(flight.has_ended());
    }
}
