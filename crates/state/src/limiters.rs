//! Limiters: who may ask how often.

use std::num::NonZeroU32;
use std::time::Duration;

use async_trait::async_trait;

use crate::StateError;

/// One limiter for each key.
///
/// A limiter is a bucket (GCRA) that holds `requests`, starts full, and fills evenly: one request every
/// `per / requests`. A caller may therefore use the whole quota at once, and over a window of `per` that begins with
/// a full bucket gets up to twice `requests`. Where a budget must hold over every window, as for logins, keep the
/// times in a [`KeyValue`](crate::KeyValue).
#[async_trait]
pub trait Limiters: Send + Sync {
    /// Takes `weight` requests from a key's bucket, if it holds as many.
    ///
    /// - All or nothing: a refusal takes nothing.
    /// - Exact under concurrency: callers at once never get more than the bucket holds.
    /// - A weight above the quota counts as the whole quota, or else it could never be allowed.
    /// - The quota is part of what is limited: the same key with another quota is another, full bucket.
    /// - Nothing is kept for a bucket that is full again.
    ///
    /// # Errors
    /// `Unavailable`: the requests may have been taken.
    async fn check(&self, key: &str, quota: Quota, weight: NonZeroU32) -> Result<Decision, StateError>;
}

/// How much a limiter allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Quota {
    /// How many requests a full bucket holds.
    pub requests: NonZeroU32,
    /// How long an empty bucket takes to fill; from a nanosecond for each request to [`Quota::LONGEST`].
    /// What lies outside counts as the nearest of the two.
    pub per: Duration,
}

/// What a limiter decided, and where the caller stands after it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use = "the request may have been refused"]
pub struct Decision {
    /// How many whole requests the bucket holds now.
    pub remaining: u32,
    /// After how long the bucket is full if nothing more is taken, rounded up to a whole request's time.
    pub reset_after: Duration,
    /// `None`: allowed. `Some`: refused, and after how long the same request would be allowed if nothing else is taken.
    pub retry_after: Option<Duration>,
}

impl Quota {
    /// The longest time that a bucket may take to fill: 365 days.
    pub const LONGEST: Duration = Duration::from_secs(365 * 24 * 60 * 60);

    /// How long one request takes to come back.
    #[must_use]
    pub fn interval(self) -> Duration {
        (self.per.min(Self::LONGEST) / self.requests.get()).max(Duration::from_nanos(1))
    }
}

impl Decision {
    /// Whether the request may go ahead.
    #[must_use]
    pub fn is_allowed(&self) -> bool {
        self.retry_after.is_none()
    }
}
