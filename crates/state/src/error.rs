//! The errors of the ports. A taken lease, a changed version or a used-up quota is a regular result, not an error.

use std::error::Error;
use std::fmt;

/// The error of a port that could not carry out a call.
///
/// It contains the port and the kind, never a key or a value: keys contain callers' names, and values contain tokens.
/// `Display` does not print the source, which is only for the log.
#[derive(Debug, thiserror::Error)]
#[error("the {port} of the shared state {kind}")]
pub struct StateError {
    /// The port that failed.
    pub port: Port,
    /// The reason for the failure.
    pub kind: StateErrorKind,
    #[source]
    source: Option<Box<dyn Error + Send + Sync>>,
}

/// One of the ports.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Port {
    /// [`Leases`](crate::Leases).
    Leases,
    /// [`KeyValue`](crate::KeyValue).
    Values,
    /// [`Generations`](crate::Generations).
    Generations,
    /// [`Limiters`](crate::Limiters).
    Limiters,
    /// [`Windows`](crate::Windows).
    Windows,
    /// [`Marks`](crate::Marks).
    Marks,
}

/// The reason why a port failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum StateErrorKind {
    /// The store has no room for the value, and nothing was changed. Values that expire make room.
    Full,
    /// The store did not answer. It is unknown whether the change was made.
    Unavailable,
}

impl StateError {
    /// Returns an error without a source.
    #[must_use]
    pub fn new(port: Port, kind: StateErrorKind) -> Self {
        Self { port, kind, source: None }
    }

    /// Returns the same error with its cause, for the log.
    #[must_use]
    pub fn caused_by(mut self, source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        self.source = Some(source.into());
        self
    }
}

impl fmt::Display for Port {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Leases => "leases",
            Self::Values => "values",
            Self::Generations => "generations",
            Self::Limiters => "limiters",
            Self::Windows => "windows",
            Self::Marks => "marks",
        })
    }
}

impl fmt::Display for StateErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Full => "have no room left",
            Self::Unavailable => "cannot be reached",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn error_prints_its_port_and_has_its_cause_as_source() {
        let error = StateError::new(Port::Leases, StateErrorKind::Unavailable)
            .caused_by("redis://:hunter2@host refused the connection");

        assert_eq!(error.to_string(), "the leases of the shared state cannot be reached");
        assert!(error.source().is_some());
    }
}
