//! Limiters in Redis, with a memory of rejections, a credit, and each replica's share while Redis does not answer.
//!
//! The resolution is a microsecond: a quota's interval is rounded up to one. A quota of more than a million requests a
//! second is beyond what Redis could count, so each replica counts its own requests.

mod credit;

use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use moka::sync::Cache;
use polyhost_state::{Decision, Limiters, LimitsWithoutStore, MemoryLimiters, Port, Quota, Replicas, StateError};
use redis::Script;
use tokio::time::Instant;

use self::credit::Credit;
use crate::failure::Failure;
use crate::fallback::Fallback;
use crate::link::Link;
use crate::times::micros;

/// The most rejections in memory. Beyond it, a caller over its limit costs a round trip.
const MOST_REJECTIONS: u64 = 10_000;
const SHORTEST_INTERVAL: Duration = Duration::from_micros(1);
/// The most credits in memory. Beyond it, a request costs a round trip.
const MOST_CREDITS: u64 = 10_000;
/// The time for which a credit is remembered. It also ends one whose renewal was cancelled.
const CREDIT_MEMORY: Duration = Duration::from_secs(1);

/// The [`Limiters`] that replicas share.
pub(crate) struct RedisLimiters {
    link: Arc<Link>,
    prefix: String,
    check: Script,
    rejections: Cache<String, Rejection>,
    credits: Cache<String, Arc<Credit>>,
    own: MemoryLimiters,
    replicas: Arc<dyn Replicas>,
    without_store: LimitsWithoutStore,
    fallback: Fallback,
}

/// A rejection: until a time, the bucket does not hold `weight` requests, whatever other callers do.
#[derive(Clone, Copy)]
struct Rejection {
    weight: NonZeroU32,
    until: Instant,
}

impl RedisLimiters {
    pub(crate) fn new(
        link: Arc<Link>,
        prefix: &str,
        without_store: LimitsWithoutStore,
        replicas: Arc<dyn Replicas>,
    ) -> Self {
        Self {
            link,
            prefix: prefix.to_owned(),
            check: Script::new(include_str!("check.lua")),
            rejections: Cache::new(MOST_REJECTIONS),
            credits: Cache::builder().max_capacity(MOST_CREDITS).time_to_live(CREDIT_MEMORY).build(),
            own: MemoryLimiters::default(),
            replicas,
            without_store,
            fallback: Fallback::new("limiters"),
        }
    }

    async fn check_shared(&self, name: &str, quota: Quota, weight: NonZeroU32) -> Result<Decision, Failure> {
        let credit = self.credits.get(name);
        if let Some(remaining) = credit.as_ref().and_then(|credit| credit.take(weight.get())) {
            return Ok(decision(quota, remaining, None));
        }
        let wanted = credit.as_ref().map_or(0, |credit| credit.next());
        let mut request = self.check.key(name);
        request.arg(micros(quota.interval())).arg(quota.requests.get()).arg(weight.get());
        request.arg(wanted).arg(credit::RESERVE).arg(credit::FRACTION);
        let sent_at = Instant::now();
        let (remaining, wait, taken): (u32, i64, u32) = self.link.call(&request).await?;
        let retry_after = u64::try_from(wait).ok().map(Duration::from_micros);
        if let Some(wait) = retry_after {
            self.rejections.insert(name.to_owned(), Rejection { weight, until: sent_at + wait });
        } else if wanted > 0 || credit.is_none() {
            self.credits.insert(name.to_owned(), Arc::new(Credit::new(sent_at, taken, remaining)));
        }
        Ok(decision(quota, remaining.saturating_add(taken), retry_after))
    }

    /// Returns the decision that follows from an earlier rejection.
    fn rejected(&self, name: &str, quota: Quota, weight: NonZeroU32) -> Option<Decision> {
        let rejection = self.rejections.get(name).filter(|rejection| rejection.weight <= weight)?;
        let wait = rejection.until.checked_duration_since(Instant::now()).filter(|wait| !wait.is_zero())?;
        let missing = u32::try_from(wait.as_nanos().div_ceil(quota.interval().as_nanos())).unwrap_or(u32::MAX);
        let remaining = rejection.weight.get().saturating_sub(missing);
        // A greater weight waits for more requests.
        Some(decision(quota, remaining, Some(wait + quota.interval() * (weight.get() - rejection.weight.get()))))
    }

    /// Takes requests from this replica's share.
    async fn check_own(
        &self,
        key: &str,
        quota: Quota,
        weight: NonZeroU32,
        failure: Failure,
    ) -> Result<Decision, StateError> {
        match self.without_store {
            LimitsWithoutStore::Refuse => Err(failure.into_error(Port::Limiters)),
            LimitsWithoutStore::Share => {
                self.fallback.count();
                let requests = quota.requests.get() / self.replicas.count().max(1);
                let share = Quota { requests: NonZeroU32::new(requests).unwrap_or(NonZeroU32::MIN), ..quota };
                self.own.check(key, share, weight).await
            }
        }
    }
}

#[async_trait]
impl Limiters for RedisLimiters {
    async fn check(&self, key: &str, quota: Quota, weight: NonZeroU32) -> Result<Decision, StateError> {
        let weight = weight.min(quota.requests);
        if quota.interval() < SHORTEST_INTERVAL {
            return self.own.check(key, quota, weight).await;
        }
        let name = format!("{}:l:{{{key}}}:{}:{}", self.prefix, quota.requests, quota.interval().as_nanos());
        if let Some(decision) = self.rejected(&name, quota, weight) {
            return Ok(decision);
        }
        match self.check_shared(&name, quota, weight).await {
            Ok(decision) => Ok(decision),
            Err(failure) => self.check_own(key, quota, weight, failure).await,
        }
    }
}

fn decision(quota: Quota, remaining: u32, retry_after: Option<Duration>) -> Decision {
    Decision { remaining, reset_after: quota.interval() * (quota.requests.get() - remaining), retry_after }
}
