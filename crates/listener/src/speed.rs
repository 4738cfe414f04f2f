//! Whether bytes go to a caller fast, for what serves the fast in a way that would harm the slow: a caller is taken to
//! have stopped where nothing moves for a while, so the slower one is, the smaller must be what is seen to move.

use std::time::Duration;

use tokio::time::Instant;

/// After how many bytes is looked how long they took: more than what both systems hold of what nobody has read.
const SPAN: usize = 16 << 20;
/// How long so many take at most where they go fast.
const FAST: Duration = Duration::from_secs(4);

/// How fast bytes go, as they are counted.
#[derive(Debug)]
pub struct Speed {
    counted: usize,
    since: Instant,
    is_fast: bool,
}

impl Default for Speed {
    /// Slow, until something else is known.
    fn default() -> Self {
        Self { counted: 0, since: Instant::now(), is_fast: false }
    }
}

impl Speed {
    /// Notes that so many have gone.
    pub fn count(&mut self, bytes: usize) {
        self.counted += bytes;
        if self.counted >= SPAN {
            self.is_fast = self.since.elapsed() <= FAST;
            (self.counted, self.since) = (0, Instant::now());
        }
    }

    /// Whether the last bytes of which that is known went fast.
    pub fn is_fast(&self) -> bool {
        self.is_fast
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::advance;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn bytes_go_fast_if_the_last_megabytes_did() {
        let mut speed = Speed::default();
        for (pause, is_fast) in [(FAST, true), (FAST + Duration::from_millis(1), false), (Duration::ZERO, true)] {
            let before = speed.is_fast();
            speed.count(SPAN - 1);
            advance(pause).await;
            assert_eq!(speed.is_fast(), before, "too few to say");
            speed.count(1);
            assert_eq!(speed.is_fast(), is_fast, "{pause:?}");
        }
    }
}
