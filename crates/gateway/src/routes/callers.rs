//! `/v1/me`, `/v1/providers` and `/v1/accounts`: who calls, and what there is for that client.

use axum::Json;
use polyhost_config::Scope;
use polyhost_domain::AccountName;
use polyhost_engine::accounts::AccountSummary;
use polyhost_engine::roster::ProviderView;
use polyhost_state::Quota;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::extract::{Caller, StrictQuery};
use crate::problem::CallerProblems;

/// Operations without parameters.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct NoParameters {}

/// The client that calls.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({"name": "web", "accounts": ["main"], "scopes": ["read", "write"], "rate_limit": {"requests": 100, "per_seconds": 60}}))]
pub(crate) struct Me {
    /// The client's name in the configuration.
    pub name: String,
    /// The accounts that it may use.
    pub accounts: Vec<AccountName>,
    /// What it may do with them.
    pub scopes: Vec<Scope>,
    /// How many requests it may send; `null`: as many as it wants.
    pub rate_limit: Option<RateLimit>,
}

/// How many requests a client may send.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({"requests": 100, "per_seconds": 60}))]
pub(crate) struct RateLimit {
    /// So many requests
    pub requests: u32,
    /// in so many seconds.
    pub per_seconds: u32,
}

impl RateLimit {
    fn of(quota: Quota) -> Self {
        // The configuration holds both to what fits.
        let per_seconds = u32::try_from(quota.per.as_secs()).unwrap_or(u32::MAX);
        Self { requests: quota.requests.get(), per_seconds }
    }
}

/// The client that calls.
///
/// The name, the accounts and the scopes that the API key stands for, and how much it may ask.
#[utoipa::path(get, path = "/v1/me", tag = "Gateway", responses(
    (status = 200, description = "The client", body = Me), CallerProblems
))]
pub(crate) async fn get_me(Caller(context): Caller, StrictQuery(_): StrictQuery<NoParameters>) -> Json<Me> {
    let accounts =
        context.roster.accounts().keys().filter(|name| context.client.accounts.includes(name)).cloned().collect();
    let scopes = context.client.scopes.iter().copied().collect();
    Json(Me {
        name: context.client.name.clone(),
        accounts,
        scopes,
        rate_limit: context.client.rate_limit.map(RateLimit::of),
    })
}

/// The providers, all at once.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ProviderList {
    /// The providers.
    pub items: Vec<ProviderView>,
    /// Always `null`: there is no further page.
    pub next_cursor: Option<String>,
}

/// The providers that are built in or configured.
///
/// A provider is one site: its dialect, its address, and what can be done with its accounts.
#[utoipa::path(get, path = "/v1/providers", tag = "Gateway", responses(
    (status = 200, description = "The providers", body = ProviderList), CallerProblems
))]
pub(crate) async fn list_providers(
    Caller(context): Caller,
    StrictQuery(_): StrictQuery<NoParameters>,
) -> Json<ProviderList> {
    Json(ProviderList { items: context.roster.providers().to_vec(), next_cursor: None })
}

/// The accounts, all at once.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AccountList {
    /// The accounts.
    pub items: Vec<AccountSummary>,
    /// Always `null`: there is no further page.
    pub next_cursor: Option<String>,
}

/// The accounts that the caller may use.
///
/// Each with its provider, and how its calls to the site fare.
#[utoipa::path(get, path = "/v1/accounts", tag = "Accounts", responses(
    (status = 200, description = "The accounts", body = AccountList), CallerProblems
))]
pub(crate) async fn list_accounts(
    Caller(context): Caller,
    StrictQuery(_): StrictQuery<NoParameters>,
) -> Json<AccountList> {
    let accounts = context.roster.accounts().iter().filter(|(name, _)| context.client.accounts.includes(name));
    Json(AccountList { items: accounts.map(|(_, account)| account.summary()).collect(), next_cursor: None })
}
