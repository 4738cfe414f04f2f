//! Turns: the writes of one user that are checked first, one after the other.
//!
//! Two such writes side by side could each falsify the other's check: two folders, each moved below the other. A turn is
//! a lease of the shared state, so that several processes can keep to it; callers of this process queue in front of it.

use std::sync::Arc;
use std::time::Duration;

use polyhost_state::{Lease, Leases, StateError};
use polyhost_upstream::wait;
use tokio::sync::{Mutex, OwnedMutexGuard};
use tokio::time::{Instant, sleep, timeout, timeout_at};

use super::overloaded;
use crate::problem::Problem;

/// How long a lease lives whose holder is gone.
const LIFE: Duration = Duration::from_secs(30);
/// How often a holder renews it.
const RENEWAL: Duration = Duration::from_secs(10);
/// How often a lease of another process is looked at.
const POLL: Duration = Duration::from_millis(50);

/// The turns of one user.
pub(crate) struct Turns {
    leases: Arc<dyn Leases>,
    name: String,
    queue: Arc<Mutex<()>>,
}

impl Turns {
    pub(crate) fn new(leases: Arc<dyn Leases>, user: &str) -> Self {
        Self { leases, name: format!("structure/{user}"), queue: Arc::default() }
    }

    /// Does some work in a turn of its own.
    ///
    /// # Errors
    /// `overloaded` when the turn has not come by `until`, `internal` where the shared state cannot be reached. Nothing
    /// of the work is done then.
    pub(crate) async fn run<T>(&self, until: Instant, work: impl Future<Output = T>) -> Result<T, Problem> {
        let mut turn = timeout_at(until, self.take()).await.map_err(|_| overloaded())?.map_err(unreachable)?;
        let done = turn.renewed_during(work).await;
        turn.end().await;
        Ok(done)
    }

    async fn take(&self) -> Result<Turn, StateError> {
        let _waiting = wait();
        let queue = Arc::clone(&self.queue).lock_owned().await;
        loop {
            if let Some(lease) = self.leases.acquire(&self.name, LIFE).await? {
                return Ok(Turn { leases: Arc::clone(&self.leases), held: Some((lease, queue)) });
            }
            sleep(POLL).await;
        }
    }
}

/// A turn that has come. The place in the queue is given up after the lease.
struct Turn {
    leases: Arc<dyn Leases>,
    held: Option<(Lease, OwnedMutexGuard<()>)>,
}

impl Turn {
    async fn renewed_during<T>(&mut self, work: impl Future<Output = T>) -> T {
        let mut work = std::pin::pin!(work);
        loop {
            if let Ok(done) = timeout(RENEWAL, &mut work).await {
                return done;
            }
            if let Some((lease, _)) = &self.held
                && !matches!(self.leases.renew(lease, LIFE).await, Ok(true))
            {
                tracing::warn!("the lease of a checked write could not be renewed");
            }
        }
    }

    async fn end(mut self) {
        if let Some(held) = self.held.take() {
            release(&*self.leases, held).await;
        }
    }
}

impl Drop for Turn {
    /// Ends the turn of a write that was cancelled.
    fn drop(&mut self) {
        if let (Some(held), Ok(runtime)) = (self.held.take(), tokio::runtime::Handle::try_current()) {
            let leases = Arc::clone(&self.leases);
            runtime.spawn(async move { release(&*leases, held).await });
        }
    }
}

async fn release(leases: &dyn Leases, (lease, queue): (Lease, OwnedMutexGuard<()>)) {
    if let Err(error) = leases.release(lease).await {
        tracing::warn!(error = &error as &dyn std::error::Error, "a lease was not released and ends by itself");
    }
    drop(queue);
}

fn unreachable(error: StateError) -> Problem {
    tracing::error!(error = &error as &dyn std::error::Error, "the lease of a checked write could not be acquired");
    Problem::internal().retryable()
}

#[cfg(test)]
mod tests {
    use polyhost_state::State;

    use super::*;
    use crate::problem::Code;

    fn soon() -> Instant {
        Instant::now() + Duration::from_secs(10)
    }

    #[tokio::test(start_paused = true)]
    async fn turns_of_two_processes_never_overlap() {
        let state = State::in_memory();
        let [one, two] = [(), ()].map(|()| Turns::new(Arc::clone(&state.leases), "u"));
        let at_work = std::sync::atomic::AtomicBool::new(false);
        let work = async || {
            use std::sync::atomic::Ordering::SeqCst;
            assert!(!at_work.swap(true, SeqCst));
            sleep(Duration::from_secs(1)).await;
            at_work.store(false, SeqCst);
        };
        let (a, b, c) = tokio::join!(one.run(soon(), work()), two.run(soon(), work()), one.run(soon(), work()));
        assert!(a.is_ok() && b.is_ok() && c.is_ok());
    }

    #[tokio::test(start_paused = true)]
    async fn long_turn_keeps_its_lease_and_others_are_overloaded() {
        let state = State::in_memory();
        let [one, two] = [(), ()].map(|()| Turns::new(Arc::clone(&state.leases), "u"));
        let long = one.run(soon(), sleep(LIFE * 3));
        let late = async {
            sleep(LIFE * 2).await;
            two.run(soon(), async {}).await.unwrap_err()
        };
        let (done, problem) = tokio::join!(long, late);
        assert!(done.is_ok());
        assert_eq!((problem.code(), problem.is_retryable()), (Code::Overloaded, true));
    }

    #[tokio::test(start_paused = true)]
    async fn cancelled_turn_is_given_back() {
        let turns = Turns::new(State::in_memory().leases, "u");
        let cancelled = timeout(Duration::from_millis(1), turns.run(soon(), std::future::pending::<()>())).await;
        assert!(cancelled.is_err());
        assert!(turns.run(Instant::now() + Duration::from_millis(200), async {}).await.is_ok());
    }
}
