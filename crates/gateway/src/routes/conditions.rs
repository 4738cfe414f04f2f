//! The header fields of preconditions, as they are documented. They are read by `preconditions.rs`.

use utoipa::IntoParams;

/// The preconditions of a write.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Header)]
#[expect(dead_code, reason = "read from the request's header fields")]
pub(crate) struct WriteConditions {
    /// `ETag`s, one of which must be the current one, or `*`; else 412, and nothing is done. The site is asked for the
    /// current state first.
    #[param(rename = "If-Match", value_type = Option<String>, nullable = false, example = "*")]
    if_match: Option<String>,
    /// `ETag`s, none of which may be the current one.
    #[param(rename = "If-None-Match", value_type = Option<String>, nullable = false)]
    if_none_match: Option<String>,
    /// A date; a change after it is 412. Not evaluated beside `If-Match`, nor where the site tells no date.
    #[param(rename = "If-Unmodified-Since", value_type = Option<String>, nullable = false)]
    if_unmodified_since: Option<String>,
}
