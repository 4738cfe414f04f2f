//! The watched subjects of one account, and the latest state of each.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{Notify, watch};

use super::state::Latest;
use super::subject::Subject;
use crate::accounts::Account;
use crate::completions::Completions;

/// The watched subjects of one account. The lock is never held across an await, and waiting streams do not take it.
pub(super) struct Feed {
    pub(super) account: Arc<Account>,
    pub(super) completions: Arc<Completions>,
    watched: Mutex<Watched>,
    /// Wakes the poller: subjects were added whose states may be unknown.
    added: Notify,
    /// Wakes the poller: the last subject was removed.
    emptied: Notify,
}

#[derive(Default)]
struct Watched {
    topics: BTreeMap<Subject, Topic>,
    has_poller: bool,
}

struct Topic {
    latest: watch::Sender<Latest>,
    subscribers: usize,
}

/// The subjects to poll, each with the channel for its result.
pub(super) type Due = BTreeMap<Subject, watch::Sender<Latest>>;

/// The kind of a polling round.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Round {
    /// Polls all subjects that may still change.
    All,
    /// Polls only the subjects without a known state or failure.
    New,
}

/// The registration of one subscription at a feed. Dropping it removes it from the feed.
pub(super) struct Registration {
    feed: Arc<Feed>,
    subjects: Vec<Subject>,
    must_start_poller: bool,
}

impl Feed {
    pub(super) fn new(account: Arc<Account>, completions: Arc<Completions>) -> Self {
        Self { account, completions, watched: Mutex::default(), added: Notify::new(), emptied: Notify::new() }
    }

    /// Registers a subscription. Returns a receiver for each subject, in the same order.
    pub(super) fn register(self: &Arc<Self>, subjects: Vec<Subject>) -> (Registration, Vec<watch::Receiver<Latest>>) {
        let mut watched = self.watched();
        let mut receivers = Vec::with_capacity(subjects.len());
        for subject in &subjects {
            let topic = watched.topics.entry(subject.clone());
            let topic = topic.or_insert_with(|| Topic { latest: watch::Sender::default(), subscribers: 0 });
            topic.subscribers += 1;
            receivers.push(topic.latest.subscribe());
        }
        let must_start_poller = !std::mem::replace(&mut watched.has_poller, true);
        drop(watched);
        self.added.notify_one();
        (Registration { feed: Arc::clone(self), subjects, must_start_poller }, receivers)
    }

    /// Returns the subjects to poll in a round.
    pub(super) fn due(&self, round: Round) -> Due {
        let is_due = |latest: &Latest| match round {
            Round::All => {
                latest.state.as_ref().is_none_or(|state| !state.is_final)
                    && latest.failure.as_ref().is_none_or(|failure| !failure.is_final)
            }
            Round::New => latest.state.is_none() && latest.failure.is_none(),
        };
        let watched = self.watched();
        let due = watched.topics.iter().filter(|(_, topic)| is_due(&topic.latest.borrow()));
        due.map(|(subject, topic)| (subject.clone(), topic.latest.clone())).collect()
    }

    /// Waits until a subscription has been added, whose subjects may be new.
    pub(super) async fn subscription_added(&self) {
        self.added.notified().await;
    }

    /// Waits until there are no subscriptions. The next subscription must start a poller.
    pub(super) async fn abandoned(&self) {
        loop {
            self.emptied.notified().await;
            let mut watched = self.watched();
            if watched.topics.is_empty() {
                watched.has_poller = false;
                return;
            }
        }
    }

    fn watched(&self) -> MutexGuard<'_, Watched> {
        self.watched.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Registration {
    /// Returns whether the feed had no poller, so that the owner of this registration must start one.
    pub(super) fn must_start_poller(&self) -> bool {
        self.must_start_poller
    }

    /// Returns the registered subjects.
    pub(super) fn subjects(&self) -> &[Subject] {
        &self.subjects
    }
}

impl Drop for Registration {
    fn drop(&mut self) {
        let mut watched = self.feed.watched();
        for subject in &self.subjects {
            let Some(topic) = watched.topics.get_mut(subject) else { continue };
            topic.subscribers -= 1;
            if topic.subscribers == 0 {
                watched.topics.remove(subject);
            }
        }
        let is_empty = watched.topics.is_empty();
        drop(watched);
        if is_empty {
            self.feed.emptied.notify_one();
        }
    }
}
