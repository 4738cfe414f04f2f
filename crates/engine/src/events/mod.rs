//! Events: what becomes of remote uploads and conversions, told to whoever watches them.
//!
//! Each account has a `feed`: the `subject`s that somebody watches, and what is known of each. While there are any,
//! one `poller` asks the site about all of them together, in as few calls as `asking` knows how, and puts what it
//! learns there. A `subscription` is one caller's view of a feed. It wakes only when one of its own subjects has
//! changed, and takes the latest `state` of it: who reads slowly misses what was in between, and costs no memory.

mod asking;
mod feed;
mod poller;
mod state;
mod subject;
mod subscription;
#[cfg(test)]
mod tests;
mod told;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use tokio::sync::watch;
use tokio_util::task::TaskTracker;

pub use subject::Subject;
pub use subscription::{Message, Subscription};

use crate::accounts::{Account, Incarnation};
use crate::completions::Completions;
use crate::phase::Phase;
use crate::problem::Occurrence;
use feed::Feed;

/// The feeds of all accounts.
pub struct Events {
    /// Those that somebody watches, by the incarnation of their account: a feed, and with it the account, is held by its
    /// watchers and its poller alone.
    feeds: Mutex<HashMap<Incarnation, Weak<Feed>>>,
    completions: Arc<Completions>,
    /// What the end of the process waits for.
    tasks: TaskTracker,
    phase: watch::Receiver<Phase>,
}

impl Events {
    /// Feeds that nobody watches yet. Their pollers are among `tasks`, and end as soon as the process is draining.
    #[must_use]
    pub fn new(completions: Arc<Completions>, tasks: TaskTracker, phase: watch::Receiver<Phase>) -> Self {
        Self { feeds: Mutex::default(), completions, tasks, phase }
    }

    /// Watches an account's subjects for a request, from now until the subscription is dropped.
    #[must_use]
    pub fn subscribe(&self, account: &Arc<Account>, subjects: Vec<Subject>, request: Occurrence) -> Subscription {
        let feed = self.feed(account);
        let (seat, standings) = feed.sit(subjects);
        if seat.is_first() {
            self.tasks.spawn(poller::run(feed, self.phase.clone()));
        }
        Subscription::new(account.name(), seat, standings, self.phase.clone(), request)
    }

    fn feed(&self, account: &Arc<Account>) -> Arc<Feed> {
        let mut feeds = self.feeds.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(feed) = feeds.get(&account.incarnation()).and_then(Weak::upgrade) {
            return feed;
        }
        feeds.retain(|_, feed| feed.strong_count() > 0);
        let feed = Arc::new(Feed::new(Arc::clone(account), Arc::clone(&self.completions)));
        feeds.insert(account.incarnation(), Arc::downgrade(&feed));
        feed
    }
}
