//! What is watched of one account, and what is known of it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{Notify, watch};

use super::state::Standing;
use super::subject::Subject;
use crate::accounts::Account;
use crate::completions::Completions;

/// What is watched of one account. The lock is held for a look or a change, never across an await, and by no stream
/// that only waits.
pub(super) struct Feed {
    pub(super) account: Arc<Account>,
    pub(super) completions: Arc<Completions>,
    watched: Mutex<Watched>,
    /// Wakes the poller: there is something of which nothing is known.
    arrived: Notify,
    /// Wakes the poller: there may be nothing left to ask for.
    left: Notify,
}

#[derive(Default)]
struct Watched {
    topics: BTreeMap<Subject, Topic>,
    is_polled: bool,
}

struct Topic {
    standing: watch::Sender<Standing>,
    watchers: usize,
}

/// Where a poller puts what it has learnt of a subject.
pub(super) type Due = BTreeMap<Subject, watch::Sender<Standing>>;

/// Which subjects are asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Round {
    /// All to which something may still happen.
    All,
    /// Those of which nothing is known.
    Newcomers,
}

/// Somebody's place at a feed. Dropping it gives it up.
pub(super) struct Seat {
    feed: Arc<Feed>,
    subjects: Vec<Subject>,
    is_first: bool,
}

impl Feed {
    pub(super) fn new(account: Arc<Account>, completions: Arc<Completions>) -> Self {
        Self { account, completions, watched: Mutex::default(), arrived: Notify::new(), left: Notify::new() }
    }

    /// Takes a place from which these subjects can be seen, each where it is put.
    pub(super) fn sit(self: &Arc<Self>, subjects: Vec<Subject>) -> (Seat, Vec<watch::Receiver<Standing>>) {
        let mut watched = self.watched();
        let mut standings = Vec::with_capacity(subjects.len());
        for subject in &subjects {
            let topic = watched.topics.entry(subject.clone());
            let topic = topic.or_insert_with(|| Topic { standing: watch::Sender::default(), watchers: 0 });
            topic.watchers += 1;
            standings.push(topic.standing.subscribe());
        }
        let is_first = !std::mem::replace(&mut watched.is_polled, true);
        drop(watched);
        self.arrived.notify_one();
        (Seat { feed: Arc::clone(self), subjects, is_first }, standings)
    }

    /// What to ask for in a round.
    pub(super) fn due(&self, round: Round) -> Due {
        let is_due = |standing: &Standing| match round {
            Round::All => {
                standing.state.as_ref().is_none_or(|state| !state.is_final)
                    && standing.trouble.as_ref().is_none_or(|trouble| !trouble.is_final)
            }
            Round::Newcomers => standing.state.is_none() && standing.trouble.is_none(),
        };
        let watched = self.watched();
        let due = watched.topics.iter().filter(|(_, topic)| is_due(&topic.standing.borrow()));
        due.map(|(subject, topic)| (subject.clone(), topic.standing.clone())).collect()
    }

    /// Resolves when somebody has come who may watch what nothing is known of.
    pub(super) async fn arrived(&self) {
        self.arrived.notified().await;
    }

    /// Resolves when nobody watches any more. Whoever comes next has to start a poller.
    pub(super) async fn deserted(&self) {
        loop {
            self.left.notified().await;
            let mut watched = self.watched();
            if watched.topics.is_empty() {
                watched.is_polled = false;
                return;
            }
        }
    }

    fn watched(&self) -> MutexGuard<'_, Watched> {
        self.watched.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Seat {
    /// Whether nobody polls yet, so that whoever sits here has to start it.
    pub(super) fn is_first(&self) -> bool {
        self.is_first
    }

    /// The subjects.
    pub(super) fn subjects(&self) -> &[Subject] {
        &self.subjects
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut watched = self.feed.watched();
        for subject in &self.subjects {
            let Some(topic) = watched.topics.get_mut(subject) else { continue };
            topic.watchers -= 1;
            if topic.watchers == 0 {
                watched.topics.remove(subject);
            }
        }
        let is_empty = watched.topics.is_empty();
        drop(watched);
        if is_empty {
            self.feed.left.notify_one();
        }
    }
}
