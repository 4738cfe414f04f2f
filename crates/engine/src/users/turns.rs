//! Turns: serialize the writes of one user that begin with a check.
//!
//! Two such writes at the same time could each invalidate the other's check: two folders, each moved below the other. A
//! turn is a lease in the shared state, so that it works across processes. Callers in one process queue in front of the
//! lease.

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

/// The lifetime of a lease that is not renewed.
const LEASE_TTL: Duration = Duration::from_secs(30);
/// The interval at which the holder renews the lease.
const RENEW_INTERVAL: Duration = Duration::from_secs(10);
/// The interval between attempts to acquire a lease that another process holds.
const RETRY_INTERVAL: Duration = Duration::from_millis(50);

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

    /// Runs work in a turn.
    ///
    /// If the caller is cancelled, its turn or its place in the queue is released.
    ///
    /// # Errors
    /// `overloaded` if no turn is free by `until`; `internal` if the shared state cannot be reached. In both cases the
    /// work is not started.
    pub(crate) async fn run<T>(&self, until: Instant, work: impl Future<Output = T>) -> Result<T, Problem> {
        let turn = timeout_at(until, self.take()).await.map_err(|_| overloaded())??;
        let done = turn.renewed_during(work).await;
        turn.end().await;
        Ok(done)
    }

    /// Waits for a turn. The lease is acquired in a task of its own, because a cancelled call may have acquired it
    /// nevertheless.
    async fn take(&self) -> Result<Turn, Problem> {
        let _waiting = wait();
        let queue = Arc::clone(&self.queue).lock_owned().await;
        let (leases, name) = (Arc::clone(&self.leases), self.name.clone());
        let (mut caller, turn) = oneshot::channel();
        tokio::spawn(async move {
            let turn = loop {
                match leases.acquire(&name, LEASE_TTL).await {
                    Ok(Some(lease)) => break Ok(Turn { leases, held: Some((lease, queue)) }),
                    Ok(None) => {}
                    Err(error) => break Err(unreachable(&error)),
                }
                tokio::select! {
                    () = caller.closed() => return,
                    () = sleep(RETRY_INTERVAL) => {}
                }
            };
            // If the caller is gone, dropping the turn releases the lease.
            drop(caller.send(turn));
        });
        // The task always sends a result, unless the runtime is shutting down.
        turn.await.unwrap_or_else(|_| Err(overloaded()))
    }
}

/// An acquired turn. The lease is released before the place in the queue.
struct Turn {
    leases: Arc<dyn Leases>,
    held: Option<(Lease, OwnedMutexGuard<()>)>,
}

impl Turn {
    /// Runs the work and renews the lease meanwhile.
    async fn renewed_during<T>(&self, work: impl Future<Output = T>) -> T {
        tokio::select! {
            biased;
            done = work => done,
            never = self.keep_renewing() => match never {},
        }
    }

    async fn keep_renewing(&self) -> Infallible {
        loop {
            sleep(RENEW_INTERVAL).await;
            if let Some((lease, _)) = &self.held
                && !matches!(self.leases.renew(lease, LEASE_TTL).await, Ok(true))
            {
                tracing::warn!("the lease of a checked write could not be renewed");
            }
        }
    }

    async fn end(mut self) {
        if let Some(releasing) = self.release() {
            // A panic of the release task is logged already.
            let _ = releasing.await;
        }
    }

    /// Releases the lease in a task of its own, so that cancelling the caller does not stop it.
    fn release(&mut self) -> Option<JoinHandle<()>> {
        let (lease, queue) = self.held.take()?;
        let (leases, runtime) = (Arc::clone(&self.leases), Handle::try_current().ok()?);
        Some(runtime.spawn(async move {
            if let Err(error) = leases.release(lease).await {
                tracing::warn!(error = &error as &dyn std::error::Error, "a lease was not released and will expire");
            }
            drop(queue);
        }))
    }
}

impl Drop for Turn {
    /// Releases the turn of a cancelled write.
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

    /// Leases with delays: `acquire` and `renew` change the state at once and answer late; `release` waits first.
    struct SlowLeases {
        leases: Arc<dyn Leases>,
        acquire: Duration,
        renew: Duration,
        release: Duration,
    }

    impl SlowLeases {
        fn new() -> Self {
            let (none, leases) = (Duration::ZERO, State::in_memory().leases);
            Self { leases, acquire: none, renew: none, release: none }
        }
    }

    #[async_trait]
    impl Leases for SlowLeases {
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
        let busy = std::sync::atomic::AtomicBool::new(false);
        let work = async || {
            use std::sync::atomic::Ordering::SeqCst;
            assert!(!busy.swap(true, SeqCst));
            sleep(Duration::from_secs(1)).await;
            busy.store(false, SeqCst);
        };
        let (a, b, c) = tokio::join!(one.run(soon(), work()), two.run(soon(), work()), one.run(soon(), work()));
        assert!(a.is_ok() && b.is_ok() && c.is_ok());
    }

    #[tokio::test(start_paused = true)]
    async fn long_turn_keeps_its_lease_and_others_are_overloaded() {
        let state = State::in_memory();
        let [one, two] = [(), ()].map(|()| Turns::new(Arc::clone(&state.leases), "u"));
        let long = one.run(soon(), sleep(LEASE_TTL * 3));
        let late = async {
            sleep(LEASE_TTL * 2).await;
            two.run(soon(), async {}).await.unwrap_err()
        };
        let (done, problem) = tokio::join!(long, late);
        assert!(done.is_ok());
        assert_eq!((problem.code(), problem.is_retryable()), (Code::Overloaded, true));
    }

    #[tokio::test(start_paused = true)]
    async fn cancelled_turn_is_released() {
        let turns = Turns::new(State::in_memory().leases, "u");
        let cancelled = timeout(Duration::from_millis(1), turns.run(soon(), std::future::pending::<()>())).await;
        assert!(cancelled.is_err());
        assert!(turns.run(Instant::now() + Duration::from_millis(200), async {}).await.is_ok());
    }

    #[tokio::test(start_paused = true)]
    async fn lease_is_released_wherever_its_caller_is_cancelled() {
        let second = Duration::from_secs(1);
        let slow_acquire = SlowLeases { acquire: second, ..SlowLeases::new() };
        let slow_release = SlowLeases { release: second, ..SlowLeases::new() };
        for slow in [slow_acquire, slow_release] {
            let leases = Arc::clone(&slow.leases);
            let turns = Turns::new(Arc::new(slow), "u");
            let cancelled = timeout(second / 2, turns.run(soon(), async {})).await;
            assert!(cancelled.is_err());
            sleep(second * 2).await;
            assert!(
                leases.acquire(&turns.name, LEASE_TTL).await.unwrap().is_some(),
                "the lease is free long before it would expire"
            );
        }
    }

    #[tokio::test(start_paused = true)]
    async fn work_continues_while_its_lease_is_renewed() {
        let turns = Turns::new(Arc::new(SlowLeases { renew: LEASE_TTL, ..SlowLeases::new() }), "u");
        let began = Instant::now();
        let work = async {
            sleep(RENEW_INTERVAL).await;
            sleep(RENEW_INTERVAL / 2).await;
            began.elapsed()
        };
        assert_eq!(turns.run(soon(), work).await.unwrap(), RENEW_INTERVAL + RENEW_INTERVAL / 2);
        assert_eq!(began.elapsed(), RENEW_INTERVAL + RENEW_INTERVAL / 2);
    }
}
