//! The write gate of a request: whether the request may still start a write at a site. It is the only record of whether
//! a write has been sent.

use std::sync::atomic::{AtomicU8, Ordering};

const OPEN: u8 = 0;
const PASSED: u8 = 1;
const CLOSED: u8 = 2;

/// The gate that each write of one request passes. A request may make several writes. Reads and logins do not pass it.
///
/// The gate is closed when the request's time is over. Either no write was sent and none will be, or one was sent and
/// closing fails: the further writes of the request may follow.
#[derive(Debug, Default)]
pub(crate) struct WriteGate(AtomicU8);

impl WriteGate {
    /// Closes the gate to writes. Returns `false` if a write has already passed; then further writes may pass too.
    pub(crate) fn close(&self) -> bool {
        self.0.compare_exchange(OPEN, CLOSED, Ordering::AcqRel, Ordering::Acquire) != Err(PASSED)
    }

    /// Returns whether the gate is closed to writes.
    pub(crate) fn is_closed(&self) -> bool {
        self.0.load(Ordering::Acquire) == CLOSED
    }

    /// Passes a write that is about to be sent. Returns `false` if the gate is closed.
    pub(crate) fn pass(&self) -> bool {
        self.0.compare_exchange(OPEN, PASSED, Ordering::AcqRel, Ordering::Acquire) != Err(CLOSED)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn closed_gate_stops_writes_and_a_passed_gate_stays_open() {
        let closed = WriteGate::default();
        assert!(closed.close() && closed.close());
        assert!(closed.is_closed() && !closed.pass());

        let queried = WriteGate::default();
        assert!(!queried.is_closed());
        assert!(queried.close(), "`is_closed` does not count as a write");

        let passed = WriteGate::default();
        assert!(passed.pass());
        assert!(!passed.close());
        assert!(passed.pass());
    }
}
