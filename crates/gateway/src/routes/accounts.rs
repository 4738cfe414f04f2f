//! `/v1/accounts/{account}`: the account itself, and what can be done with it.

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

/// What can be done with an account.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Capabilities)]
pub(crate) struct EffectiveCapabilities {
    /// The account.
    pub account: AccountName,
    /// The provider that it is at.
    pub provider: ProviderId,
    /// The dialect that the provider speaks.
    pub dialect: DialectName,
    /// How each capability is done.
    pub capabilities: Capabilities,
    /// What deleting means.
    pub delete: DeleteSemantics,
    /// The most files that one lookup may ask for.
    #[schema(example = 500)]
    pub max_batch: usize,
    /// The largest upload, in bytes.
    #[schema(example = 107_374_182_400_u64)]
    pub max_upload_bytes: Option<u64>,
}

/// One account.
///
/// As its site describes it. Both dialects: `account/info`.
#[utoipa::path(get, path = "/v1/accounts/{account}", tag = "Accounts",
    params(AccountPath),
    responses(
        (status = 200, description = "The account", body = Account, headers(
            ("ETag" = String, description = "A strong entity tag"),
            ("Age" = u64, description = "How old the answer is, in seconds"),
            ("Cache-Status" = String, description = "Whether the cache answered (RFC 9211)"),
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

/// What an account's plan allows.
///
/// `null` is no limit, or none that the site tells. YetiShare dialect: `account/package`, and the storage that
/// `account/info` grants above it.
#[utoipa::path(get, path = "/v1/accounts/{account}/limits", tag = "Accounts",
    params(AccountPath),
    responses(
        (status = 200, description = "The limits", body = Limits, headers(
            ("ETag" = String, description = "A strong entity tag"),
            ("Age" = u64, description = "How old the answer is, in seconds"),
            ("Cache-Status" = String, description = "Whether the cache answered (RFC 9211)"),
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

/// What can be done with an account.
///
/// Native: the site does it. Emulated: Polyhost makes it from what the site does. Unsupported: asking for it is
/// answered with 422 `capability_unsupported`, and nothing is sent to the site.
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
