//! The rules for retries: the failures that are retried, the number of attempts, and the pauses.

use std::time::Duration;

use crate::Failure;

/// The pauses before each retry. Their number is the maximum number of retries.
const PAUSES: [Duration; 5] = [
    Duration::from_millis(250),
    Duration::from_secs(1),
    Duration::from_secs(4),
    Duration::from_secs(8),
    Duration::from_secs(15),
];

/// The attempts of one operation.
#[derive(Debug, Default)]
pub(crate) struct Attempts {
    failed: usize,
}

impl Attempts {
    /// Returns the wait before the next attempt; `None` if there is none. The gateway may request a longer wait.
    pub(crate) fn pause_after(&mut self, failure: &Failure) -> Option<Duration> {
        let pause = *PAUSES.get(self.failed)?;
        let asked = failure.problem().retry_after().unwrap_or_default();
        self.failed += 1;
        Some(pause.max(asked))
    }

    /// Forgets previous failures, because there was progress.
    pub(crate) fn reset(&mut self) {
        self.failed = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn failure(retry_after: Option<u64>) -> Failure {
        Failure::answered(503, json!({"code": "draining", "retryable": true, "retry_after": retry_after}))
    }

    #[test]
    fn pauses_grow_and_are_limited() {
        let mut attempts = Attempts::default();
        let pauses: Vec<Duration> = std::iter::from_fn(|| attempts.pause_after(&failure(None))).collect();
        assert!(pauses.is_sorted() && pauses.len() == PAUSES.len(), "{pauses:?}");
        attempts.reset();
        assert_eq!(attempts.pause_after(&failure(None)), Some(PAUSES[0]));
    }

    #[test]
    fn requested_wait_is_respected_however_long() {
        assert_eq!(Attempts::default().pause_after(&failure(Some(3_600))), Some(Duration::from_secs(3_600)));
        assert_eq!(Attempts::default().pause_after(&failure(Some(0))), Some(PAUSES[0]));
    }
}
