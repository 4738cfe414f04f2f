//! Limiters: they are exact over all replicas, refill evenly, and exist once for each key and quota.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::Instant;

use super::{Fleet, Timed, patient};
use crate::{Decision, Limiters, Quota};

const ONE: NonZeroU32 = NonZeroU32::MIN;
/// A quota that gains a request each second.
const QUOTA: Quota = quota(3, 3);
/// A quota that gains no request during a test.
const SLOW: Quota = quota(10, 36_000);

const fn quota(requests: u32, seconds: u64) -> Quota {
    Quota { requests: NonZeroU32::new(requests).unwrap(), per: Duration::from_secs(seconds) }
}

async fn check(limiters: &Arc<dyn Limiters>, quota: Quota, weight: u32) -> Decision {
    limiters.check("client", quota, NonZeroU32::new(weight).unwrap()).await.unwrap()
}

/// A full bucket allows all of its requests, at all replicas together. Then each interval allows one more.
pub async fn full_quota_can_be_used_at_once_and_refills_evenly<F: Fleet>(fleet: &F) {
    let [one, two] = fleet.replicas().map(|replica| &replica.limiters);
    let first = Timed::of(check(one, QUOTA, 1)).await;
    assert!(first.value.is_allowed());
    let next_request = first.from + QUOTA.interval();
    assert!(check(two, QUOTA, 1).await.is_allowed());
    assert!(check(one, QUOTA, 1).await.is_allowed());

    let refused = Timed::of(check(two, QUOTA, 1)).await;
    assert_until_refused(next_request, &refused.value);
    if let Some(wait) = refused.value.retry_after {
        Timed { value: wait, from: refused.from, to: refused.to }.assert_ends(QUOTA.interval(), &first);
        assert_eq!(refused.value.remaining, 0);
        assert_eq!(refused.value.reset_after, QUOTA.per);
    }
    fleet.advance(QUOTA.interval() - F::GRAIN).await;
    assert_until_refused(next_request, &check(two, QUOTA, 1).await);
    fleet.advance(QUOTA.interval()).await;
    assert!(check(two, QUOTA, 1).await.is_allowed());
}

fn assert_until_refused(end: Instant, decision: &Decision) {
    super::assert_until(end, !decision.is_allowed(), "the quota was exceeded");
}

/// A rejected call takes nothing, and reports how many requests are left.
pub async fn rejected_weight_takes_nothing_and_reports_the_rest(fleet: &impl Fleet) {
    let [one, two] = fleet.replicas().map(|replica| &replica.limiters);
    assert_eq!(check(one, SLOW, 7).await.remaining, 3);

    for _ in 0..3 {
        let refused = check(two, SLOW, 5).await;
        let wait = refused.retry_after.unwrap();
        assert!(wait > SLOW.interval() && wait <= SLOW.interval() * 2, "{wait:?}");
        assert_eq!(refused.remaining, 3);
        assert_eq!(refused.reset_after, SLOW.interval() * 7);
        let heavier = check(two, SLOW, 6).await;
        let wait = heavier.retry_after.unwrap();
        assert!(wait > SLOW.interval() * 2 && wait <= SLOW.interval() * 3, "{wait:?}");
        assert_eq!(heavier.remaining, 3);
    }
    let fits = check(two, SLOW, 3).await;
    assert!(fits.is_allowed());
    assert_eq!(fits.remaining, 0);
}

/// A weight above the quota counts as the whole quota.
pub async fn weight_above_the_quota_needs_a_full_bucket(fleet: &impl Fleet) {
    let [one, two] = fleet.replicas().map(|replica| &replica.limiters);
    let quota = quota(3, 1);
    assert!(check(one, quota, 50).await.is_allowed());
    assert!(check(two, SLOW, 50).await.is_allowed());
    assert!(!check(two, SLOW, 50).await.is_allowed());

    fleet.advance(quota.per).await;
    assert!(check(two, quota, 50).await.is_allowed());
}

/// Keys and quotas do not share buckets.
pub async fn each_key_and_quota_has_its_own_bucket(fleet: &impl Fleet) {
    let [one, two] = fleet.replicas().map(|replica| &replica.limiters);
    let quota_of_one = quota(1, 3_600);
    assert!(check(one, quota_of_one, 1).await.is_allowed());
    assert!(!check(two, quota_of_one, 1).await.is_allowed());

    assert!(two.check("other", quota_of_one, ONE).await.unwrap().is_allowed());
    assert!(check(two, quota(2, 3_600), 1).await.is_allowed());
    assert!(check(two, quota(1, 7_200), 1).await.is_allowed());
}

/// Of many callers at all replicas, as many are allowed as the quota says.
pub async fn concurrent_callers_get_exactly_the_quota(fleet: &impl Fleet) {
    let quota = quota(100, 100 * 3_600);
    let mut callers = JoinSet::new();
    for caller in 0..16 {
        let limiters = Arc::clone(&fleet.replicas()[caller % 2].limiters);
        callers.spawn(patient(async move {
            let mut allowed = 0;
            for _ in 0..20 {
                allowed += usize::from(check(&limiters, quota, 1).await.is_allowed());
            }
            allowed
        }));
    }

    assert_eq!(callers.join_all().await.into_iter().sum::<usize>(), 100);
}

/// The extreme quotas are no errors.
pub async fn extreme_quota_counts_as_the_nearest_valid_one(fleet: &impl Fleet) {
    let limiters = &fleet.replicas()[0].limiters;
    let endless = Quota { requests: ONE, per: Duration::MAX };
    assert!(check(limiters, endless, 1).await.is_allowed());
    let wait = check(limiters, endless, 1).await.retry_after.unwrap();
    assert!(wait <= Quota::LONGEST && wait + Duration::from_secs(3_600) > Quota::LONGEST, "{wait:?}");

    let boundless = Quota { requests: NonZeroU32::MAX, per: Duration::ZERO };
    assert!(check(limiters, boundless, u32::MAX).await.is_allowed());
    fleet.advance(Duration::from_secs(5)).await;
    assert!(check(limiters, boundless, u32::MAX).await.is_allowed());
}
