//! What every request shares: the accounts, the callers, the catalogue and the state of the process.

use std::sync::Arc;

use arc_swap::ArcSwap;
use futures_util::future::join_all;
use polyhost_config::{Client, Config, ServerConfig};
use polyhost_engine::accounts::Account;
use polyhost_engine::callers::Callers;
use polyhost_engine::catalogue::Catalogue;
use polyhost_engine::completions::Completions;
use polyhost_engine::events::Events;
use polyhost_engine::phase::Phase;
use polyhost_engine::retired::{Former, Retired, unused};
use polyhost_engine::roster::{Ground, Roster};
use polyhost_engine::uploads::Spool;
use polyhost_upstream::BuildError;
use tokio::sync::watch;
use tokio_util::task::TaskTracker;

use crate::idempotency::Records;
use crate::limits::Limits;

/// What every request shares. Cheap to clone.
#[derive(Clone)]
pub struct App(Arc<Shared>);

struct Shared {
    server: ServerConfig,
    limits: Limits,
    records: Records,
    /// One pointer, so that accounts and clients change together, and no request waits for that.
    roster: ArcSwap<Roster>,
    /// Says that the roster was exchanged.
    exchanged: watch::Sender<()>,
    retired: Retired,
    ground: Ground,
    catalogue: Catalogue,
    spool: Spool,
    completions: Arc<Completions>,
    events: Events,
    phase: watch::Sender<Phase>,
    tasks: TaskTracker,
}

impl App {
    /// Puts a configuration to work.
    ///
    /// # Errors
    /// Where an HTTP client cannot be built.
    pub fn new(config: &Config, callers: Callers) -> Result<Self, BuildError> {
        let ground = Ground::new(&config.server);
        let roster = Roster::new(config, callers, &ground, None)?;
        let (completions, tasks, phase) =
            (Arc::<Completions>::default(), TaskTracker::new(), watch::Sender::new(Phase::Ready));
        Ok(Self(Arc::new(Shared {
            server: config.server.clone(),
            limits: Limits::new(Arc::clone(&ground.state.limiters)),
            records: Records::new(&ground.state),
            roster: ArcSwap::from_pointee(roster),
            exchanged: watch::Sender::new(()),
            retired: Retired::default(),
            ground,
            catalogue: Catalogue::new(&config.cache, tasks.clone()),
            spool: Spool::new(config.server.spool_dir.clone(), config.server.max_spool),
            events: Events::new(Arc::clone(&completions), tasks.clone(), phase.subscribe()),
            completions,
            phase,
            tasks,
        })))
    }

    /// The settings of `[server]`.
    #[must_use]
    pub fn server(&self) -> &ServerConfig {
        &self.0.server
    }

    /// Who may call, and for which accounts, from now on. A request asks once.
    #[must_use]
    pub fn roster(&self) -> Arc<Roster> {
        self.0.roster.load_full()
    }

    /// How much each client may ask.
    #[must_use]
    pub fn limits(&self) -> &Limits {
        &self.0.limits
    }

    /// The requests with an `Idempotency-Key`.
    #[must_use]
    pub fn records(&self) -> &Records {
        &self.0.records
    }

    /// The roster of a new configuration, made ready. It takes a moment, and blocks.
    ///
    /// # Errors
    /// Where an HTTP client cannot be built.
    pub fn plan(&self, config: &Config, callers: Callers) -> Result<Roster, BuildError> {
        Roster::new(config, callers, &self.0.ground, Some(&self.roster()))
    }

    /// Exchanges the roster. Requests under way go on with the old one; what only that one has of the accounts is given
    /// back when they have ended.
    pub fn exchange(&self, next: Roster) {
        let (next, old) = (Arc::new(next), self.roster());
        self.0.roster.store(Arc::clone(&next));
        self.0.exchanged.send_replace(());
        for (account, origins) in old.left_by(&next) {
            self.0.retired.push(Former::new(account, origins.clone()));
            self.tasks().spawn(self.clone().give_back(Arc::clone(account)));
        }
    }

    /// Gives back what an account holds at its site, once no request uses the account any more. A session is given back
    /// by the last account that has it, whether that is at work or was left behind, too.
    async fn give_back(self, account: Arc<Account>) {
        unused(&account).await;
        let name = account.name().as_str();
        // Asked only now: the user may have been configured again meanwhile. What is configured between the question and
        // the end of the session finds it ended, and begins another.
        let last = self.0.retired.release(&account);
        if last.is_some_and(|origins| !self.roster().uses_the_session_of(&origins)) {
            account.close().await;
            tracing::info!(account = name, "the account was removed or changed, and nobody uses it any more");
        } else {
            tracing::info!(account = name, "the account was removed or changed, and another goes on with its session");
        }
    }

    /// Changes with each exchange of the roster, from now on.
    pub(crate) fn exchanges(&self) -> watch::Receiver<()> {
        self.0.exchanged.subscribe()
    }

    /// Resolves when an exchange has left the client or the account behind.
    pub(crate) async fn left_behind(&self, client: &Client, account: &Arc<Account>) {
        let mut exchanges = self.exchanges();
        while self.roster().still_has(client, account) && exchanges.changed().await.is_ok() {}
    }

    /// What is known of the accounts.
    #[must_use]
    pub fn catalogue(&self) -> &Catalogue {
        &self.0.catalogue
    }

    /// Where bodies are kept that cannot be passed on as they arrive.
    #[must_use]
    pub fn spool(&self) -> &Spool {
        &self.0.spool
    }

    /// The remote uploads whose success is known.
    #[must_use]
    pub fn completions(&self) -> &Completions {
        &self.0.completions
    }

    /// What becomes of remote uploads and conversions.
    #[must_use]
    pub fn events(&self) -> &Events {
        &self.0.events
    }

    /// What is finished even if its caller goes away, and before the process ends.
    #[must_use]
    pub fn tasks(&self) -> &TaskTracker {
        &self.0.tasks
    }

    /// Where in its life the process is.
    #[must_use]
    pub fn phase(&self) -> Phase {
        *self.0.phase.borrow()
    }

    /// Says that the process is about to end.
    pub fn drain(&self) {
        self.0.phase.send_replace(Phase::Draining);
    }

    /// Gives back what the accounts hold at their sites, side by side: one that does not answer holds up no other.
    pub async fn close(&self) {
        let retired = self.0.retired.accounts();
        let roster = self.roster();
        join_all(roster.accounts().values().chain(&retired).map(|account| account.close())).await;
    }
}
