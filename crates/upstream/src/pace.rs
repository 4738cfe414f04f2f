//! The request rate of an account: `requests_per_second` on average and `burst` at once. It slows down after the site
//! has reported too many requests (a complaint), and stops for as long as a `Retry-After` of the site demands.

use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use polyhost_domain::{Error, ErrorKind, Origin};
use polyhost_state::{Decision, Limiters, MemoryLimiters, Quota};
use tokio::time::{Instant, sleep_until};

use crate::Settings;

/// The longest `Retry-After` of a site that the gateway waits for itself. A longer one is passed to the caller.
pub(crate) const LONGEST_WAIT: Duration = Duration::from_secs(2);
/// The longest pause that one `Retry-After` of a site causes. A site with a longer limit repeats it in its next answer.
pub const LONGEST_QUIET: Duration = Duration::from_secs(60 * 60);
/// The largest factor by which an account slows down.
const SLOWEST: f64 = 32.0;
/// The time in which the factor halves.
pub(crate) const RECOVERY: Duration = Duration::from_secs(30);
/// Complaints within this time count as one, because concurrent requests caused them.
const THROTTLE_WINDOW: Duration = Duration::from_secs(1);
/// The gap between requests that is slowed down after a complaint, if the configuration sets no rate.
const UNLIMITED_GAP: Duration = Duration::from_millis(50);

/// The pace of one account.
pub(crate) struct Pace {
    limiters: Arc<dyn Limiters>,
    /// The limiter of this process, for the time in which the shared one cannot decide.
    own: MemoryLimiters,
    key: String,
    /// `None`: unlimited.
    quota: Option<Quota>,
    state: Mutex<State>,
}

#[derive(Debug, Clone, Copy)]
struct State {
    /// The limiter's last decision, and its time.
    decided: Option<(Instant, Decision)>,
    /// The time of the site's last complaint, and the factor by which the account was slowed down after it.
    complaint: Option<(Instant, f64)>,
    /// The time at which the last request was sent.
    last: Option<Instant>,
    /// The pause that the site has requested.
    quiet: Option<Quiet>,
}

