//! `/v1/accounts/{account}/conversions`: the jobs that make files playable.

use axum::Json;
use polyhost_domain::{AccountName, Capability, Conversion, ConversionQuery};
use serde::Deserialize;
use utoipa::IntoParams;

use super::{JobLimit, JobList};
use crate::extract::{Access, Reading, StrictQuery};
use crate::problem::{Problem, ReadOfFileProblems};

/// Which conversions to list.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ConversionParameters {
    /// Only those of this file.
    #[param(nullable = false)]
    pub file_id: Option<String>,
    /// At most so many.
    #[serde(default)]
    #[param(value_type = u32, minimum = 1, maximum = 100, default = 100)]
    pub limit: JobLimit,
}

/// The conversions.
///
/// OpenLoad dialect: `file/converts`.
#[utoipa::path(get, path = "/v1/accounts/{account}/conversions", tag = "Conversions",
    params(("account" = AccountName, Path, description = "The account's name"), ConversionParameters),
    responses((status = 200, description = "The conversions", body = JobList<Conversion>), ReadOfFileProblems))]
pub async fn list_conversions(
    access: Access<Reading>,
    StrictQuery(parameters): StrictQuery<ConversionParameters>,
) -> Result<Json<JobList<Conversion>>, Problem> {
    access.require(Capability::ConversionsList)?;
    let file = parameters.file_id.map(|id| access.file_id(&id)).transpose()?;
    let query = ConversionQuery { file, limit: parameters.limit.0 };
    let conversions = access.read(access.site().conversions(query)).await?;
    Ok(Json(JobList::cut(conversions, parameters.limit)))
}
