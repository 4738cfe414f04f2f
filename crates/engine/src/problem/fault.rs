//! The faults of a request, each with its place.

use std::fmt;

use serde::Serialize;
use utoipa::ToSchema;

/// One fault of a request. Either `parameter` or `pointer` locates it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({"pointer": "/name", "detail": "must not be empty"}))]
pub struct Fault {
    /// The invalid path, query or header parameter.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub parameter: Option<String>,
    /// The invalid field of the body, as a JSON pointer (RFC 6901).
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub pointer: Option<String>,
    /// A description of the fault.
    pub detail: String,
}

impl Fault {
    /// The maximum number of faults that one problem lists. More would not help the caller.
    pub const MOST_REPORTED: usize = 50;

    /// Returns a fault in a parameter.
    #[must_use]
    pub fn parameter(name: &str, detail: impl ToString) -> Self {
        Self { parameter: Some(name.to_owned()), pointer: None, detail: detail.to_string() }
    }

    /// Returns a fault in a field of the body, given by its JSON pointer.
    #[must_use]
    pub fn pointer(pointer: &str, detail: impl ToString) -> Self {
        Self { parameter: None, pointer: Some(pointer.to_owned()), detail: detail.to_string() }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.parameter, &self.pointer) {
            (Some(name), _) => write!(f, "parameter \"{name}\" {}", self.detail),
            (None, Some(pointer)) if !pointer.is_empty() => write!(f, "field \"{pointer}\" {}", self.detail),
            _ => write!(f, "the body {}", self.detail),
        }
    }
}

/// Collects the faults of a request, so that one problem reports all of them.
#[derive(Debug, Default)]
pub struct Faults(Vec<Fault>);

impl Faults {
    /// Adds a fault.
    pub fn push(&mut self, fault: Fault) {
        self.0.push(fault);
    }

    /// Parses a text. If that fails, adds a fault and returns `None`.
    pub fn parse<T: std::str::FromStr<Err: fmt::Display>>(
        &mut self,
        text: &str,
        fault: impl FnOnce(T::Err) -> Fault,
    ) -> Option<T> {
        self.take(text.parse(), fault)
    }

    /// Returns the value of a result. For an error, adds a fault and returns `None`.
    pub fn take<T, E>(&mut self, parsed: Result<T, E>, fault: impl FnOnce(E) -> Fault) -> Option<T> {
        parsed.map_err(|error| self.push(fault(error))).ok()
    }

    /// Returns whether there are no faults.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns the faults.
    #[must_use]
    pub(crate) fn into_vec(self) -> Vec<Fault> {
        self.0
    }
}
