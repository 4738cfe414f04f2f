//! The speed at which a caller reads. A caller counts as stalled if nothing moves for a while. So for a slow caller the
//! visible steps must be small, while a fast caller profits from large ones.

use std::time::Duration;

use tokio::time::Instant;

/// The number of bytes between two measurements. It exceeds the unread data in the buffers of both operating systems.
const SPAN: usize = 16 << 20;
/// The longest time for these bytes at which a caller counts as fast.
const FAST: Duration = Duration::from_secs(4);

/// The measured speed of one caller.
#[derive(Debug)]
pub struct Speed {
    counted: usize,
    since: Instant,
    is_fast: bool,
}

impl Default for Speed {
    /// Slow until the first measurement.
    fn default() -> Self {
        Self { counted: 0, since: Instant::now(), is_fast: false }
    }
}

impl Speed {
    /// Counts sent bytes.
    pub fn count(&mut self, bytes: usize) {
        self.counted += bytes;
        if self.counted >= SPAN {
            self.is_fast = self.since.elapsed() <= FAST;
            (self.counted, self.since) = (0, Instant::now());
        }
    }

    /// Returns whether the last measured bytes were sent fast.
    pub fn is_fast(&self) -> bool {
        self.is_fast
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::advance;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn speed_is_that_of_the_last_megabytes() {
        let mut speed = Speed::default();
        for (pause, is_fast) in [(FAST, true), (FAST + Duration::from_millis(1), false), (Duration::ZERO, true)] {
            let before = speed.is_fast();
            speed.count(SPAN - 1);
            advance(pause).await;
            assert_eq!(speed.is_fast(), before, "too few bytes for a measurement");
            speed.count(1);
            assert_eq!(speed.is_fast(), is_fast, "{pause:?}");
        }
    }
}
