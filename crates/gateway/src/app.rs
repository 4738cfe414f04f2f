//! What every request shares: the accounts, the callers, the catalogue and the state of the process.

use std::collections::BTreeMap;
use std::sync::Arc;

use futures_util::future::join_all;
use polyhost_domain::{Capabilities, Dialect, ProviderId};
use polyhost_state::{MemoryKeyValue, State};
use polyhost_upstream::BuildError;
use serde::Serialize;
use tokio::sync::watch;
use tokio_util::task::TaskTracker;
use utoipa::ToSchema;

use crate::accounts::{Account, Accounts, effective};
use crate::auth::Callers;
use crate::catalogue::Catalogue;
use crate::completions::Completions;
use crate::config::{Config, ServerConfig};
use crate::events::Events;
use crate::idempotency::Records;
use crate::limits::Limits;
use crate::providers;
use crate::uploads::Spool;

/// What every request shares. Cheap to clone.
#[derive(Clone)]
pub struct App(Arc<Shared>);

struct Shared {
    server: ServerConfig,
    callers: Callers,
    limits: Limits,
    records: Records,
    providers: Vec<ProviderView>,
    accounts: Accounts,
    catalogue: Catalogue,
    spool: Spool,
    completions: Arc<Completions>,
    events: Events,
    phase: watch::Sender<Phase>,
    tasks: TaskTracker,
}

/// Where in its life the process is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// It answers.
    Ready,
    /// It is about to end, and finishes what it has begun.
    Draining,
}

/// A provider, as callers see it.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = Provider)]
pub struct ProviderView {
    /// The provider's id.
    pub id: ProviderId,
    /// The dialect that it speaks.
    pub dialect: Dialect,
    /// Where its API is.
    #[schema(example = "https://api.pstream.net/v1")]
    pub base_url: String,
    /// What can be done with its accounts.
    pub capabilities: Capabilities,
}

impl App {
    /// Puts a configuration to work.
    ///
    /// # Errors
    /// Where an HTTP client cannot be built.
    pub fn new(config: &Config, callers: Callers) -> Result<Self, BuildError> {
        let records =
            MemoryKeyValue::shared_by_owners(usize::try_from(config.server.max_idempotency).unwrap_or(usize::MAX));
        let state = State { records: Arc::new(records), ..State::in_memory() };
        let shared = polyhost_upstream::Shared::new(&state);
        let mut accounts = BTreeMap::new();
        for account in config.accounts.values() {
            // An account without a provider is a fault of the configuration, and does not come here.
            let Some(provider) = config.providers.get(&account.provider) else { continue };
            let (adapter, client) = providers::build(provider, account, &state, &shared)?;
            let (unsupported, generations) = (&provider.quirks.unsupported, Arc::clone(&state.generations));
            let account_at_work = Account::new(adapter, unsupported, generations, move || client.circuit());
            accounts.insert(account.name.clone(), Arc::new(account_at_work));
        }
        let providers = config.providers.values().map(|provider| ProviderView {
            id: provider.id.clone(),
            dialect: provider.dialect,
            base_url: provider.base_url.as_str().trim_end_matches('/').to_owned(),
            capabilities: effective(&providers::capabilities(provider), &provider.quirks.unsupported),
        });
        let (completions, tasks, phase) =
            (Arc::<Completions>::default(), TaskTracker::new(), watch::Sender::new(Phase::Ready));
        Ok(Self(Arc::new(Shared {
            server: config.server.clone(),
            callers,
            limits: Limits::new(Arc::clone(&state.limiters)),
            records: Records::new(&state),
            providers: providers.collect(),
            accounts,
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

    /// Who may call.
    #[must_use]
    pub fn callers(&self) -> &Callers {
        &self.0.callers
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

    /// The sites, built in and added.
    #[must_use]
    pub fn providers(&self) -> &[ProviderView] {
        &self.0.providers
    }

    /// The accounts.
    #[must_use]
    pub fn accounts(&self) -> &Accounts {
        &self.0.accounts
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
        join_all(self.accounts().values().map(|account| account.site().close())).await;
    }
}
