//! The roster: the clients, providers and accounts of one configuration. A reload replaces the whole roster.
//!
//! A request uses the same roster from its beginning to its end, so it never uses a mix of two configurations.

use std::collections::BTreeMap;
use std::sync::Arc;

use polyhost_config::{AccountConfig, Callers, Client, Config, ProviderConfig, ServerConfig};
use polyhost_domain::{AccountName, Capabilities, DialectName, Origin, ProviderId};
use polyhost_state::State;
use polyhost_upstream::{BuildError, Client as Upstream, Quirks, Site};
use serde::Serialize;
use tokio_util::task::TaskTracker;
use utoipa::ToSchema;

use crate::accounts::{Account, Accounts, effective};
use crate::users::Users;

/// The clients, providers and accounts of one configuration.
pub struct Roster {
    callers: Callers,
    providers: Vec<ProviderView>,
    accounts: Accounts,
    specs: BTreeMap<AccountName, AccountSpec>,
}

/// A provider, as the API shows it.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = Provider)]
pub struct ProviderView {
    /// The provider's id.
    pub id: ProviderId,
    /// The dialect that it speaks.
    pub dialect: DialectName,
    /// The base URL of its API.
    #[schema(example = "https://api.pstream.net/v1")]
    pub base_url: String,
    /// The capabilities of its accounts.
    pub capabilities: Capabilities,
}

/// The parts of the configuration that an account was built from.
#[derive(Clone)]
pub(crate) struct AccountSpec {
    account: AccountConfig,
    dialect: DialectName,
    quirks: Quirks,
}

/// The shared resources that accounts are built with. They stay the same over all reloads.
pub struct Resources {
    /// The state that all replicas of the gateway share.
    pub state: State,
    /// The part of the HTTP clients that all accounts share.
    shared: polyhost_upstream::Shared,
    users: Users,
}

impl Resources {
    /// Returns the resources with the state that replicas share. Logins run in `tasks`.
    #[must_use]
    pub fn new(server: &ServerConfig, state: State, tasks: &TaskTracker) -> Self {
        let shared =
            polyhost_upstream::Shared::new(&state).with_max_decoding(server.max_decoding).with_tasks(tasks.clone());
        Self { state, shared, users: Users::default() }
    }
}

impl AccountSpec {
    fn new(account: &AccountConfig, provider: &ProviderConfig) -> Self {
        Self { account: account.clone(), dialect: provider.dialect.name, quirks: provider.quirks.clone() }
    }

    /// Returns whether accounts built from both would be equal, so that a reload can keep the existing one.
    fn is_equivalent_to(&self, other: &Self) -> bool {
        self.shares_session_with(other)
            && self.quirks == other.quirks
            && self.account.provider == other.account.provider
            && self.account.settings == other.account.settings
    }

    /// Returns whether both accounts use the same session at their site.
    pub(crate) fn shares_session_with(&self, other: &Self) -> bool {
        self.dialect == other.dialect && self.account.is_same_user(&other.account)
    }
}

impl Roster {
    /// Builds the roster of a configuration. An account with equal settings in `previous` is reused, with its session
    /// and its connections.
    ///
    /// # Errors
    /// `BuildError` if an HTTP client cannot be built.
    pub(crate) fn new(
        config: &Config,
        callers: Callers,
        resources: &Resources,
        previous: Option<&Self>,
    ) -> Result<Self, BuildError> {
        let (mut accounts, mut specs) = (Accounts::new(), BTreeMap::new());
        for account in config.accounts.values() {
            // The check of the configuration has already rejected an account without a provider.
            let Some(provider) = config.providers.get(&account.provider) else { continue };
            let spec = AccountSpec::new(account, provider);
            let built = match previous.and_then(|previous| previous.equivalent_account(&account.name, &spec)) {
                Some(reused) => reused,
                None => build_account(provider, account, resources)?,
            };
            accounts.insert(account.name.clone(), built);
            specs.insert(account.name.clone(), spec);
        }
        let providers = config.providers.values().map(ProviderView::new).collect();
        Ok(Self { callers, providers, accounts, specs })
    }

    /// The clients that may call.
    #[must_use]
    pub fn callers(&self) -> &Callers {
        &self.callers
    }

    /// The providers: the built-in ones, and those of the configuration.
    #[must_use]
    pub fn providers(&self) -> &[ProviderView] {
        &self.providers
    }

    /// The accounts.
    #[must_use]
    pub fn accounts(&self) -> &Accounts {
        &self.accounts
    }

    /// Returns whether this roster still has this client with equal settings, and this very account.
    pub(crate) fn still_has(&self, client: &Client, account: &Arc<Account>) -> bool {
        self.callers.contains(client) && self.accounts.get(account.name()).is_some_and(|own| Arc::ptr_eq(own, account))
    }

    /// Returns the accounts of this roster that another one has removed or changed, each with its spec.
    pub(crate) fn retired_by<'a>(
        &'a self,
        other: &'a Self,
    ) -> impl Iterator<Item = (&'a Arc<Account>, &'a AccountSpec)> {
        self.missing_from(other).filter_map(|account| Some((account, self.specs.get(account.name())?)))
    }

    /// Returns the accounts of this roster that another one has removed or changed.
    pub fn missing_from<'a>(&'a self, other: &'a Self) -> impl Iterator<Item = &'a Arc<Account>> {
        let is_reused = |account: &Arc<Account>| {
            other.accounts.get(account.name()).is_some_and(|reused| Arc::ptr_eq(reused, account))
        };
        self.accounts.values().filter(move |account| !is_reused(account))
    }

    /// Returns whether an account of this roster uses the same session as an account with this spec.
    pub(crate) fn shares_session_with(&self, retired: &AccountSpec) -> bool {
        self.specs.values().any(|own| own.shares_session_with(retired))
    }

    fn equivalent_account(&self, name: &AccountName, wanted: &AccountSpec) -> Option<Arc<Account>> {
        let spec = self.specs.get(name)?;
        spec.is_equivalent_to(wanted).then(|| self.accounts.get(name).map(Arc::clone))?
    }
}

fn build_account(
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
    let account = Account::new(adapter, user, &provider.quirks.unsupported, move || client.circuit());
    Ok(Arc::new(account))
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
