//! Whether a request of a caller's may still change anything: only here is it known what has been sent.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

const OPEN: u8 = 0;
const PASSED: u8 = 1;
const CLOSED: u8 = 2;

tokio::task_local! {
    static GATE: Arc<WriteGate>;
}

/// Stands before what a request of a caller's has sites change, which may take several calls. Reads and logins pass by.
///
/// Whoever gives up on the request closes it, and knows then for certain: either nothing was sent that changes
/// anything, and nothing will be; or something was, and what belongs to it goes on.
#[derive(Debug, Default)]
pub struct WriteGate(AtomicU8);

impl WriteGate {
    /// Stands before the writes of what is done for a request, in this task.
    pub async fn guard<T>(self: Arc<Self>, request: impl Future<Output = T>) -> T {
        GATE.scope(self, request).await
    }

    /// Lets no write pass any more. `false`: one has passed already, so that others may follow it.
    pub fn close(&self) -> bool {
        self.0.compare_exchange(OPEN, CLOSED, Ordering::AcqRel, Ordering::Acquire) != Err(PASSED)
    }

    fn is_closed(&self) -> bool {
        self.0.load(Ordering::Acquire) == CLOSED
    }

    fn pass(&self) -> bool {
        self.0.compare_exchange(OPEN, PASSED, Ordering::AcqRel, Ordering::Acquire) != Err(CLOSED)
    }
}

/// Lets a write pass that is about to be sent, if it may. What is done for no request always may.
pub(crate) fn pass() -> bool {
    GATE.try_with(|gate| gate.pass()).unwrap_or(true)
}

/// Whether a write will not be let through any more.
pub(crate) fn is_closed() -> bool {
    GATE.try_with(|gate| gate.is_closed()).unwrap_or(false)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_is_closed_lets_nothing_pass_and_what_was_passed_stays_open() {
        let closed = Arc::new(WriteGate::default());
        assert!(closed.close() && closed.close());
        assert!(!Arc::clone(&closed).guard(async { pass() || !is_closed() }).await);

        let asked = Arc::new(WriteGate::default());
        assert!(!Arc::clone(&asked).guard(async { is_closed() }).await);
        assert!(asked.close(), "who only asks has not passed");

        let passed = Arc::new(WriteGate::default());
        assert!(Arc::clone(&passed).guard(async { pass() }).await);
        assert!(!passed.close());
        assert!(passed.guard(async { pass() }).await);
        assert!(pass());
    }
}
