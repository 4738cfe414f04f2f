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

    fn pass(&self) -> bool {
        self.0.compare_exchange(OPEN, PASSED, Ordering::AcqRel, Ordering::Acquire) != Err(CLOSED)
    }
}

/// Whether a write may be sent. What is done for no request always may.
pub(crate) fn pass() -> bool {
    GATE.try_with(|gate| gate.pass()).unwrap_or(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_is_closed_lets_nothing_pass_and_what_was_passed_stays_open() {
        let closed = Arc::new(WriteGate::default());
        assert!(closed.close() && closed.close());
        assert!(!Arc::clone(&closed).guard(async { pass() }).await);

        let passed = Arc::new(WriteGate::default());
        assert!(Arc::clone(&passed).guard(async { pass() }).await);
        assert!(!passed.close());
        assert!(passed.guard(async { pass() }).await);
        assert!(pass());
    }
}
