//! The credit of a limiter: requests that this replica has taken from the bucket in advance, so that a caller far from
//! its limit does not cost a round trip for each request.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;

use tokio::time::Instant;

/// The time for which a credit may be used. What is left of it then is lost to the caller.
const LIFE: Duration = Duration::from_millis(100);
/// The greatest number of requests in a credit.
const MOST: u32 = 10_000;
/// The requests in the bucket that are never taken in advance, so that the limit is exact near its end.
pub(super) const RESERVE: u32 = 256;
/// A credit is at most this fraction of the others.
pub(super) const FRACTION: u32 = 64;

/// The requests that were taken in advance, and how many were used since.
pub(super) struct Credit {
    taken_at: Instant,
    left: AtomicU32,
    used: AtomicU32,
    /// Whether a caller is taking the next credit.
    is_being_renewed: AtomicBool,
    /// The requests that the bucket held when the credit had been taken.
    remaining: u32,
}

impl Credit {
    pub(super) fn new(taken_at: Instant, requests: u32, remaining: u32) -> Self {
        Self {
            taken_at,
            left: AtomicU32::new(requests),
            used: AtomicU32::new(0),
            is_being_renewed: AtomicBool::new(false),
            remaining,
        }
    }

    /// Uses the credit for `weight` requests. Returns what the caller has left; `None` if the credit does not suffice.
    pub(super) fn take(&self, weight: u32) -> Option<u32> {
        self.used.fetch_add(weight, Ordering::Relaxed);
        if self.taken_at.elapsed() >= LIFE {
            return None;
        }
        let left =
            self.left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(weight)).ok()?;
        Some(self.remaining.saturating_add(left - weight))
    }

    /// Returns the number of requests to take for the next credit: as many as were used in the time of a credit. One
    /// caller takes it; meanwhile the others take only what they need.
    pub(super) fn next(&self) -> u32 {
        // A credit that was used up early was too small, at most by half.
        let age = self.taken_at.elapsed().max(LIFE / 2);
        let used = u128::from(self.used.load(Ordering::Relaxed));
        let next = u32::try_from(used * LIFE.as_micros() / age.as_micros()).unwrap_or(MOST).min(MOST);
        if next == 0 || self.is_being_renewed.swap(true, Ordering::Relaxed) { 0 } else { next }
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::advance;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn credit_is_used_within_its_life() {
        let credit = Credit::new(Instant::now(), 3, 200);
        assert_eq!(credit.take(2), Some(201));
        assert_eq!(credit.take(2), None, "one is left");
        assert_eq!(credit.take(1), Some(200));
        assert_eq!(credit.take(1), None);

        let credit = Credit::new(Instant::now(), 3, 200);
        advance(LIFE).await;
        assert_eq!(credit.take(1), None);
    }

    /// Takes one request more than the credit has.
    fn use_up(credit: &Credit) {
        while credit.take(1).is_some() {}
    }

    #[tokio::test(start_paused = true)]
    async fn next_credit_is_as_large_as_the_use_and_goes_to_one_caller() {
        let credit = Credit::new(Instant::now(), 10, 1_000);
        use_up(&credit);
        assert_eq!(credit.next(), 22, "the use of a tenth of a second is not known yet");
        assert_eq!(credit.next(), 0);

        let credit = Credit::new(Instant::now(), 10, 1_000);
        use_up(&credit);
        advance(LIFE * 11).await;
        assert_eq!(credit.next(), 1);
    }
}
