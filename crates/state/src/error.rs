//! How a port fails. What a port decides (a lease that is taken, a version that has moved on, a quota that is used
//! up) is an answer and not an error.

use std::error::Error;
use std::fmt;

/// A port could not do what it was asked.
///
/// It names the port and the kind, never a key or a value: keys are made of callers' names, and values hold tokens.
/// `Display` does not print the source, which is for the log.
#[derive(Debug, thiserror::Error)]
#[error("the {port} of the shared state {kind}")]
pub struct StateError {
    /// The port that failed.
    pub port: Port,
    /// What is wrong with it.
    pub kind: StateErrorKind,
    #[source]
    source: Option<Box<dyn Error + Send + Sync>>,
}

/// One of the four ports.
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
}

/// What is wrong with a port.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum StateErrorKind {
    /// There is no room for what was to be kept; nothing was changed. What expires makes room.
    Full,
    /// The store did not answer. Whether the change was made is not known.
    Unavailable,
}

impl StateError {
    /// An error that has no deeper cause.
    #[must_use]
    pub fn new(port: Port, kind: StateErrorKind) -> Self {
        Self { port, kind, source: None }
    }

    /// The same error with what caused it, for the log.
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
    fn an_error_names_its_port_and_keeps_its_cause_for_the_log() {
        let error = StateError::new(Port::Leases, StateErrorKind::Unavailable)
            .caused_by("redis://:hunter2@host refused the connection");

        assert_eq!(error.to_string(), "the leases of the shared state cannot be reached");
        assert!(error.source().is_some());
    }
}
