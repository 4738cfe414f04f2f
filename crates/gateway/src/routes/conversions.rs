//! `/v1/accounts/{account}/conversions`: the jobs that convert files into a playable form.

use axum::Json;
use polyhost_domain::{Conversion, ConversionQuery};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::JobLimit;
use super::paths::AccountPath;
use crate::extract::{Access, StrictQuery};
use crate::problem::{Failure, ReadOfFileProblems};

/// The selection of conversions to list.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ConversionParameters {
    /// Only conversions of this file.
    #[param(nullable = false)]
    pub file_id: Option<String>,
    /// The maximum number of conversions to list.
    #[serde(default)]
    #[param(value_type = u32, minimum = 1, maximum = 100, default = 100)]
    pub limit: JobLimit,
}

/// A list of conversions, up to the limit.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ConversionList {
    /// The conversions.
    pub items: Vec<Conversion>,
    /// Always `null`: the site has no further pages.
    pub next_cursor: Option<String>,
    /// Whether the limit was reached, so that there may be more.
    #[schema(example = false)]
    pub truncated: bool,
    /// The number of entries of the site's list that could not be read. They are not among the items.
    #[schema(example = 0)]
    pub unreadable: usize,
}

/// List the conversions.
///
/// A conversion is a job of the site that makes a file playable. OpenLoad dialect: `file/converts`.
#[utoipa::path(get, path = "/v1/accounts/{account}/conversions", tag = "Conversions",
    params(AccountPath, ConversionParameters),
    responses((status = 200, description = "The conversions", body = ConversionList), ReadOfFileProblems))]
pub(crate) async fn list_conversions(
    access: Access,
    StrictQuery(parameters): StrictQuery<ConversionParameters>,
) -> Result<Json<ConversionList>, Failure> {
    let file = parameters.file_id.map(|id| access.file_id(&id)).transpose()?;
    let query = ConversionQuery { file, limit: parameters.limit.get() };
    let conversions = access.conversions(query).await?;
    let unreadable = conversions.unreadable;
    let (items, truncated) = parameters.limit.cut(conversions);
    Ok(Json(ConversionList { items, next_cursor: None, truncated, unreadable }))
}
