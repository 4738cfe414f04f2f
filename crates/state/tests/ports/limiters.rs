//! Tests of limiters in memory beside the conformance suite: they are exact to the nanosecond, and on many threads.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use polyhost_state::{Decision, Limiters, Quota, State};
use tokio::task::JoinSet;
use tokio::time::advance;

const ONE: NonZeroU32 = NonZeroU32::MIN;

fn quota(requests: u32, seconds: u64) -> Quota {
    Quota { requests: NonZeroU32::new(requests).unwrap(), per: Duration::from_secs(seconds) }
}

async fn check(limiters: &Arc<dyn Limiters>, quota: Quota, weight: u32) -> Decision {
    let weight = NonZeroU32::new(weight).unwrap();
    limiters.check("client", quota, weight).await.unwrap()
}

#[tokio::test(start_paused = true)]
async fn full_quota_can_be_used_at_once_and_refills_evenly() {
    let limiters = State::in_memory().limiters;
    let quota = quota(10, 60);
    for remaining in (0..10).rev() {
        let decision = check(&limiters, quota, 1).await;
        assert!(decision.is_allowed());
        assert_eq!(decision.remaining, remaining);
        let reset_after = Duration::from_secs(6) * (10 - remaining);
        assert_eq!(decision.reset_after, reset_after);
    }

    let refused = check(&limiters, quota, 1).await;
    assert_eq!(refused.remaining, 0);
    assert_eq!(refused.reset_after, Duration::from_secs(60));
    assert_eq!(refused.retry_after, Some(Duration::from_secs(6)));

    advance(Duration::from_secs(6) - Duration::from_nanos(1)).await;
    let early = check(&limiters, quota, 1).await;
    assert_eq!(early.retry_after, Some(Duration::from_nanos(1)));
    advance(Duration::from_nanos(1)).await;
    assert!(check(&limiters, quota, 1).await.is_allowed());
    assert!(!check(&limiters, quota, 1).await.is_allowed());
}

#[tokio::test(start_paused = true)]
async fn rejected_weight_takes_nothing_and_reports_the_rest() {
    let limiters = State::in_memory().limiters;
    let quota = quota(10, 60);
    assert_eq!(check(&limiters, quota, 7).await.remaining, 3);

    let refused = check(&limiters, quota, 5).await;
    assert_eq!(refused.retry_after, Some(Duration::from_secs(12)));
    assert_eq!(refused.remaining, 3);
    let fits = check(&limiters, quota, 3).await;
    assert!(fits.is_allowed());
    assert_eq!(fits.remaining, 0);
}

#[tokio::test(start_paused = true)]
async fn weight_above_the_quota_needs_a_full_bucket() {
    let limiters = State::in_memory().limiters;
    let quota = quota(10, 60);
    assert!(check(&limiters, quota, 50).await.is_allowed());
    let refused = check(&limiters, quota, 50).await;
    assert_eq!(refused.retry_after, Some(Duration::from_secs(60)));

    advance(Duration::from_secs(60)).await;
    assert!(check(&limiters, quota, 50).await.is_allowed());
}

/// Uses threads of the operating system instead of tasks, for the most contention on the bucket.
#[test]
fn callers_on_many_threads_get_exactly_the_quota() {
    let limiters = State::in_memory().limiters;
    // The bucket gains one request every 50 minutes, so none during the test.
    let quota = quota(1_000, 50 * 60 * 1_000);
    let allowed: usize = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..8).map(|_| scope.spawn(|| count_allowed(&limiters, quota, 500))).collect();
        threads.into_iter().map(|it| it.join().unwrap()).sum()
    });

    assert_eq!(allowed, 1_000);
}

fn count_allowed(limiters: &Arc<dyn Limiters>, quota: Quota, checks: usize) -> usize {
    let runtime = tokio::runtime::Builder::new_current_thread().build();
    runtime.unwrap().block_on(async {
        let mut allowed = 0;
        for _ in 0..checks {
            allowed += usize::from(check(limiters, quota, 1).await.is_allowed());
        }
        allowed
    })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn concurrent_sweeps_do_not_refill_a_bucket_in_use() {
    let limiters = State::in_memory().limiters;
    let slow = quota(64, 64 * 60 * 60);
    let quick = quota(1, 0);
    let mut callers = JoinSet::new();
    for caller in 0..16 {
        let limiters = Arc::clone(&limiters);
        callers.spawn(async move {
            let mut allowed = 0;
            for turn in 0..1_000 {
                let used_once = format!("{caller}/{turn}");
                let decision = limiters.check(&used_once, quick, ONE).await.unwrap();
                assert!(decision.is_allowed());
                allowed += usize::from(check(&limiters, slow, 1).await.is_allowed());
            }
            allowed
        });
    }
    let allowed: usize = callers.join_all().await.into_iter().sum();

    assert_eq!(allowed, 64);
}

#[tokio::test(start_paused = true)]
async fn extreme_quota_counts_as_the_nearest_valid_one() {
    let limiters = State::in_memory().limiters;
    let endless = Quota { requests: ONE, per: Duration::MAX };
    assert!(check(&limiters, endless, 1).await.is_allowed());
    let refused = check(&limiters, endless, 1).await;
    assert_eq!(refused.retry_after, Some(Quota::LONGEST));

    let boundless = Quota { requests: NonZeroU32::MAX, per: Duration::ZERO };
    assert!(check(&limiters, boundless, u32::MAX).await.is_allowed());
    advance(Duration::from_secs(5)).await;
    assert!(check(&limiters, boundless, u32::MAX).await.is_allowed());
}
