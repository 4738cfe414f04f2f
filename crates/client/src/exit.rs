//! The exit codes that scripts rely on, and their order of precedence.

use crate::{Failure, FailureKind};

/// The result of a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    /// Everything was done.
    Done = 0,
    /// Something failed.
    SomeFailed = 1,
    /// The command line is invalid; nothing was attempted.
    WrongUsage = 2,
    /// Nothing was done, because the gateway cannot be reached.
    Unreachable = 3,
    /// The key is missing or wrong, or the client lacks a scope.
    Denied = 4,
    /// A request was sent and its outcome is unknown.
    OutcomeUnknown = 5,
    /// Ended by Ctrl-C.
    Interrupted = 130,
}

impl Exit {
    /// Returns the exit code of the process.
    #[must_use]
    pub fn code(self) -> u8 {
        self as u8
    }
}

/// The results of a command's parts so far.
#[derive(Debug, Clone, Default)]
pub(crate) struct Tally {
    succeeded: bool,
    failures: Vec<FailureKind>,
}

impl Tally {
    /// Counts a success.
    pub(crate) fn succeed(&mut self) {
        self.succeeded = true;
    }

    /// Counts a failure.
    pub(crate) fn fail(&mut self, failure: &Failure) {
        let kind = failure.kind();
        if !self.failures.contains(&kind) {
            self.failures.push(kind);
        }
    }

    /// Returns the exit of the whole command, by its most important failure.
    pub(crate) fn exit(&self) -> Exit {
        let failed = |kind| self.failures.contains(&kind);
        let only_unreachable = self.failures == [FailureKind::Unreachable] && !self.succeeded;
        match () {
            () if failed(FailureKind::Interrupted) => Exit::Interrupted,
            () if failed(FailureKind::OutcomeUnknown) => Exit::OutcomeUnknown,
            () if failed(FailureKind::Denied) => Exit::Denied,
            () if failed(FailureKind::WrongUsage) => Exit::WrongUsage,
            () if only_unreachable => Exit::Unreachable,
            () if !self.failures.is_empty() => Exit::SomeFailed,
            () => Exit::Done,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn exit(succeeded: bool, failures: &[FailureKind]) -> Exit {
        Tally { succeeded, failures: failures.to_vec() }.exit()
    }

    #[test]
    fn most_important_failure_decides() {
        use FailureKind::{Denied, Failed, Interrupted, OutcomeUnknown, Unreachable};
        assert_eq!(exit(false, &[]), Exit::Done);
        assert_eq!(exit(true, &[]), Exit::Done);
        assert_eq!(exit(true, &[Failed]), Exit::SomeFailed);
        assert_eq!(exit(true, &[Failed, Denied]), Exit::Denied);
        assert_eq!(exit(true, &[Denied, OutcomeUnknown, Failed]), Exit::OutcomeUnknown);
        assert_eq!(exit(true, &[OutcomeUnknown, Interrupted]), Exit::Interrupted);
        assert_eq!(exit(false, &[Unreachable]), Exit::Unreachable);
    }

    #[test]
    fn gateway_that_was_reached_before_is_not_unreachable() {
        use FailureKind::{Failed, Unreachable};
        assert_eq!(exit(true, &[Unreachable]), Exit::SomeFailed);
        assert_eq!(exit(false, &[Failed, Unreachable]), Exit::SomeFailed);
    }
}
