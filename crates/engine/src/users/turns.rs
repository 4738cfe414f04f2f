//! Turns: the writes of one user that are checked first, one after the other.
//!
//! Two such writes side by side could each falsify the other's check: two folders, each moved below the other. A turn is
//! a lease of the shared state, so that several processes can keep to it; callers of this process queue in front of it.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use polyhost_state::{Lease, Leases, StateError};
use polyhost_upstream::wait;
use tokio::runtime::Handle;
use tokio::sync::{Mutex, OwnedMutexGuard, oneshot};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep, timeout_at};

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
    /// A caller that is cancelled gives its turn back, or its place in the queue.
    ///
    /// # Errors
    /// `overloaded` when the turn has not come by `until`, `internal` where the shared state cannot be reached. Nothing
    /// of the work is done then.
    pub(crate) async fn run<T>(&self, until: Instant, work: impl Future<Output = T>) -> Result<T, Problem> {
        let turn = timeout_at(until, self.take()).await.map_err(|_| overloaded())??;
        let done = turn.renewed_during(work).await;
        turn.end().await;
        Ok(done)
    }

    /// Waits for a turn. The lease is acquired in a task of its own, since a cancelled call may have acquired it all the
    /// same.
    async fn take(&self) -> Result<Turn, Problem> {
        let _waiting = wait();
        let queue = Arc::clone(&self.queue).lock_owned().await;
        let (leases, name) = (Arc::clone(&self.leases), self.name.clone());
        let (mut caller, turn) = oneshot::channel();
        tokio::spawn(async move {
            let turn = loop {
                match leases.acquire(&name, LIFE).await {
                    Ok(Some(lease)) => break Ok(Turn { leases, held: Some((lease, queue)) }),
                    Ok(None) => {}
                    Err(error) => break Err(unreachable(&error)),
                }
                tokio::select! {
                    () = caller.closed() => return,
                    () = sleep(POLL) => {}
                }
            };
            // Nobody may take the turn any more. Then it ends as it is dropped.
            drop(caller.send(turn));
        });
        // The task always sends something, unless the runtime is shutting down.
        turn.await.unwrap_or_else(|_| Err(overloaded()))
    }
}

/// A turn that has come. The place in the queue is given up after the lease.
struct Turn {
    leases: Arc<dyn Leases>,
    held: Option<(Lease, OwnedMutexGuard<()>)>,
}

impl Turn {
    /// Does the work, and renews the lease beside it.
    async fn renewed_during<T>(&self, work: impl Future<Output = T>) -> T {
        tokio::select! {
            biased;
            done = work => done,
            never = self.keep_renewing() => match never {},
        }
    }

    async fn keep_renewing(&self) -> Infallible {
        loop {
            sleep(RENEWAL).await;
            if let Some((lease, _)) = &self.held
                && !matches!(self.leases.renew(lease, LIFE).await, Ok(true))
            {
                tracing::warn!("the lease of a checked write could not be renewed");
            }
        }
    }

    async fn end(mut self) {
        if let Some(releasing) = self.release() {
            // A release that panicked is in the log.
            let _ = releasing.await;
        }
    }

    /// Releases the lease in a task of its own, which a cancelled caller does not stop.
    fn release(&mut self) -> Option<JoinHandle<()>> {
        let (lease, queue) = self.held.take()?;
        let (leases, runtime) = (Arc::clone(&self.leases), Handle::try_current().ok()?);
        Some(runtime.spawn(async move {
            if let Err(error) = leases.release(lease).await {
                tracing::warn!(error = &error as &dyn std::error::Error, "a lease was not released and ends by itself");
            }
            drop(queue);
        }))
    }
}

impl Drop for Turn {
    /// Ends the turn of a write that was cancelled.
    fn drop(&mut self) {
        drop(self.release());
    }
}

fn unreachable(error: &StateError) -> Problem {
    tracing::error!(error = error as &dyn std::error::Error, "the lease of a checked write could not be acquired");
    Problem::internal().retryable()
}

#[cfg(test)]
mod tests {
    use async_trait::async_trait;
    use polyhost_state::State;
    use tokio::time::timeout;

    use super::*;
    use crate::problem::Code;

    /// A store that does at once what it is asked, and answers late.
    struct Slow {
        leases: Arc<dyn Leases>,
        acquire: Duration,
        renew: Duration,
        release: Duration,
    }

    impl Slow {
        fn new() -> Self {
            let (none, leases) = (Duration::ZERO, State::in_memory().leases);
            Self { leases, acquire: none, renew: none, release: none }
        }
    }

    #[async_trait]
    impl Leases for Slow {
        async fn acquire(&self, name: &str, life: Duration) -> Result<Option<Lease>, StateError> {
            let lease = self.leases.acquire(name, life).await;
            sleep(self.acquire).await;
            lease
        }

        async fn renew(&self, lease: &Lease, life: Duration) -> Result<bool, StateError> {
            let renewed = self.leases.renew(lease, life).await;
            sleep(self.renew).await;
            renewed
        }

        async fn release(&self, lease: Lease) -> Result<bool, StateError> {
            sleep(self.release).await;
            self.leases.release(lease).await
        }
    }

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

    #[tokio::test(start_paused = true)]
    async fn lease_is_given_back_wherever_its_caller_is_cancelled() {
        let second = Duration::from_secs(1);
        let slow_acquire = Slow { acquire: second, ..Slow::new() };
        let slow_release = Slow { release: second, ..Slow::new() };
        for slow in [slow_acquire, slow_release] {
            let leases = Arc::clone(&slow.leases);
            let turns = Turns::new(Arc::new(slow), "u");
            let cancelled = timeout(second / 2, turns.run(soon(), async {})).await;
            assert!(cancelled.is_err());
            sleep(second * 2).await;
            assert!(
                leases.acquire(&turns.name, LIFE).await.unwrap().is_some(),
                "the lease is free long before its end"
            );
        }
    }

    #[tokio::test(start_paused = true)]
    async fn work_goes_on_while_its_lease_is_renewed() {
        let turns = Turns::new(Arc::new(Slow { renew: LIFE, ..Slow::new() }), "u");
        let began = Instant::now();
        let work = async {
            sleep(RENEWAL).await;
            sleep(RENEWAL / 2).await;
            began.elapsed()
        };
        assert_eq!(turns.run(soon(), work).await.unwrap(), RENEWAL + RENEWAL / 2);
        assert_eq!(began.elapsed(), RENEWAL + RENEWAL / 2);
    }
}
