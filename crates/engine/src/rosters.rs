//! The current roster, and its replacement when the configuration is reloaded.

use std::sync::Arc;

use arc_swap::ArcSwap;
use futures_util::future::join_all;
use polyhost_config::{Callers, Client, Config};
use polyhost_upstream::BuildError;
use tokio::sync::watch;
use tokio_util::task::TaskTracker;

use crate::accounts::Account;
use crate::retired::{Retired, RetiredAccount, unused};
use crate::roster::{Resources, Roster};

/// The current roster, and the accounts of earlier rosters that are still in use. Clones share them.
#[derive(Clone)]
pub struct Rosters(Arc<Inner>);

struct Inner {
    /// One pointer, so that accounts and clients change together, and no request waits for a reload.
    current: ArcSwap<Roster>,
    /// Notifies its receivers of each replacement of the roster.
    exchanged: watch::Sender<()>,
    retired: Retired,
    resources: Resources,
    tasks: TaskTracker,
}

impl Rosters {
    /// Builds the roster of the first configuration. Accounts that later reloads retire are closed in `tasks`.
    ///
    /// # Errors
    /// `BuildError` if an HTTP client cannot be built.
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

    /// Returns the current roster. A request takes it once, at its beginning.
    #[must_use]
    pub fn current(&self) -> Arc<Roster> {
        self.0.current.load_full()
    }

    /// Builds the roster of a new configuration without using it yet. Blocks the thread for a moment.
    ///
    /// # Errors
    /// `BuildError` if an HTTP client cannot be built.
    pub fn plan(&self, config: &Config, callers: Callers) -> Result<Roster, BuildError> {
        Roster::new(config, callers, &self.0.resources, Some(&self.current()))
    }

    /// Replaces the current roster. Requests in progress continue with the old one. After they have ended, the accounts
    /// that only the old roster has are closed.
    pub fn exchange(&self, next: Roster) {
        let (next, old) = (Arc::new(next), self.current());
        self.0.current.store(Arc::clone(&next));
        self.0.exchanged.send_replace(());
        for (account, spec) in old.retired_by(&next) {
            self.0.retired.push(RetiredAccount::new(account, spec.clone()));
            self.0.tasks.spawn(self.clone().close_when_unused(Arc::clone(account)));
        }
    }

    /// Closes a retired account when no request uses it any more. If another account shares its session, the last of
    /// these accounts closes the session.
    async fn close_when_unused(self, account: Arc<Account>) {
        unused(&account).await;
        let name = account.name().as_str();
        // Checked after the wait, because a later reload may have added the user again. A reload between this check and
        // `close` is harmless: the new account finds the session closed, and logs in again.
        let last = self.0.retired.release(&account);
        if last.is_some_and(|spec| !self.current().shares_session_with(&spec)) {
            account.close().await;
            tracing::info!(account = name, "the account was removed or changed, and is no longer in use");
        } else {
            tracing::info!(account = name, "the account was removed or changed, and another account keeps its session");
        }
    }

    /// Returns a receiver that is notified of each later replacement of the roster.
    #[must_use]
    pub fn exchanges(&self) -> watch::Receiver<()> {
        self.0.exchanged.subscribe()
    }

    /// Waits until a reload has removed or changed the client or the account.
    pub async fn left_behind(&self, client: &Client, account: &Arc<Account>) {
        let mut exchanges = self.exchanges();
        while self.current().still_has(client, account) && exchanges.changed().await.is_ok() {}
    }

    /// Closes the sessions of all accounts concurrently, so that a site that does not answer does not delay the others.
    pub async fn close(&self) {
        let (current, retired) = (self.current(), self.0.retired.accounts());
        join_all(current.accounts().values().chain(&retired).map(|account| account.close())).await;
    }
}
