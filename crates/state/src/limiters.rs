//! Limiters: rate limits by key.

use std::num::NonZeroU32;
use std::time::Duration;

use async_trait::async_trait;

use crate::StateError;

/// A store with one rate limiter for each key.
///
/// A limiter is a bucket (GCRA) that holds `requests`, starts full, and fills evenly: one request every `per /
/// requests`. A caller may therefore use the whole quota at once. In a window of `per` that begins with a full bucket,
/// it gets up to twice `requests`. If a limit must hold in every window, as for logins, use
/// [`Windows`](crate::Windows).
#[async_trait]
pub trait Limiters: Send + Sync {
    /// Takes `weight` requests from a key's bucket, if it holds that many.
    ///
    /// - All or nothing: a rejected call takes nothing.
    /// - Exact under concurrency: concurrent callers never get more than the bucket holds.
    /// - A weight above the quota counts as the whole quota, because the bucket could never hold more.
    /// - Each pair of key and quota has its own bucket: the same key with another quota has another, full bucket.
    /// - A bucket that has become full again is removed from memory.
    ///
    /// # Errors
    /// `Unavailable`: the requests may have been taken.
    async fn check(&self, key: &str, quota: Quota, weight: NonZeroU32) -> Result<Decision, StateError>;
}

/// The number of requests that a limiter allows, and the time in which its bucket refills.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Quota {
    /// The number of requests that a full bucket holds.
    pub requests: NonZeroU32,
    /// The time in which an empty bucket fills: from a nanosecond for each request to [`Quota::LONGEST`]. A value
    /// outside of that range counts as its nearest end.
    pub per: Duration,
}

/// The decision of a limiter, with the bucket's state after it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use = "the request may have been rejected"]
pub struct Decision {
    /// The number of whole requests that the bucket holds now.
    pub remaining: u32,
    /// The time until the bucket is full if nothing more is taken, rounded up to a multiple of [`Quota::interval`].
    pub reset_after: Duration,
    /// `None`: the request is allowed. `Some`: it is rejected, and would be allowed after this time if nothing else is
    /// taken.
    pub retry_after: Option<Duration>,
}

impl Quota {
    /// The longest time that a bucket may take to fill: 365 days.
    pub const LONGEST: Duration = Duration::from_secs(365 * 24 * 60 * 60);

    /// Returns the time in which the bucket gains one request.
    #[must_use]
    pub fn interval(self) -> Duration {
        (self.per.min(Self::LONGEST) / self.requests.get()).max(Duration::from_nanos(1))
    }
}

impl Decision {
    /// Returns whether the request is allowed.
    #[must_use]
    pub fn is_allowed(&self) -> bool {
        self.retry_after.is_none()
    }
}
