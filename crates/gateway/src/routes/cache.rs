//! `/v1/accounts/{account}/cache`: purging the cache of an account.

use axum::extract::State;
use axum::http::StatusCode;

use super::callers::NoParameters;
use super::paths::AccountPath;
use crate::app::App;
use crate::extract::{Access, StrictQuery};
use crate::problem::{Failure, PurgeProblems};

/// Purge the cache of an account.
///
/// After a purge, the next read of each object goes to the site. Needs the scope `admin`. A purge is useful after
/// changes that were made at the site directly. Writes through Polyhost need none: they invalidate the affected cache
/// entries before they return.
#[utoipa::path(post, path = "/v1/accounts/{account}/cache/purge", tag = "Accounts",
    params(AccountPath),
    responses((status = 204, description = "The cache of the account is empty"), PurgeProblems))]
pub(crate) async fn purge_cache(
    State(app): State<App>,
    access: Access,
    StrictQuery(_): StrictQuery<NoParameters>,
) -> Result<StatusCode, Failure> {
    app.catalogue().purge(&access.account).await;
    Ok(StatusCode::NO_CONTENT)
}
