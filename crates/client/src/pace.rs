//! The pace of requests: a local copy of the gateway's limit for the key. Requests wait instead of being rejected.
//!
//! The gateway's limit is a bucket that refills evenly. Its state is in the fields `RateLimit-Policy` and `RateLimit`
//! (draft-ietf-httpapi-ratelimit-headers) of every answer.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use reqwest::header::HeaderMap;
use tokio::time::Instant;

/// The weight of a read.
pub(crate) const READ: u32 = 1;
/// The weight of a request that creates, changes or deletes.
pub(crate) const WRITE: u32 = 2;
/// The weight of an upload, and of counting a folder's content.
pub(crate) const HEAVY: u32 = 5;

/// The gateway's limit, as far as it is known. Clones share it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Pace(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    /// `None` before the first answer, and if there is no limit.
    bucket: Option<Bucket>,
    /// The number of requests that wait or have no answer yet.
    pending: usize,
    /// The gateway has rejected a request: nothing is sent before this time.
    not_before: Option<Instant>,
}

#[derive(Debug, Clone, Copy)]
struct Bucket {
    quota: f64,
    per_second: f64,
    /// The remaining requests; negative while requests wait.
    remaining: f64,
    at: Instant,
}

/// A request that waits or has no answer yet.
#[derive(Debug)]
pub(crate) struct Turn(Pace);

impl Pace {
    /// Reserves a place for a request, and returns the wait before it may be sent.
    pub(crate) fn reserve(&self, weight: u32) -> (Turn, Duration) {
        let mut state = self.state();
        state.pending += 1;
        let now = Instant::now();
        let blocked = state.not_before.map_or(Duration::ZERO, |time| time.saturating_duration_since(now));
        let paced = state.bucket.as_mut().map_or(Duration::ZERO, |bucket| bucket.reserve(weight, now));
        drop(state);
        (Turn(self.clone()), blocked.max(paced))
    }

    /// Learns from the header fields of an answer.
    pub(crate) fn learn(&self, headers: &HeaderMap) {
        let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let (policy, limit) = (text("ratelimit-policy"), text("ratelimit"));
        let (Some(quota), Some(window), Some(remaining)) =
            (parameter(policy, "q"), parameter(policy, "w"), parameter(limit, "r"))
        else {
            return;
        };
        if quota == 0 || window == 0 {
            return;
        }
        let mut state = self.state();
        let (quota, window, reported) = (f64::from(quota), f64::from(window), f64::from(remaining));
        let now = Instant::now();
        // The report does not include requests that wait or are on their way.
        let others = state.pending > 1;
        let remaining = match state.bucket {
            Some(bucket) if others => bucket.refilled(now).remaining.min(reported),
            _ => reported,
        };
        state.bucket = Some(Bucket { quota, per_second: quota / window, remaining, at: now });
    }

    /// Sends nothing for a while, because the gateway rejected a request for its limit.
    pub(crate) fn block(&self, wait: Duration) {
        let mut state = self.state();
        state.not_before = state.not_before.max(Some(Instant::now() + wait));
        if let Some(bucket) = &mut state.bucket {
            bucket.remaining = bucket.remaining.min(0.0);
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.0.state().pending -= 1;
    }
}

impl Bucket {
    fn refilled(self, now: Instant) -> Self {
        let new = self.per_second * now.saturating_duration_since(self.at).as_secs_f64();
        Self { remaining: (self.remaining + new).min(self.quota), at: now, ..self }
    }

    fn reserve(&mut self, weight: u32, now: Instant) -> Duration {
        *self = self.refilled(now);
        // No request weighs more than the quota.
        self.remaining -= f64::from(weight).min(self.quota);
        Duration::try_from_secs_f64(-self.remaining / self.per_second).unwrap_or_default()
    }
}

/// Returns a parameter of a field such as `"client";r=42;t=17`.
fn parameter(field: &str, name: &str) -> Option<u32> {
    let mut parameters = field.split(';').filter_map(|part| part.trim().split_once('='));
    parameters.find(|(key, _)| *key == name)?.1.parse().ok()
}

#[cfg(test)]
mod tests {
    use reqwest::header::HeaderValue;

    use super::*;

    fn answer(remaining: u32) -> HeaderMap {
        let limit = HeaderValue::try_from(format!("\"client\";r={remaining};t=60")).unwrap();
        let policy = HeaderValue::from_static("\"client\";q=100;w=50");
        [("ratelimit-policy", policy), ("ratelimit", limit)]
            .map(|(name, value)| (name.parse().unwrap(), value))
            .into_iter()
            .collect()
    }

    fn waits(pace: &Pace, weight: u32) -> Duration {
        pace.reserve(weight).1
    }

    #[tokio::test(start_paused = true)]
    async fn without_a_reported_limit_nothing_waits() {
        let pace = Pace::default();
        pace.learn(&HeaderMap::new());
        assert!((0..1_000).all(|_| waits(&pace, HEAVY).is_zero()));
    }

    #[tokio::test(start_paused = true)]
    async fn request_waits_for_the_refill_that_it_needs() {
        let pace = Pace::default();
        pace.learn(&answer(7));
        assert_eq!(waits(&pace, HEAVY), Duration::ZERO);
        // The bucket refills at two a second: 2 are left, 3 are missing, and the next request waits for 5 more.
        assert_eq!(waits(&pace, HEAVY), Duration::from_millis(1_500));
        assert_eq!(waits(&pace, HEAVY), Duration::from_secs(4));
        tokio::time::advance(Duration::from_secs(4)).await;
        assert_eq!(waits(&pace, READ), Duration::from_millis(500));
    }

    #[tokio::test(start_paused = true)]
    async fn report_counts_only_if_nothing_else_is_pending() {
        let pace = Pace::default();
        pace.learn(&answer(10));
        let turns: Vec<_> = (0..2).map(|_| pace.reserve(HEAVY).0).collect();
        pace.learn(&answer(5));
        assert_eq!(waits(&pace, WRITE), Duration::from_secs(1));
        drop(turns);
        pace.learn(&answer(50));
        assert_eq!(waits(&pace, WRITE), Duration::ZERO);
    }

    #[tokio::test(start_paused = true)]
    async fn rejected_request_stops_all_for_the_requested_time() {
        let pace = Pace::default();
        pace.block(Duration::from_secs(9));
        assert_eq!(waits(&pace, READ), Duration::from_secs(9));
        tokio::time::advance(Duration::from_secs(9)).await;
        assert_eq!(waits(&pace, READ), Duration::ZERO);
    }
}
