//! The roster at work, and its exchange for that of a new configuration.

use std::sync::Arc;

use arc_swap::ArcSwap;
use futures_util::future::join_all;
use polyhost_config::{Client, Config};
use polyhost_upstream::BuildError;
use tokio::sync::watch;
use tokio_util::task::TaskTracker;

use crate::accounts::Account;
use crate::callers::Callers;
use crate::retired::{Former, Retired, unused};
use crate::roster::{Resources, Roster};

/// The roster at work, and the accounts of earlier ones that are still in use. Clones share them.
#[derive(Clone)]
pub struct Rosters(Arc<Inner>);

struct Inner {
    /// One pointer, so that accounts and clients change together, and no request waits for that.
    current: ArcSwap<Roster>,
    /// Changes with each exchange.
    exchanged: watch::Sender<()>,
    retired: Retired,
    resources: Resources,
    tasks: TaskTracker,
}

impl Rosters {
    /// Puts a configuration to work. Accounts that are left behind later are closed in `tasks`.
    ///
    /// # Errors
    /// Where an HTTP client cannot be built.
    pub fn new(
        config: &Config,
        callers: Callers,
        resources: Resources,
        tasks: TaskTracker,
    ) -> Result<Self, BuildError> {
        let current = ArcSwap::from_pointee(Roster::new(config, callers, &resources, None)?);
        let (exchanged, retired) = (watch::Sender::new(()), Retired::default());
        Ok(Self(Arc::new(Inner { current, exchanged, retired, resources, tasks })))
    }

    /// The roster at work. A request takes it once, at its beginning.
    #[must_use]
    pub fn current(&self) -> Arc<Roster> {
        self.0.current.load_full()
    }

    /// Makes the roster of a new configuration ready. It takes a moment, and blocks.
    ///
    /// # Errors
    /// Where an HTTP client cannot be built.
    pub fn plan(&self, config: &Config, callers: Callers) -> Result<Roster, BuildError> {
        Roster::new(config, callers, &self.0.resources, Some(&self.current()))
    }

    /// Exchanges the roster. Requests under way go on with the old one; when they have ended, the accounts that only the
    /// old one has are closed.
    pub fn exchange(&self, next: Roster) {
        let (next, old) = (Arc::new(next), self.current());
        self.0.current.store(Arc::clone(&next));
        self.0.exchanged.send_replace(());
        for (account, origins) in old.left_by(&next) {
            self.0.retired.push(Former::new(account, origins.clone()));
            self.0.tasks.spawn(self.clone().close_when_unused(Arc::clone(account)));
        }
    }

    /// Closes an account once no request uses it any more, unless another account has its session: then the last of them
    /// gives the session back.
    async fn close_when_unused(self, account: Arc<Account>) {
        unused(&account).await;
        let name = account.name().as_str();
        // Only now: the user may have been configured again meanwhile. An account that is configured between this question
        // and the end of the session finds the session ended, and logs in again.
        let last = self.0.retired.release(&account);
        if last.is_some_and(|origins| !self.current().uses_the_session_of(&origins)) {
            account.close().await;
            tracing::info!(account = name, "the account was removed or changed, and is no longer in use");
        } else {
            tracing::info!(account = name, "the account was removed or changed, and another account keeps its session");
        }
    }

    /// A receiver that changes with each exchange from now on.
    #[must_use]
    pub fn exchanges(&self) -> watch::Receiver<()> {
        self.0.exchanged.subscribe()
    }

    /// Resolves when an exchange has removed or changed the client or the account.
    pub async fn left_behind(&self, client: &Client, account: &Arc<Account>) {
        let mut exchanges = self.exchanges();
        while self.current().still_has(client, account) && exchanges.changed().await.is_ok() {}
    }

    /// Gives back what the accounts hold at their sites, side by side: a site that does not answer delays no other.
    pub async fn close(&self) {
        let (current, retired) = (self.current(), self.0.retired.accounts());
        join_all(current.accounts().values().chain(&retired).map(|account| account.close())).await;
    }
}
