//! Limiters with the crate governor: one keyed limiter for each quota. Full buckets are dropped from time to time.

use std::collections::HashMap;
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, PoisonError, RwLock, RwLockWriteGuard};
use std::time::Duration;

use async_trait::async_trait;
use governor::clock::Clock;
use governor::middleware::StateInformationMiddleware;
use governor::nanos::Nanos;
use governor::state::keyed::DefaultKeyedStateStore;
use tokio::time::Instant;

use crate::{Decision, Limiters, Quota, StateError};

/// The fewest checks between two sweeps.
const CHECKS_BETWEEN_SWEEPS: usize = 1024;

/// The buckets of one quota, by key.
type Buckets =
    governor::RateLimiter<Arc<str>, DefaultKeyedStateStore<Arc<str>>, TokioClock, StateInformationMiddleware>;

/// The [`Limiters`] of one process. No call fails or waits.
///
/// Its memory is bounded: it has at most twice as many buckets as are not full, or a thousand more.
pub struct MemoryLimiters {
    clock: TokioClock,
    by_quota: RwLock<HashMap<Quota, Buckets>>,
    checks_until_sweep: AtomicUsize,
}

/// Tokio's clock for governor, as the time since its creation.
#[derive(Debug, Clone, Copy)]
struct TokioClock {
    start: Instant,
}

impl Default for MemoryLimiters {
    fn default() -> Self {
        Self {
            clock: TokioClock { start: Instant::now() },
            by_quota: RwLock::default(),
            checks_until_sweep: AtomicUsize::new(CHECKS_BETWEEN_SWEEPS),
        }
    }
}

#[async_trait]
impl Limiters for MemoryLimiters {
    async fn check(&self, key: &str, quota: Quota, weight: NonZeroU32) -> Result<Decision, StateError> {
        self.count_towards_sweep();
        let key = Arc::from(key);
        // The lock is held during the check, so that a sweep cannot drop the bucket meanwhile.
        let by_quota = self.by_quota.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(buckets) = by_quota.get(&quota) {
            return Ok(decide(buckets, &key, quota, weight));
        }
        drop(by_quota);
        let mut by_quota = self.write();
        let buckets = by_quota.entry(quota).or_insert_with(|| new_buckets(quota, self.clock));
        Ok(decide(buckets, &key, quota, weight))
    }
}

impl MemoryLimiters {
    /// Sweeps after as many checks as buckets were left by the last sweep. A check creates at most one bucket, so the
    /// cost is spread evenly over the checks, and the number of full buckets is bounded.
    fn count_towards_sweep(&self) {
        // Checks that count below zero before the sweep resets the counter wrap around, and do not sweep, too.
        if self.checks_until_sweep.fetch_sub(1, Ordering::Relaxed) == 1 {
            let left = self.sweep();
            self.checks_until_sweep.store(left.max(CHECKS_BETWEEN_SWEEPS), Ordering::Relaxed);
        }
    }

    /// Drops every full bucket, and returns the number of the other buckets.
    fn sweep(&self) -> usize {
        let mut by_quota = self.write();
        by_quota.retain(|_, buckets| {
            buckets.retain_recent();
            buckets.shrink_to_fit();
            !buckets.is_empty()
        });
        by_quota.values().map(Buckets::len).sum()
    }

    fn write(&self) -> RwLockWriteGuard<'_, HashMap<Quota, Buckets>> {
        self.by_quota.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Clock for TokioClock {
    type Instant = Nanos;

    fn now(&self) -> Nanos {
        self.start.elapsed().into()
    }
}

fn new_buckets(quota: Quota, clock: TokioClock) -> Buckets {
    // Governor rejects only an interval of zero, which `Quota::interval` never returns.
    let limit = governor::Quota::with_period(quota.interval())
        .unwrap_or(governor::Quota::per_second(quota.requests))
        .allow_burst(quota.requests);
    Buckets::new(limit, DefaultKeyedStateStore::default(), clock)
}

fn decide(buckets: &Buckets, key: &Arc<str>, quota: Quota, weight: NonZeroU32) -> Decision {
    let weight = weight.min(quota.requests);
    let (remaining, retry_after) = match buckets.check_key_n(key, weight) {
        Ok(Ok(bucket)) => (bucket.remaining_burst_capacity(), None),
        Ok(Err(refusal)) => {
            let wait = refusal.wait_time_from(buckets.clock().now());
            (remaining_requests(weight, wait, quota.interval()), Some(wait))
        }
        // Governor reports a weight above the quota, which cannot occur after the `min` above.
        Err(_) => (0, Some(quota.per)),
    };
    Decision { remaining, reset_after: quota.interval() * (quota.requests.get() - remaining), retry_after }
}

/// Returns the number of requests in a bucket that will hold `weight` after `wait`.
fn remaining_requests(weight: NonZeroU32, wait: Duration, interval: Duration) -> u32 {
    let missing = wait.as_nanos().div_ceil(interval.as_nanos()).max(1);
    let missing = u32::try_from(missing).unwrap_or(u32::MAX);
    weight.get().saturating_sub(missing)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn refilled_buckets_are_dropped() {
        let limiters = MemoryLimiters::default();
        for round in 1..=20 {
            let quota = Quota { requests: NonZeroU32::MIN, per: Duration::from_secs(round) };
            for key in 0..CHECKS_BETWEEN_SWEEPS {
                let decision = limiters.check(&key.to_string(), quota, NonZeroU32::MIN).await.unwrap();
                assert!(decision.is_allowed());
            }
            tokio::time::advance(Duration::from_secs(60)).await;
        }

        assert!(limiters.write().len() <= 2);
        assert_eq!(limiters.sweep(), 0);
        assert!(limiters.write().is_empty());
    }

    #[tokio::test(start_paused = true)]
    async fn sweep_keeps_buckets_that_are_not_full() {
        let limiters = MemoryLimiters::default();
        let quota = Quota { requests: NonZeroU32::MIN, per: Duration::from_secs(60) };
        let first = limiters.check("key", quota, NonZeroU32::MIN).await.unwrap();
        assert_eq!(limiters.sweep(), 1);

        let second = limiters.check("key", quota, NonZeroU32::MIN).await.unwrap();
        assert!(first.is_allowed());
        assert!(!second.is_allowed());
    }
}
