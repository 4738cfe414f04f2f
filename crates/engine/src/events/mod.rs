//! Events: streams of the changes of remote uploads and conversions.
//!
//! - Each account has a `feed`: the watched `subject`s, with the latest `state` of each.
//! - One `poller` per feed reads all its subjects from the site, and stores the results in the feed. It runs while
//!   there are subscriptions. `queries` reads many subjects with as few calls as possible.
//! - A `subscription` is the view of one stream on a feed. It wakes only when one of its own subjects has changed, and
//!   sends the latest state. A slow reader gets only the latest state, so it needs no queue in memory.
//! - `delivered` computes the event ids, with which a stream can be resumed.

mod delivered;
mod feed;
mod poller;
mod queries;
mod state;
mod subject;
mod subscription;
#[cfg(test)]
mod tests;

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

/// The event feeds of all accounts.
pub struct Events {
    /// The feeds with subscriptions, by the incarnation of their account. The map holds weak references: a feed and its
    /// account are dropped with the last subscription and the poller.
    feeds: Mutex<HashMap<Incarnation, Weak<Feed>>>,
    completions: Arc<Completions>,
    /// The pollers. The shutdown waits for these tasks.
    tasks: TaskTracker,
    phase: watch::Receiver<Phase>,
}

impl Events {
    /// Returns events without feeds. The pollers run in `tasks`, and end as soon as `phase` is draining.
    #[must_use]
    pub fn new(completions: Arc<Completions>, tasks: TaskTracker, phase: watch::Receiver<Phase>) -> Self {
        Self { feeds: Mutex::default(), completions, tasks, phase }
    }

    /// Subscribes a request to subjects of an account, until the subscription is dropped.
    #[must_use]
    pub fn subscribe(&self, account: &Arc<Account>, subjects: Vec<Subject>, request: Occurrence) -> Subscription {
        let feed = self.feed(account);
        let (registration, receivers) = feed.register(subjects);
        if registration.must_start_poller() {
            self.tasks.spawn(poller::run(feed, self.phase.clone()));
        }
        Subscription::new(account.name(), registration, receivers, self.phase.clone(), request)
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
