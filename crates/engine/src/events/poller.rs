//! The poller: one task per feed that reads the watched subjects from the site. It decides when to poll, and publishes
//! the results to the subscriptions.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt as _;
use polyhost_upstream::{LONGEST_QUIET, Scope};
use tokio::sync::watch;
use tokio::time::{Instant, sleep, sleep_until};

use super::feed::{Due, Feed, Round};
use super::queries::{Outcome, query};
use super::state::{Failure, Latest};
use crate::phase::Phase;

/// The interval while subjects change. It is short enough for a progress bar, and long enough for a hundred subjects.
const MIN_INTERVAL: Duration = Duration::from_secs(2);
/// The longest interval while nothing changes. After minutes without a change, a delay of 15 seconds is acceptable.
const MAX_INTERVAL: Duration = Duration::from_secs(15);
/// The factor by which each round without a change extends the interval.
const GROWTH: f64 = 1.5;

/// Polls until there are no subscriptions, or the process is draining.
pub(super) async fn run(feed: Arc<Feed>, mut phase: watch::Receiver<Phase>) {
    tokio::select! {
        biased;
        // The subscriptions observe the phase themselves, so there is nothing to publish.
        _ = phase.wait_for(|phase| *phase == Phase::Draining) => {}
        () = feed.abandoned() => {}
        () = keep_polling(&feed) => {}
    }
}

/// Restarts polling after a panic, because all present and later subscriptions depend on this one task.
async fn keep_polling(feed: &Feed) {
    // An aborted round has updated only some of the subjects, but each of these completely.
    while AssertUnwindSafe(poll(feed)).catch_unwind().await.is_err() {
        tracing::error!(account = %feed.account.name(), "polling for events has panicked and is restarted");
        sleep(MAX_INTERVAL).await;
    }
}

async fn poll(feed: &Feed) {
    let mut pace = Pace::new();
    let mut round = Round::All;
    loop {
        let due = feed.due(round);
        // A new subscription may have only known subjects. Then they are polled in the next regular round.
        if !due.is_empty() || round == Round::All {
            let result = poll_subjects(feed, due).await;
            pace.schedule(round, result);
        }
        round = tokio::select! {
            biased;
            () = sleep_until(pace.next) => Round::All,
            () = feed.subscription_added() => Round::New,
        };
    }
}

/// The result of a polling round.
#[derive(Debug, Default, Clone, Copy)]
struct RoundResult {
    has_changes: bool,
    /// The wait that the site requests.
    wait: Option<Duration>,
}

/// Polls subjects and publishes the results.
async fn poll_subjects(feed: &Feed, due: Due) -> RoundResult {
    let query = query(&feed.account, &feed.completions, due.keys().cloned().collect());
    let outcomes = Scope::background("poll for events", query).await;
    let mut result = RoundResult::default();
    let mut new_failure: Option<Arc<Failure>> = None;
    for (subject, outcome) in outcomes {
        let Some(latest) = due.get(&subject) else { continue };
        if let Outcome::Failed(failure) = &outcome {
            result.wait = result.wait.max(failure.wait);
        }
        result.has_changes |= publish(latest, outcome, &mut new_failure);
    }
    if let Some(failure) = new_failure {
        log_failure(feed, &failure);
    }
    result
}

/// Publishes a result, and returns whether the state has changed. Wakes subscriptions only if there is something to
/// send. Stores the first failure that the subject did not already have in `new_failure`.
fn publish(latest: &watch::Sender<Latest>, outcome: Outcome, new_failure: &mut Option<Arc<Failure>>) -> bool {
    let mut is_new = false;
    latest.send_if_modified(|latest| match outcome {
        Outcome::Known(state) => {
            is_new = latest.state.as_ref().is_none_or(|old| !old.is_equivalent_to(&state));
            latest.state = Some(Arc::new(state));
            latest.failure.take().is_some() || is_new
        }
        Outcome::NoState => {
            is_new = latest.state.is_none();
            latest.state.get_or_insert_default();
            latest.failure.take().is_some() || is_new
        }
        Outcome::Failed(failure) => {
            let code = failure.problem.code();
            let is_known = latest.failure.as_ref().is_some_and(|old| old.problem.code() == code);
            if !is_known {
                new_failure.get_or_insert_with(|| Arc::clone(&failure));
                latest.failure = Some(failure);
            }
            !is_known
        }
    });
    is_new
}

/// Logs a failure once for the feed, since the streams do not log failures that affect all of them.
fn log_failure(feed: &Feed, failure: &Failure) {
    let (account, code) = (feed.account.name(), failure.problem.code().as_str());
    match failure.problem.cause() {
        Some(error) if failure.problem.code().status().is_server_error() => {
            let causes = failure.problem.causes();
            tracing::warn!(%account, code, %error, ?causes, "polling for events failed");
        }
        _ => tracing::debug!(%account, code, "polling for events failed"),
    }
}

/// The schedule of the polling rounds.
struct Pace {
    interval: Duration,
    next: Instant,
    /// The earliest time at which the site allows the next round.
    not_before: Instant,
}

impl Pace {
    fn new() -> Self {
        let now = Instant::now();
        Self { interval: MIN_INTERVAL, next: now, not_before: now }
    }

    /// Sets the time of the next round from the result of the last one.
    fn schedule(&mut self, round: Round, result: RoundResult) {
        let now = Instant::now();
        if result.has_changes {
            self.interval = MIN_INTERVAL;
        } else if round == Round::All {
            self.interval = self.interval.mul_f64(GROWTH).min(MAX_INTERVAL);
        }
        if let Some(wait) = result.wait {
            // Never longer than the gateway holds back requests to the site. The next round gets the site's current
            // wait.
            self.not_before = self.not_before.max(now + wait.min(LONGEST_QUIET));
        }
        let next = now + self.interval;
        self.next = if round == Round::All { next } else { self.next.min(next) }.max(self.not_before);
    }
}
