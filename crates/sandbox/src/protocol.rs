//! What the simulated sites say by themselves, whichever operation is asked for.

use std::borrow::Cow;

use axum::response::Response;
use serde_json::Value;

/// How one simulated site is asked, and how it answers where no operation does.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Protocol {
    /// The operation that a path asks for, in the words of the simulated site.
    pub(crate) operation: fn(&str) -> Cow<'_, str>,
    /// What every path of the API begins with.
    pub(crate) api: &'static str,
    /// The simulated site's envelope of an error, from a status and its words.
    pub(crate) envelope: fn(u16, &str) -> Value,
    /// The site's words for a path that it does not know.
    pub(crate) not_found: &'static str,
    /// The site's answer for an operation that it does not have.
    pub(crate) no_method: fn(&str) -> Response,
}
