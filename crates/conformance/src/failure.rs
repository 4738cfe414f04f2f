//! The failure of a check.

use std::fmt;

/// An expectation of a check that a provider did not meet.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct Failure {
    check: Option<&'static str>,
    subject: String,
    expected: String,
    got: String,
}

impl Failure {
    /// Creates a failure from the examined subject, the expected value, and the actual one.
    #[must_use]
    pub fn new(subject: impl Into<String>, expected: impl Into<String>, got: impl Into<String>) -> Self {
        Self { check: None, subject: subject.into(), expected: expected.into(), got: got.into() }
    }

    /// Sets the name of the check that found the failure.
    #[must_use]
    pub fn in_check(mut self, name: &'static str) -> Self {
        self.check = Some(name);
        self
    }

    /// Returns the name of the check, if it was run by [`crate::run`] or [`crate::Check::run`].
    #[must_use]
    pub fn check(&self) -> Option<&'static str> {
        self.check
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(check) = self.check {
            write!(f, "{}: ", check.replace('_', " "))?;
        }
        write!(f, "{}: expected {}, got {}", self.subject, self.expected, self.got)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_reads_as_a_sentence() {
        let failure = Failure::new("the size of the copy", "7", "6").in_check("a_copy_has_the_bytes");
        assert_eq!(failure.to_string(), "a copy has the bytes: the size of the copy: expected 7, got 6");
        assert_eq!(failure.check(), Some("a_copy_has_the_bytes"));
    }
}
