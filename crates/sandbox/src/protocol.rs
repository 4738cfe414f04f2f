//! The parts of a simulated site that do not depend on the operation.

use std::borrow::Cow;

use axum::response::Response;
use serde_json::Value;

/// The names of a simulated site's operations, and its answers to requests for other paths.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Protocol {
    /// Returns the operation of a path, by the simulated site's name for it.
    pub(crate) operation: fn(&str) -> Cow<'_, str>,
    /// The prefix of every path of the API.
    pub(crate) api: &'static str,
    /// Returns the simulated site's envelope of an error, for a status and a message.
    pub(crate) envelope: fn(u16, &str) -> Value,
    /// The site's message for an unknown path.
    pub(crate) not_found: &'static str,
    /// Returns the site's answer for an operation that it does not have.
    pub(crate) no_method: fn(&str) -> Response,
}
