//! What a command ends with: the exit codes that scripts rely on, and which of them counts where several would.

use crate::{Failure, FailureKind};

/// How a command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    /// All was done.
    Done = 0,
    /// Something was not done.
    SomeFailed = 1,
    /// The command line makes no sense; nothing was tried.
    WrongUsage = 2,
    /// Nothing was done, for the gateway cannot be reached.
    Unreachable = 3,
    /// The key is missing, wrong, or lacks a scope.
    Denied = 4,
    /// Something was sent, and what became of it is not known.
    OutcomeUnknown = 5,
    /// Ended by Ctrl-C.
    Interrupted = 130,
}

impl Exit {
    /// The number that the process ends with.
    #[must_use]
    pub fn code(self) -> u8 {
        self as u8
    }
}

/// How the parts of a command have fared so far.
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

    /// What it comes to: the one that asks most of whoever reads it.
    pub(crate) fn exit(&self) -> Exit {
        let failed = |kind| self.failures.contains(&kind);
        let unreachable_alone = self.failures == [FailureKind::Unreachable] && !self.succeeded;
        match () {
            () if failed(FailureKind::Interrupted) => Exit::Interrupted,
            () if failed(FailureKind::OutcomeUnknown) => Exit::OutcomeUnknown,
            () if failed(FailureKind::Denied) => Exit::Denied,
            () if unreachable_alone => Exit::Unreachable,
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
    fn the_failure_that_asks_most_of_the_reader_decides() {
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
    fn a_gateway_that_was_reached_at_first_is_not_called_unreachable() {
        use FailureKind::{Failed, Unreachable};
        assert_eq!(exit(true, &[Unreachable]), Exit::SomeFailed);
        assert_eq!(exit(false, &[Failed, Unreachable]), Exit::SomeFailed);
    }
}
