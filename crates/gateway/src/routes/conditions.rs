//! The header fields of preconditions, for the OpenAPI document. `polyhost_engine::preconditions` reads them.

use utoipa::IntoParams;

/// The preconditions of a write.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Header)]
#[expect(dead_code, reason = "read from the request's header fields")]
pub(crate) struct WriteConditions {
    /// `ETag`s, one of which must be the current one, or `*`. Otherwise the response is 412, and nothing is changed.
    /// The current state is requested from the site first.
    #[param(rename = "If-Match", value_type = Option<String>, nullable = false)]
    if_match: Option<String>,
    /// `ETag`s, none of which may be the current one; otherwise 412.
    #[param(rename = "If-None-Match", value_type = Option<String>, nullable = false)]
    if_none_match: Option<String>,
    /// A date. If the object changed after it, the response is 412. Ignored if `If-Match` is present, or if the site
    /// reports no date.
    #[param(rename = "If-Unmodified-Since", value_type = Option<String>, nullable = false)]
    if_unmodified_since: Option<String>,
}
