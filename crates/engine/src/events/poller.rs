//! The one task that asks an account's site, for all who watch: when, how often, and what is made of the answers.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt as _;
use polyhost_upstream::LONGEST_QUIET;
use tokio::sync::watch;
use tokio::time::{Instant, sleep, sleep_until};

use super::asking::{Outcome, ask};
use super::feed::{Due, Feed, Round};
use super::state::{Standing, Trouble};
use crate::phase::Phase;

/// How long to wait where something moves: people watch a progress bar, and the site may have to answer for a hundred.
const SHORTEST: Duration = Duration::from_secs(2);
/// How long to wait at most where nothing moves: what has waited for minutes may be told a quarter of one late.
const LONGEST: Duration = Duration::from_secs(15);
/// By how much each round in which nothing moved makes the wait longer.
const GROWTH: f64 = 1.5;

/// Polls until nobody watches, or the process is draining.
pub(super) async fn run(feed: Arc<Feed>, mut phase: watch::Receiver<Phase>) {
    tokio::select! {
        biased;
        // Streams end by themselves; nobody has to be told.
        _ = phase.wait_for(|phase| *phase == Phase::Draining) => {}
        () = feed.deserted() => {}
        () = keep_polling(&feed) => {}
    }
}

/// Begins anew where a round has panicked: all who watch, and whoever comes later, rely on this one task.
async fn keep_polling(feed: &Feed) {
    // What a round leaves half done is the standing of some subjects, each of them whole.
    while AssertUnwindSafe(poll(feed)).catch_unwind().await.is_err() {
        tracing::error!(account = %feed.account.name(), "asking for what is watched has panicked, and begins anew");
        sleep(LONGEST).await;
    }
}

async fn poll(feed: &Feed) {
    let mut pace = Pace::new();
    let mut round = Round::All;
    loop {
        let due = feed.due(round);
        // A newcomer whose subject is known already waits for the next round like everybody else.
        if !due.is_empty() || round == Round::All {
            let learnt = learn(feed, due).await;
            pace.keep(round, learnt);
        }
        round = tokio::select! {
            biased;
            () = sleep_until(pace.next) => Round::All,
            () = feed.arrived() => Round::Newcomers,
        };
    }
}

/// What a round has led to.
#[derive(Debug, Default, Clone, Copy)]
struct Learnt {
    anything: bool,
    /// How long the site wants to be left alone.
    wait: Option<Duration>,
}

/// Asks for subjects and publishes what is told of them.
async fn learn(feed: &Feed, due: Due) -> Learnt {
    let outcomes = ask(&feed.account, &feed.completions, due.keys().cloned().collect()).await;
    let mut learnt = Learnt::default();
    let mut begun: Option<Arc<Trouble>> = None;
    for (subject, outcome) in outcomes {
        let Some(standing) = due.get(&subject) else { continue };
        if let Outcome::Failed(trouble) = &outcome {
            learnt.wait = learnt.wait.max(trouble.wait);
        }
        learnt.anything |= publish(standing, outcome, &mut begun);
    }
    if let Some(trouble) = begun {
        log(feed, &trouble);
    }
    learnt
}

/// Whether the state is a new one. Nobody is woken who would be told nothing.
fn publish(standing: &watch::Sender<Standing>, outcome: Outcome, begun: &mut Option<Arc<Trouble>>) -> bool {
    let mut is_new = false;
    standing.send_if_modified(|standing| match outcome {
        Outcome::Known(state) => {
            is_new = standing.state.as_ref().is_none_or(|old| !old.is_like(&state));
            standing.state = Some(Arc::new(state));
            standing.trouble.take().is_some() || is_new
        }
        Outcome::NothingNew => {
            is_new = standing.state.is_none();
            standing.state.get_or_insert_default();
            standing.trouble.take().is_some() || is_new
        }
        Outcome::Failed(trouble) => {
            let code = trouble.problem.code();
            let is_told = standing.trouble.as_ref().is_some_and(|old| old.problem.code() == code);
            if !is_told {
                begun.get_or_insert_with(|| Arc::clone(&trouble));
                standing.trouble = Some(trouble);
            }
            !is_told
        }
    });
    is_new
}

/// Streams have no line in the log for what befalls them all.
fn log(feed: &Feed, trouble: &Trouble) {
    let (account, code) = (feed.account.name(), trouble.problem.code().as_str());
    match trouble.problem.cause() {
        Some(error) if trouble.problem.code().status().is_server_error() => {
            let causes = trouble.problem.causes();
            tracing::warn!(%account, code, %error, ?causes, "what is watched cannot be asked for");
        }
        _ => tracing::debug!(%account, code, "what is watched cannot be asked for"),
    }
}

/// When to ask again.
struct Pace {
    interval: Duration,
    next: Instant,
    /// When the site may be asked again.
    not_before: Instant,
}

impl Pace {
    fn new() -> Self {
        let now = Instant::now();
        Self { interval: SHORTEST, next: now, not_before: now }
    }

    fn keep(&mut self, round: Round, learnt: Learnt) {
        let now = Instant::now();
        if learnt.anything {
            self.interval = SHORTEST;
        } else if round == Round::All {
            self.interval = self.interval.mul_f64(GROWTH).min(LONGEST);
        }
        if let Some(wait) = learnt.wait {
            // As long as its requests are held back, and no longer: the next round finds out what the site wants by then.
            self.not_before = self.not_before.max(now + wait.min(LONGEST_QUIET));
        }
        let next = now + self.interval;
        self.next = if round == Round::All { next } else { self.next.min(next) }.max(self.not_before);
    }
}
