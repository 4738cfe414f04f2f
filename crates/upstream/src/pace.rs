//! How often an account asks its site: `requests_per_second` on average and `burst` at once, less where the site has
//! said that it is too much, and not at all for as long as it asks to be left alone.

use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use polyhost_domain::{Error, ErrorKind, Origin};
use polyhost_state::{Decision, Limiters, Quota};
use tokio::time::{Instant, sleep_until};

use crate::Settings;

/// The longest that a site's `Retry-After` is waited for. A longer one is the caller's to wait.
pub(crate) const LONGEST_WAIT: Duration = Duration::from_secs(2);
/// The longest that a site is left alone for one word of it. It can say it again.
pub const LONGEST_QUIET: Duration = Duration::from_secs(10 * 60);
/// How slow an account becomes at most.
const SLOWEST: f64 = 32.0;
/// How long it takes to become twice as fast again.
const RECOVERY: Duration = Duration::from_secs(30);
/// What came side by side is one complaint.
const ONE_COMPLAINT: Duration = Duration::from_secs(1);
/// How far apart requests are where the configuration does not limit them and the site has complained.
const UNLIMITED_GAP: Duration = Duration::from_millis(50);

/// The pace of one account.
pub(crate) struct Pace {
    limiters: Arc<dyn Limiters>,
    key: String,
    /// `None`: unlimited.
    quota: Option<Quota>,
    state: Mutex<State>,
}

#[derive(Debug, Clone, Copy)]
struct State {
    /// The limiter's last word, and when it was said.
    decided: Option<(Instant, Decision)>,
    /// The last complaint of the site, and how much slower than usual the account was after it.
    complaint: Option<(Instant, f64)>,
    /// When the last request went.
    last: Option<Instant>,
    /// Until when the site is to be left alone.
    quiet: Option<Quiet>,
}

/// For how long a site asks to be left alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Quiet {
    /// Until when it gets no request.
    kept: Instant,
    /// Until when it wants none, which callers are told.
    asked: Instant,
}

impl Pace {
    pub(crate) fn new(origin: &Origin, settings: &Settings, limiters: Arc<dyn Limiters>) -> Self {
        let key = format!("pace/{}/{}", origin.provider, origin.account);
        let burst = NonZeroU32::new(settings.burst).unwrap_or(NonZeroU32::MIN);
        let quota = (settings.requests_per_second > 0.0).then(|| Quota {
            requests: burst,
            per: Duration::try_from_secs_f64(f64::from(burst.get()) / settings.requests_per_second)
                .unwrap_or(Quota::LONGEST),
        });
        let state = State { decided: None, complaint: None, last: None, quiet: None };
        Self { limiters, key, quota, state: Mutex::new(state) }
    }

    /// How long somebody has to wait before whom `ahead` others will ask: as far as is known, and at least.
    pub(crate) fn wait_behind(&self, ahead: usize) -> Duration {
        let (now, state) = (Instant::now(), *self.state());
        let ahead = u32::try_from(ahead).unwrap_or(u32::MAX);
        let slowed = state
            .spaced(self.gap(), now)
            .map_or(Duration::ZERO, |(next, gap)| next.saturating_duration_since(now) + gap.saturating_mul(ahead));
        slowed.max(self.limited(&state, ahead, now))
    }

    /// Waits until it is this one's time; others must wait behind it meanwhile.
    pub(crate) async fn keep(&self) {
        loop {
            let now = Instant::now();
            let spaced = self.state().not_before(self.gap(), now);
            if let Some(at) = spaced {
                sleep_until(at).await;
                continue;
            }
            let Some(wait) = self.take(now).await else { break };
            sleep_until(now + wait).await;
        }
        self.state().last = Some(Instant::now());
    }

    /// What is left of the time for which the site wants to be left alone, where it is longer than is waited for.
    pub(crate) fn quiet(&self, latest: Instant) -> Option<Duration> {
        let (now, Quiet { kept, asked }) = (Instant::now(), self.state().quiet?);
        let left = kept.saturating_duration_since(now);
        let is_too_long = left > LONGEST_WAIT || (kept > latest && !left.is_zero());
        is_too_long.then(|| asked.saturating_duration_since(now))
    }

    /// The site has said that it is too much, and for how long it wants to be left alone.
    pub(crate) fn slow_down(&self, asked: Option<Duration>) {
        let now = Instant::now();
        let mut state = self.state();
        if state.complaint.is_none_or(|(at, _)| now.duration_since(at) >= ONE_COMPLAINT) {
            state.complaint = Some((now, (state.slowness(now) * 2.0).min(SLOWEST)));
        }
        let quiet = asked.map(|asked| Quiet { kept: now + asked.min(LONGEST_QUIET), asked: now + asked });
        state.quiet = state.quiet.max(quiet);
    }

    /// The error of a request that is not sent because the site wants to be left alone.
    pub(crate) fn left_alone(left: Duration) -> Error {
        Error::new(ErrorKind::RateLimited)
            .retryable(true)
            .with_retry_after(Some(left))
            .with_detail("The site's limit is reached, and it asks to be left alone until this time has passed.")
    }

    /// Takes a place in the quota, or says how long to wait for one.
    async fn take(&self, now: Instant) -> Option<Duration> {
        let quota = self.quota?;
        match self.limiters.check(&self.key, quota, NonZeroU32::MIN).await {
            Ok(decision) => {
                self.state().decided = Some((now, decision));
                // A wait of nothing would be asked for again at once, for ever.
                decision.retry_after.map(|wait| wait.max(Duration::from_millis(1)))
            }
            Err(error) => {
                tracing::warn!(%error, "the pace of an account cannot be shared; it is not kept");
                None
            }
        }
    }

