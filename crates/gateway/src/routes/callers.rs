//! `/v1/me`, `/v1/providers` and `/v1/accounts`: the calling client, and the providers and accounts that it may use.

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

/// The query parameters of operations that take none.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct NoParameters {}

/// The calling client.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "name": "web", "accounts": ["main"], "scopes": ["read", "write"],
    "rate_limit": {"requests": 100, "per_seconds": 60}
}))]
pub(crate) struct Me {
    /// The client's name in the configuration.
    pub name: String,
    /// The accounts that the client may use.
    pub accounts: Vec<AccountName>,
    /// The scopes of the client: its permitted operations on the accounts.
    pub scopes: Vec<Scope>,
    /// The client's rate limit; `null` if it has none.
    pub rate_limit: Option<RateLimit>,
}

/// A rate limit: the number of requests that a client may send in a number of seconds.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({"requests": 100, "per_seconds": 60}))]
pub(crate) struct RateLimit {
    /// The number of requests.
    pub requests: u32,
    /// The number of seconds.
    pub per_seconds: u32,
}

impl RateLimit {
    fn of(quota: Quota) -> Self {
        // Always fits: the configuration limits both values.
        let per_seconds = u32::try_from(quota.per.as_secs()).unwrap_or(u32::MAX);
        Self { requests: quota.requests.get(), per_seconds }
    }
}

/// Get the calling client.
///
/// Returns the name, the accounts, the scopes and the rate limit of the client that the API key belongs to.
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

/// All providers.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ProviderList {
    /// The providers.
    pub items: Vec<ProviderView>,
    /// Always `null`: there is no further page.
    pub next_cursor: Option<String>,
}

/// List the providers.
///
/// Returns the built-in and the configured providers. A provider is one site: its dialect, its address, and the
/// capabilities of its accounts.
#[utoipa::path(get, path = "/v1/providers", tag = "Gateway", responses(
    (status = 200, description = "The providers", body = ProviderList), CallerProblems
))]
pub(crate) async fn list_providers(
    Caller(context): Caller,
    StrictQuery(_): StrictQuery<NoParameters>,
) -> Json<ProviderList> {
    Json(ProviderList { items: context.roster.providers().to_vec(), next_cursor: None })
}

/// All accounts that the caller may use.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AccountList {
    /// The accounts.
    pub items: Vec<AccountSummary>,
    /// Always `null`: there is no further page.
    pub next_cursor: Option<String>,
}

/// List the accounts.
///
/// Returns each account that the caller may use, with its provider and the state of its calls to the site.
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