/// A pause that a site has requested by `Retry-After`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Quiet {
    /// The end of the pause: no request is sent before it.
    until: Instant,
    /// The end of the pause that the site requested. Callers get this as `Retry-After`.
    requested: Instant,
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
        Self { limiters, own: MemoryLimiters::default(), key, quota, state: Mutex::new(state) }
    }

    /// Returns the minimum time that a request waits behind `ahead` others, as far as it can be predicted.
    pub(crate) fn wait_behind(&self, ahead: usize) -> Duration {
        let (now, state) = (Instant::now(), *self.state());
        let ahead = u32::try_from(ahead).unwrap_or(u32::MAX);
        let slowed = state
            .spaced(self.gap(), now)
            .map_or(Duration::ZERO, |(next, gap)| next.saturating_duration_since(now) + gap.saturating_mul(ahead));
        slowed.max(self.limited(&state, ahead, now))
    }

    /// Waits until the pace allows a request. Only the request at the front of the queue may call this.
    pub(crate) async fn wait(&self) {
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

    /// Returns the rest of the pause that the site has requested, if it is too long to be waited for.
    pub(crate) fn quiet(&self, latest: Instant) -> Option<Duration> {
        let (now, Quiet { until, requested }) = (Instant::now(), self.state().quiet?);
        let left = until.saturating_duration_since(now);
        let is_too_long = left > LONGEST_WAIT || (until > latest && !left.is_zero());
        is_too_long.then(|| requested.saturating_duration_since(now))
    }

    /// Records that the site has reported too many requests, and the pause that it has requested. Returns whether the
    /// other replicas should know: this is not one of several concurrent complaints, or its pause is longer.
    pub(crate) fn slow_down(&self, requested: Option<Duration>) -> bool {
        self.slow_down_after(Duration::ZERO, requested)
    }

    /// Records a complaint that another replica got some time ago. The pause counts from then, the slow-down from now.
    pub(crate) fn slow_down_after(&self, age: Duration, requested: Option<Duration>) -> bool {
        let now = Instant::now();
        let mut state = self.state();
        let is_new = state.complaint.is_none_or(|(at, _)| now.duration_since(at) >= THROTTLE_WINDOW);
        if is_new {
            state.complaint = Some((now, (state.slowness(now) * 2.0).min(SLOWEST)));
        }
        let quiet = requested.map(|requested| Quiet {
            until: now + requested.min(LONGEST_QUIET).saturating_sub(age),
            requested: now + requested.saturating_sub(age),
        });
        let is_longer = |new: Quiet| state.quiet.is_none_or(|known| new.until >= known.until + THROTTLE_WINDOW);
        let is_new = is_new || quiet.is_some_and(is_longer);
        state.quiet = state.quiet.max(quiet);
        is_new
    }

    /// Returns the error of a request that is not sent because the site has requested a pause.
    pub(crate) fn quiet_error(left: Duration) -> Error {
        Error::new(ErrorKind::RateLimited)
            .retryable(true)
            .with_retry_after(Some(left))
            .with_detail("The site's request limit is reached. Retry when the time in Retry-After has passed.")
    }

    /// Takes one request from the quota, or returns the wait before the next attempt.
    async fn take(&self, now: Instant) -> Option<Duration> {
        let quota = self.quota?;
        let decision = match self.limiters.check(&self.key, quota, NonZeroU32::MIN).await {
            Ok(decision) => decision,
            Err(_) => self.own.check(&self.key, quota, NonZeroU32::MIN).await.ok()?,
        };
        self.state().decided = Some((now, decision));
        // A wait of zero would make the caller retry in a busy loop.
        decision.retry_after.map(|wait| wait.max(Duration::from_millis(1)))
    }

    /// Returns the time in which the quota admits `ahead` requests and one more, computed from the last decision.
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
    /// Returns the factor by which the account is slowed down. It halves every [`RECOVERY`], down to 1.
    fn slowness(&self, now: Instant) -> f64 {
        self.complaint.map_or(1.0, |(at, slowness)| {
            let halvings = now.duration_since(at).as_secs_f64() / RECOVERY.as_secs_f64();
            (slowness * (-halvings).exp2()).max(1.0)
        })
    }

    /// Returns the time at which the next request may be sent and the gap after it, if the account is slowed down.
    fn spaced(&self, gap: Duration, now: Instant) -> Option<(Instant, Duration)> {
        let slowness = self.slowness(now);
        let gap = (slowness > 1.0).then(|| gap.mul_f64(slowness))?;
        Some((self.last.map_or(now, |last| last + gap), gap))
    }

    /// Returns until when no request may be sent, if that is in the future.
    fn not_before(&self, gap: Duration, now: Instant) -> Option<Instant> {
        let spaced = self.spaced(gap, now).map(|(next, _)| next);
        spaced.max(self.quiet.map(|quiet| quiet.until)).filter(|at| *at > now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use async_trait::async_trait;
    use polyhost_state::{Port, State as SharedState, StateError, StateErrorKind};
    use tokio::time::advance;

    fn pace(requests_per_second: f64, burst: u32) -> Pace {
        let origin = Origin { account: "main".parse().unwrap(), provider: "site".parse().unwrap() };
        let settings = Settings { requests_per_second, burst, ..Settings::default() };
        Pace::new(&origin, &settings, SharedState::in_memory().limiters)
    }

    /// Returns the seconds that `count` sequential requests take.
    async fn time_of(pace: &Pace, count: u32) -> f64 {
        let began = Instant::now();
        for _ in 0..count {
            pace.wait().await;
        }
        (began.elapsed().as_secs_f64() * 100.0).round() / 100.0
    }

    /// A limiter whose store cannot be reached.
    struct Unreachable;

    #[async_trait]
    impl Limiters for Unreachable {
        async fn check(&self, _: &str, _: Quota, _: NonZeroU32) -> Result<Decision, StateError> {
            Err(StateError::new(Port::Limiters, StateErrorKind::Unavailable))
        }
    }

    #[tokio::test(start_paused = true)]
    async fn pace_is_kept_without_the_shared_limiter() {
        let origin = Origin { account: "main".parse().unwrap(), provider: "site".parse().unwrap() };
        let settings = Settings { requests_per_second: 1.0, burst: 2, ..Settings::default() };
        let pace = Pace::new(&origin, &settings, Arc::new(Unreachable));
        let began = Instant::now();
        for _ in 0..5 {
            pace.wait().await;
        }

        assert!(began.elapsed() >= Duration::from_secs(3), "{:?}", began.elapsed());
    }

    #[tokio::test(start_paused = true)]
    async fn burst_is_immediate_and_the_rest_is_evenly_spaced() {
        let pace = pace(10.0, 5);
        assert_eq!(time_of(&pace, 5).await, 0.0);
        assert_eq!(time_of(&pace, 20).await, 2.0);
        advance(Duration::from_secs(60)).await;
        assert_eq!(time_of(&pace, 5).await, 0.0);
        assert_eq!(time_of(&self::pace(0.0, 1), 1000).await, 0.0);
    }

    #[tokio::test(start_paused = true)]
    async fn wait_behind_others_is_predicted() {
        let pace = pace(10.0, 5);
        assert_eq!(pace.wait_behind(100), Duration::ZERO, "there is no decision yet");
        time_of(&pace, 5).await;
        assert_eq!(pace.wait_behind(0), Duration::from_millis(100));
        assert_eq!(pace.wait_behind(29), Duration::from_secs(3));
        advance(Duration::from_secs(1)).await;
        assert_eq!(pace.wait_behind(29), Duration::from_secs(2));
    }

    #[tokio::test(start_paused = true)]
    async fn complaint_slows_the_account_down_for_a_while() {
        let pace = pace(10.0, 5);
        time_of(&pace, 1).await;
        assert!(pace.slow_down(None));
        assert!(!pace.slow_down(None));
        assert_eq!(pace.state().slowness(Instant::now()), 2.0, "concurrent complaints count as one");
        let first = time_of(&pace, 10).await;
        assert!((1.8..=2.0).contains(&first), "no burst, and half as fast: {first}");
        advance(RECOVERY).await;
        assert_eq!(pace.state().slowness(Instant::now()), 1.0);

        for _ in 0..20 {
            pace.slow_down(None);
            advance(THROTTLE_WINDOW).await;
        }
        assert!(pace.state().slowness(Instant::now()) > SLOWEST * 0.9);
        advance(RECOVERY).await;
        let half = pace.state().slowness(Instant::now());
        assert!((15.0..=16.0).contains(&half), "{half}");
    }

    #[tokio::test(start_paused = true)]
    async fn pause_that_the_site_requests_is_kept() {
        let pace = pace(0.0, 1);
        let latest = Instant::now() + Duration::from_secs(60);
        pace.slow_down(Some(Duration::from_secs(30)));
        assert_eq!(pace.quiet(latest), Some(Duration::from_secs(30)));
        advance(Duration::from_secs(28)).await;
        assert_eq!(pace.quiet(latest), None, "the rest is short enough to wait for");
        assert_eq!(pace.quiet(Instant::now()), Some(Duration::from_secs(2)), "the deadline leaves no time to wait");
        assert_eq!(time_of(&pace, 1).await, 2.0);
        let day = Duration::from_secs(24 * 60 * 60);
        pace.slow_down(Some(day));
        assert_eq!(pace.quiet(latest), Some(day), "callers get the site's own time");
        advance(LONGEST_QUIET - Duration::from_secs(10)).await;
        assert_eq!(pace.quiet(latest), Some(day + Duration::from_secs(10) - LONGEST_QUIET));
        advance(Duration::from_secs(10)).await;
        assert_eq!(pace.quiet(latest), None, "the pause is capped");
    }

    #[tokio::test(start_paused = true)]
    async fn pause_of_an_older_complaint_ends_with_it() {
        let pace = pace(0.0, 1);
        let (latest, minute) = (Instant::now() + Duration::from_secs(60), Duration::from_secs(60));
        pace.slow_down_after(minute / 2, Some(minute));
        assert_eq!(pace.quiet(latest), Some(minute / 2));
        pace.slow_down_after(LONGEST_QUIET - minute, Some(LONGEST_QUIET * 3));
        assert_eq!(pace.quiet(latest), Some(LONGEST_QUIET * 2 + minute));
        advance(minute).await;
        assert_eq!(pace.quiet(latest), None, "the pause is capped from its beginning");
        pace.slow_down_after(minute, Some(minute / 2));
        assert_eq!(pace.quiet(latest), None, "it is over");
    }
}