    /// How long the quota takes to hold one more than `ahead`, from what it said last.
    fn limited(&self, state: &State, ahead: u32, now: Instant) -> Duration {
        let Some((quota, (at, decision))) = self.quota.zip(state.decided) else { return Duration::ZERO };
        let missing = ahead.saturating_add(1).saturating_sub(decision.remaining);
        let since = decision.retry_after.map_or(Duration::ZERO, |wait| quota.interval().saturating_sub(wait));
        quota.interval().saturating_mul(missing).saturating_sub(since).saturating_sub(now.duration_since(at))
    }

    fn gap(&self) -> Duration {
        self.quota.map_or(UNLIMITED_GAP, Quota::interval)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// How much slower than usual the account is: it halves with time, down to 1.
    fn slowness(&self, now: Instant) -> f64 {
        self.complaint.map_or(1.0, |(at, slowness)| {
            let halvings = now.duration_since(at).as_secs_f64() / RECOVERY.as_secs_f64();
            (slowness * (-halvings).exp2()).max(1.0)
        })
    }

    /// When the next request may go, and how far apart they are, where the account is slower than usual.
    fn spaced(&self, gap: Duration, now: Instant) -> Option<(Instant, Duration)> {
        let slowness = self.slowness(now);
        let gap = (slowness > 1.0).then(|| gap.mul_f64(slowness))?;
        Some((self.last.map_or(now, |last| last + gap), gap))
    }

    /// Until when nothing may go, if that is not now.
    fn not_before(&self, gap: Duration, now: Instant) -> Option<Instant> {
        let spaced = self.spaced(gap, now).map(|(next, _)| next);
        spaced.max(self.quiet.map(|quiet| quiet.kept)).filter(|at| *at > now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use polyhost_state::State as SharedState;
    use tokio::time::advance;

    fn pace(requests_per_second: f64, burst: u32) -> Pace {
        let origin = Origin { account: "main".parse().unwrap(), provider: "site".parse().unwrap() };
        let settings = Settings { requests_per_second, burst, ..Settings::default() };
        Pace::new(&origin, &settings, SharedState::in_memory().limiters)
    }

    /// How long `count` requests take, one after the other.
    async fn time_of(pace: &Pace, count: u32) -> f64 {
        let began = Instant::now();
        for _ in 0..count {
            pace.keep().await;
        }
        (began.elapsed().as_secs_f64() * 100.0).round() / 100.0
    }

    #[tokio::test(start_paused = true)]
    async fn a_burst_goes_at_once_and_the_rest_evenly() {
        let pace = pace(10.0, 5);
        assert_eq!(time_of(&pace, 5).await, 0.0);
        assert_eq!(time_of(&pace, 20).await, 2.0);
        advance(Duration::from_secs(60)).await;
        assert_eq!(time_of(&pace, 5).await, 0.0);
        assert_eq!(time_of(&self::pace(0.0, 1), 1000).await, 0.0);
    }

    #[tokio::test(start_paused = true)]
    async fn the_wait_is_known_beforehand() {
        let pace = pace(10.0, 5);
        assert_eq!(pace.wait_behind(100), Duration::ZERO, "nothing is known yet");
        time_of(&pace, 5).await;
        assert_eq!(pace.wait_behind(0), Duration::from_millis(100));
        assert_eq!(pace.wait_behind(29), Duration::from_secs(3));
        advance(Duration::from_secs(1)).await;
        assert_eq!(pace.wait_behind(29), Duration::from_secs(2));
    }

    #[tokio::test(start_paused = true)]
    async fn a_complaint_slows_the_account_down_and_it_recovers_slowly() {
        let pace = pace(10.0, 5);
        time_of(&pace, 1).await;
        pace.slow_down(None);
        pace.slow_down(None);
        assert_eq!(pace.state().slowness(Instant::now()), 2.0, "what came side by side is one complaint");
        let first = time_of(&pace, 10).await;
        assert!((1.8..=2.0).contains(&first), "no burst, and half as fast: {first}");
        advance(RECOVERY).await;
        assert_eq!(pace.state().slowness(Instant::now()), 1.0);

        for _ in 0..20 {
            pace.slow_down(None);
            advance(ONE_COMPLAINT).await;
        }
        assert!(pace.state().slowness(Instant::now()) > SLOWEST * 0.9);
        advance(RECOVERY).await;
        let half = pace.state().slowness(Instant::now());
        assert!((15.0..=16.0).contains(&half), "{half}");
    }

    #[tokio::test(start_paused = true)]
    async fn a_site_that_asks_for_it_is_left_alone() {
        let pace = pace(0.0, 1);
        let latest = Instant::now() + Duration::from_secs(60);
        pace.slow_down(Some(Duration::from_secs(30)));
        assert_eq!(pace.quiet(latest), Some(Duration::from_secs(30)));
        advance(Duration::from_secs(28)).await;
        assert_eq!(pace.quiet(latest), None, "so little can be waited for");
        assert_eq!(pace.quiet(Instant::now()), Some(Duration::from_secs(2)), "where there is time to");
        assert_eq!(time_of(&pace, 1).await, 2.0);
        let day = Duration::from_secs(24 * 60 * 60);
        pace.slow_down(Some(day));
        assert_eq!(pace.quiet(latest), Some(day), "callers are told what the site has said");
        advance(LONGEST_QUIET - Duration::from_secs(10)).await;
        assert_eq!(pace.quiet(latest), Some(day + Duration::from_secs(10) - LONGEST_QUIET));
        advance(Duration::from_secs(10)).await;
        assert_eq!(pace.quiet(latest), None, "it can say it again");
    }
}
