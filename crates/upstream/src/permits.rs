//! How many requests of an account may be under way at once: whoever comes first goes first.

use std::sync::Arc;
use std::time::Duration;

use polyhost_domain::{Error, ErrorKind};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, timeout_at};

use crate::measure::{Level, Meter};

/// What a caller who found no place is told to wait. Nobody knows when a body that flows will end.
const RETRY_AFTER: Duration = Duration::from_secs(1);

/// The places of an account.
#[derive(Debug)]
pub(crate) struct Permits(Arc<Semaphore>);

/// A place among the requests under way; free again when it is dropped.
pub(crate) struct Permit {
    _place: OwnedSemaphorePermit,
    _counted: Level,
}

impl Permits {
    pub(crate) fn new(most: u32) -> Self {
        Self(Arc::new(Semaphore::new(most as usize)))
    }

    /// A place, when it is this one's turn.
    ///
    /// # Errors
    /// `Overloaded`, retryable, where there is none until the deadline.
    pub(crate) async fn acquire(&self, deadline: Instant, meter: &Meter) -> Result<Permit, Error> {
        let waiting = meter.waiting();
        let place = timeout_at(deadline, Arc::clone(&self.0).acquire_owned()).await;
        drop(waiting);
        match place {
            Ok(Ok(place)) => Ok(Permit { _place: place, _counted: meter.in_flight() }),
            // Nobody closes it.
            Ok(Err(_)) => Err(Error::new(ErrorKind::Internal)),
            Err(_) => Err(Error::new(ErrorKind::Overloaded)
                .retryable(true)
                .with_retry_after(Some(RETRY_AFTER))
                .with_detail("As many requests of the account as may be are under way already, and none has ended.")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_place_is_free_again_when_its_request_ends_and_nobody_waits_for_ever() {
        let (permits, meter) = (Permits::new(1), Meter::new(&"site".parse().unwrap()));
        let moment = || Instant::now() + Duration::from_secs(1);
        let held = permits.acquire(moment(), &meter).await.unwrap();
        let error = permits.acquire(moment(), &meter).await.err().unwrap();
        assert_eq!((error.kind(), error.is_retryable()), (ErrorKind::Overloaded, true));
        drop(held);
        assert!(permits.acquire(moment(), &meter).await.is_ok());
    }
}
