//! Whether a request may still start a write at a site: only here is it known what has been sent.

use std::sync::atomic::{AtomicU8, Ordering};

const OPEN: u8 = 0;
const PASSED: u8 = 1;
const CLOSED: u8 = 2;

/// Stands before the writes of one request, which may take several calls. Reads and logins do not pass it.
///
/// When the request's time is over, the gate is closed. Then either no write was sent and none will be, or one was sent
/// and the writes that belong to it follow.
#[derive(Debug, Default)]
pub(crate) struct WriteGate(AtomicU8);

impl WriteGate {
    /// Lets no write pass any more. Returns `false` if one has passed already: then others may follow it.
    pub(crate) fn close(&self) -> bool {
        self.0.compare_exchange(OPEN, CLOSED, Ordering::AcqRel, Ordering::Acquire) != Err(PASSED)
    }

    /// Whether the gate lets no write pass any more.
    pub(crate) fn is_closed(&self) -> bool {
        self.0.load(Ordering::Acquire) == CLOSED
    }

    /// Lets a write pass that is about to be sent, if it may.
    pub(crate) fn pass(&self) -> bool {
        self.0.compare_exchange(OPEN, PASSED, Ordering::AcqRel, Ordering::Acquire) != Err(CLOSED)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn closed_gate_lets_no_write_pass_and_a_passed_one_stays_open() {
        let closed = WriteGate::default();
        assert!(closed.close() && closed.close());
        assert!(closed.is_closed() && !closed.pass());

        let asked = WriteGate::default();
        assert!(!asked.is_closed());
        assert!(asked.close(), "a question is no write");

        let passed = WriteGate::default();
        assert!(passed.pass());
        assert!(!passed.close());
        assert!(passed.pass());
    }
}
