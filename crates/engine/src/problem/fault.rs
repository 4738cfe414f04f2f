//! What is wrong with a request, place by place.

use std::fmt;

use serde::Serialize;
use utoipa::ToSchema;

/// One fault of a request. Either `parameter` or `pointer` says where it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({"pointer": "/name", "detail": "must not be empty"}))]
pub struct Fault {
    /// The path, query or header parameter that is wrong.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub parameter: Option<String>,
    /// The field of the body that is wrong, as a JSON pointer (RFC 6901).
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub pointer: Option<String>,
    /// What is wrong with it.
    pub detail: String,
}

impl Fault {
    /// How many are told of one request. Whoever has made more of them reads no longer list.
    pub const MOST_TOLD: usize = 50;

    /// A fault in a parameter.
    #[must_use]
    pub fn parameter(name: &str, detail: impl ToString) -> Self {
        Self { parameter: Some(name.to_owned()), pointer: None, detail: detail.to_string() }
    }

    /// A fault in a field of the body, named by its JSON pointer.
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

/// Collects the faults of a request, so that all are told at once.
#[derive(Debug, Default)]
pub struct Faults(Vec<Fault>);

impl Faults {
    /// Adds one.
    pub fn push(&mut self, fault: Fault) {
        self.0.push(fault);
    }

    /// The parsed value, or `None` and a fault.
    pub fn parse<T: std::str::FromStr<Err: fmt::Display>>(
        &mut self,
        text: &str,
        fault: impl FnOnce(T::Err) -> Fault,
    ) -> Option<T> {
        self.take(text.parse(), fault)
    }

    /// The value, or `None` and a fault.
    pub fn take<T, E>(&mut self, parsed: Result<T, E>, fault: impl FnOnce(E) -> Fault) -> Option<T> {
        parsed.map_err(|error| self.push(fault(error))).ok()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The faults.
    #[must_use]
    pub(crate) fn into_vec(self) -> Vec<Fault> {
        self.0
    }
}
