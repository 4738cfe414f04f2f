//! Who may call, and for which accounts: what a new configuration swaps whole. A request takes one roster at its
//! beginning and keeps it to its end, so that it sees all of it old or all of it new.

use std::collections::BTreeMap;
use std::sync::Arc;

use polyhost_config::{AccountConfig, Client, Config, ProviderConfig, ServerConfig};
use polyhost_domain::{AccountName, Capabilities, DialectName, Origin, ProviderId};
use polyhost_state::{MemoryKeyValue, State};
use polyhost_upstream::{BuildError, Client as Upstream, Quirks, Site};
use serde::Serialize;
use tokio_util::task::TaskTracker;
use utoipa::ToSchema;

use crate::accounts::{Account, Accounts, effective};
use crate::callers::Callers;
use crate::users::Users;

/// Who may call, and for which accounts.
pub struct Roster {
    callers: Callers,
    providers: Vec<ProviderView>,
    accounts: Accounts,
    origins: BTreeMap<AccountName, Origins>,
}

/// A provider, as callers see it.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = Provider)]
pub struct ProviderView {
    /// The provider's id.
    pub id: ProviderId,
    /// The dialect that it speaks.
    pub dialect: DialectName,
    /// Where its API is.
    #[schema(example = "https://api.pstream.net/v1")]
    pub base_url: String,
    /// What can be done with its accounts.
    pub capabilities: Capabilities,
}

/// All that an account was made of.
#[derive(Clone)]
pub(crate) struct Origins {
    account: AccountConfig,
    dialect: DialectName,
    quirks: Quirks,
}

/// What accounts are made with, and what outlives them all.
pub struct Resources {
    /// What replicas would share.
    pub state: State,
    /// What the accounts send with.
    shared: polyhost_upstream::Shared,
    users: Users,
}

impl Resources {
    /// New ones, in which nothing is known yet. Logins run in `tasks`.
    #[must_use]
    pub fn new(server: &ServerConfig, tasks: &TaskTracker) -> Self {
        let most = usize::try_from(server.max_idempotency).unwrap_or(usize::MAX);
        let state = State { records: Arc::new(MemoryKeyValue::shared_by_owners(most)), ..State::in_memory() };
        let shared =
            polyhost_upstream::Shared::new(&state).with_max_decoding(server.max_decoding).with_tasks(tasks.clone());
        Self { state, shared, users: Users::default() }
    }
}

impl Origins {
    fn new(account: &AccountConfig, provider: &ProviderConfig) -> Self {
        Self { account: account.clone(), dialect: provider.dialect.name, quirks: provider.quirks.clone() }
    }

    /// Whether an account made of the one is as good as one made of the other.
    fn make_the_same_as(&self, other: &Self) -> bool {
        self.uses_the_session_of(other)
            && self.quirks == other.quirks
            && self.account.provider == other.account.provider
            && self.account.settings == other.account.settings
    }

    /// Whether both accounts have one session at their site.
    pub(crate) fn uses_the_session_of(&self, other: &Self) -> bool {
        self.dialect == other.dialect && self.account.is_same_user(&other.account)
    }
}

impl Roster {
    /// Puts the accounts and clients of a configuration to work. An account that the roster before has just so is taken
    /// from there, with its session and its connections.
    ///
    /// # Errors
    /// Where an HTTP client cannot be built.
    pub(crate) fn new(
        config: &Config,
        callers: Callers,
        resources: &Resources,
        before: Option<&Self>,
    ) -> Result<Self, BuildError> {
        let (mut accounts, mut origins) = (Accounts::new(), BTreeMap::new());
        for account in config.accounts.values() {
            // An account without a provider is a fault of the configuration, and does not come here.
            let Some(provider) = config.providers.get(&account.provider) else { continue };
            let made_of = Origins::new(account, provider);
            let at_work = match before.and_then(|before| before.made_of(&account.name, &made_of)) {
                Some(kept) => kept,
                None => put_to_work(provider, account, resources)?,
            };
            accounts.insert(account.name.clone(), at_work);
            origins.insert(account.name.clone(), made_of);
        }
        let providers = config.providers.values().map(ProviderView::new).collect();
        Ok(Self { callers, providers, accounts, origins })
    }

    /// Who may call.
    #[must_use]
    pub fn callers(&self) -> &Callers {
        &self.callers
    }

    /// The sites, built in and added.
    #[must_use]
    pub fn providers(&self) -> &[ProviderView] {
        &self.providers
    }

    /// The accounts.
    #[must_use]
    pub fn accounts(&self) -> &Accounts {
        &self.accounts
    }

    /// Whether a client may still call as it did, for an account that is still the same.
    pub(crate) fn still_has(&self, client: &Client, account: &Arc<Account>) -> bool {
        self.callers.know(client) && self.accounts.get(account.name()).is_some_and(|own| Arc::ptr_eq(own, account))
    }

    /// The accounts that another roster has not, or not just so, and what each was made of.
    pub(crate) fn left_by<'a>(&'a self, other: &'a Self) -> impl Iterator<Item = (&'a Arc<Account>, &'a Origins)> {
        self.missing_from(other).filter_map(|account| Some((account, self.origins.get(account.name())?)))
    }

    /// The accounts that another roster has not, or not just so.
    pub fn missing_from<'a>(&'a self, other: &'a Self) -> impl Iterator<Item = &'a Arc<Account>> {
        let kept = |account: &Arc<Account>| {
            other.accounts.get(account.name()).is_some_and(|at_work| Arc::ptr_eq(at_work, account))
        };
        self.accounts.values().filter(move |account| !kept(account))
    }

    /// Whether an account here has the session of one that was made of this.
    pub(crate) fn uses_the_session_of(&self, former: &Origins) -> bool {
        self.origins.values().any(|own| own.uses_the_session_of(former))
    }

    fn made_of(&self, name: &AccountName, wanted: &Origins) -> Option<Arc<Account>> {
        let origins = self.origins.get(name)?;
        origins.make_the_same_as(wanted).then(|| self.accounts.get(name).map(Arc::clone))?
    }
}

fn put_to_work(
    provider: &ProviderConfig,
    account: &AccountConfig,
    resources: &Resources,
) -> Result<Arc<Account>, BuildError> {
    let origin = Origin { account: account.name.clone(), provider: provider.id.clone() };
    let client = Upstream::new(origin.clone(), &account.base_url, account.settings.clone(), &resources.shared)?;
    let site = Site {
        origin,
        base_url: account.base_url.clone(),
        credentials: account.credentials.clone(),
        quirks: provider.quirks.clone(),
    };
    let adapter = (provider.dialect.build)(site, client.clone(), &resources.state);
    let user = resources.users.get(&account.user(provider.dialect), &resources.state);
    let at_work = Account::new(adapter, user, &provider.quirks.unsupported, move || client.circuit());
    Ok(Arc::new(at_work))
}

impl ProviderView {
    fn new(provider: &ProviderConfig) -> Self {
        Self {
            id: provider.id.clone(),
            dialect: provider.dialect.name,
            base_url: provider.base_url.as_str().trim_end_matches('/').to_owned(),
            capabilities: effective(&(provider.dialect.capabilities)(&provider.quirks), &provider.quirks.unsupported),
        }
    }
}
