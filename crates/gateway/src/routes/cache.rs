//! `/v1/accounts/{account}/cache`: forgetting what is known of an account.

use axum::extract::State;
use axum::http::StatusCode;

use super::callers::NoParameters;
use super::paths::AccountPath;
use crate::app::App;
use crate::extract::{Access, StrictQuery};
use crate::problem::{Failure, PurgeProblems};

/// Forget what is known of an account.
///
/// The next question of each kind goes to the site. Needs the scope `admin`. Writes through Polyhost need no purge:
/// what they make untrue is gone before they are answered. It is for what was changed at the site by other ways.
#[utoipa::path(post, path = "/v1/accounts/{account}/cache/purge", tag = "Accounts",
    params(AccountPath),
    responses((status = 204, description = "Nothing is cached of the account"), PurgeProblems))]
pub(crate) async fn purge_cache(
    State(app): State<App>,
    access: Access,
    StrictQuery(_): StrictQuery<NoParameters>,
) -> Result<StatusCode, Failure> {
    app.catalogue().purge(&access.account).await?;
    Ok(StatusCode::NO_CONTENT)
}
