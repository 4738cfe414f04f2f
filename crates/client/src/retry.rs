//! When something is tried again by itself, how often, and after which pause.

use std::time::Duration;

use crate::Failure;

/// The pauses before the tries after the first: as many as there are.
const PAUSES: [Duration; 5] = [
    Duration::from_millis(250),
    Duration::from_secs(1),
    Duration::from_secs(4),
    Duration::from_secs(8),
    Duration::from_secs(15),
];
/// Whoever is told to wait longer had better decide for himself.
const LONGEST_WAIT: Duration = Duration::from_secs(30);

/// The tries of one piece of work.
#[derive(Debug, Default)]
pub(crate) struct Tries {
    failed: usize,
}

impl Tries {
    /// How long to wait before the next try; nothing if there is to be none. What the gateway asks for counts.
    pub(crate) fn pause_after(&mut self, failure: &Failure) -> Option<Duration> {
        let pause = *PAUSES.get(self.failed)?;
        let asked = failure.problem().retry_after().unwrap_or_default();
        self.failed += 1;
        (asked <= LONGEST_WAIT).then(|| pause.max(asked))
    }

    /// Forgets the failures so far, because there was progress since.
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
    fn pauses_grow_and_come_to_an_end() {
        let mut tries = Tries::default();
        let pauses: Vec<Duration> = std::iter::from_fn(|| tries.pause_after(&failure(None))).collect();
        assert!(pauses.is_sorted() && pauses.len() == PAUSES.len(), "{pauses:?}");
        tries.reset();
        assert_eq!(tries.pause_after(&failure(None)), Some(PAUSES[0]));
    }

    #[test]
    fn what_the_gateway_asks_for_is_waited_for_unless_it_is_long() {
        assert_eq!(Tries::default().pause_after(&failure(Some(30))), Some(Duration::from_secs(30)));
        assert_eq!(Tries::default().pause_after(&failure(Some(31))), None);
        assert_eq!(Tries::default().pause_after(&failure(Some(0))), Some(PAUSES[0]));
    }
}
