//! Ctrl-C, observed by all running work.

use std::io;

use tokio_util::sync::CancellationToken;

/// The interrupt by the user. Clones share it.
#[derive(Debug, Clone, Default)]
pub struct Interrupt(CancellationToken);

impl Interrupt {
    /// Listens for Ctrl-C from now on.
    ///
    /// # Errors
    /// An error of the operating system.
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

    /// Creates an interrupt that has happened.
    #[cfg(test)]
    pub(crate) fn already() -> Self {
        let interrupt = Self::default();
        interrupt.0.cancel();
        interrupt
    }

    /// Waits until the user interrupts.
    pub(crate) async fn interrupted(&self) {
        self.0.cancelled().await;
    }

    /// Runs `work` until the user interrupts. Returns `None` if interrupted; after an interrupt, no work starts.
    pub(crate) async fn unless<T>(&self, work: impl Future<Output = T>) -> Option<T> {
        tokio::select! {
            biased;
            () = self.interrupted() => None,
            done = work => Some(done),
        }
    }
}
