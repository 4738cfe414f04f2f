//! `/v1/accounts/{account}`: the account, its limits and its capabilities.

use axum::Json;
use axum::extract::State;
use axum::response::Response;
use polyhost_domain::{Account, AccountName, Capabilities, DeleteSemantics, DialectName, Limits, ProviderId};
use serde::Serialize;
use utoipa::ToSchema;

use super::cached::{self, Unchanged};
use super::callers::NoParameters;
use super::paths::AccountPath;
use crate::app::App;
use crate::extract::{Access, CacheControl, Conditions, StrictQuery};
use crate::problem::{AccountProblems, Failure, ReadAccountProblems};

/// The capabilities of an account.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Capabilities)]
pub(crate) struct EffectiveCapabilities {
    /// The account.
    pub account: AccountName,
    /// The account's provider.
    pub provider: ProviderId,
    /// The provider's dialect.
    pub dialect: DialectName,
    /// The provider's support of each capability.
    pub capabilities: Capabilities,
    /// The provider's handling of deleted objects.
    pub delete: DeleteSemantics,
    /// The maximum number of ids in one lookup.
    #[schema(example = 500)]
    pub max_batch: usize,
    /// The largest upload, in bytes.
    #[schema(example = 107_374_182_400_u64)]
    pub max_upload_bytes: Option<u64>,
}

/// Get an account.
///
/// Returns the account as its site describes it. Both dialects: `account/info`.
#[utoipa::path(get, path = "/v1/accounts/{account}", tag = "Accounts",
    params(AccountPath),
    responses(
        (status = 200, description = "The account", body = Account, headers(
            ("ETag" = String, description = "A strong entity tag"),
            ("Age" = u64, description = "The age of the data, in seconds"),
            ("Cache-Status" = String, description = "Whether the response comes from the cache (RFC 9211)"),
        )),
        Unchanged,
        ReadAccountProblems
    ))]
pub(crate) async fn get_account(
    State(app): State<App>,
    access: Access,
    CacheControl(freshness): CacheControl,
    StrictQuery(_): StrictQuery<NoParameters>,
    Conditions(conditions): Conditions,
) -> Result<Response, Failure> {
    cached::known(&conditions, &app.catalogue().account(&access.account, freshness).await?)
}

/// Get the limits of an account's plan.
///
/// `null` means no limit, or none that the site reports. YetiShare dialect: `account/package`, plus the additional
/// storage in `account/info`.
#[utoipa::path(get, path = "/v1/accounts/{account}/limits", tag = "Accounts",
    params(AccountPath),
    responses(
        (status = 200, description = "The limits", body = Limits, headers(
            ("ETag" = String, description = "A strong entity tag"),
            ("Age" = u64, description = "The age of the data, in seconds"),
            ("Cache-Status" = String, description = "Whether the response comes from the cache (RFC 9211)"),
        )),
        Unchanged,
        ReadAccountProblems
    ))]
pub(crate) async fn get_limits(
    State(app): State<App>,
    access: Access,
    CacheControl(freshness): CacheControl,
    StrictQuery(_): StrictQuery<NoParameters>,
    Conditions(conditions): Conditions,
) -> Result<Response, Failure> {
    cached::known(&conditions, &app.catalogue().limits(&access.account, freshness).await?)
}

/// Get the capabilities of an account.
///
/// Native: the site provides it. Emulated: Polyhost builds it from other calls to the site. Unsupported: a request
/// returns 422 `capability_unsupported`, and nothing is sent to the site.
#[utoipa::path(get, path = "/v1/accounts/{account}/capabilities", tag = "Accounts",
    params(AccountPath),
    responses((status = 200, description = "The capabilities", body = EffectiveCapabilities), AccountProblems))]
pub(crate) async fn get_capabilities(
    State(app): State<App>,
    access: Access,
    StrictQuery(_): StrictQuery<NoParameters>,
) -> Json<EffectiveCapabilities> {
    let profile = access.profile();
    let own = app.server().max_upload;
    Json(EffectiveCapabilities {
        account: profile.origin.account.clone(),
        provider: profile.origin.provider.clone(),
        dialect: profile.dialect,
        capabilities: access.capabilities().into_owned(),
        delete: profile.delete,
        max_batch: profile.max_batch,
        max_upload_bytes: Some(profile.max_upload_bytes.map_or(own, |site| site.min(own))),
    })
}
