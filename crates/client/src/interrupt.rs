//! Ctrl-C, seen by everything that is under way.

use std::io;

use tokio_util::sync::CancellationToken;

/// Whether the user has asked to stop. Clones see the same.
#[derive(Debug, Clone, Default)]
pub struct Interrupt(CancellationToken);

impl Interrupt {
    /// Listens for Ctrl-C from now on.
    ///
    /// # Errors
    /// Where the system does not let signals be listened for.
    pub fn listen() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        let mut signal = signal(SignalKind::interrupt())?;
        let interrupt = Self::default();
        let seen = interrupt.clone();
        tokio::spawn(async move {
            signal.recv().await;
            seen.0.cancel();
        });
        Ok(interrupt)
    }

    /// Waits until the user asks to stop.
    pub(crate) async fn asked(&self) {
        self.0.cancelled().await;
    }

    /// What comes of some work, or nothing if the user asks to stop before. Work that has not begun is not begun.
    pub(crate) async fn unless<T>(&self, work: impl Future<Output = T>) -> Option<T> {
        tokio::select! {
            biased;
            () = self.asked() => None,
            done = work => Some(done),
        }
    }
}
