//! Ctrl-C, observed by all running work.

use std::io;

use tokio_util::sync::CancellationToken;

/// The interrupt by the user. Clones share it.
#[derive(Debug, Clone, Default)]
pub struct Interrupt {
    first: CancellationToken,
    /// The second Ctrl-C, which does not wait for the work under way.
    second: CancellationToken,
}

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
            seen.first.cancel();
            signal.recv().await;
            seen.second.cancel();
        });
        Ok(interrupt)
    }

    /// Creates an interrupt that has happened.
    #[cfg(test)]
    pub(crate) fn already() -> Self {
        let interrupt = Self::default();
        interrupt.first.cancel();
        interrupt
    }

    /// Waits until the user interrupts.
    pub(crate) async fn interrupted(&self) {
        self.first.cancelled().await;
    }

    /// Runs `work` until the user interrupts. Returns `None` if interrupted; after an interrupt, no work starts.
    pub(crate) async fn unless<T>(&self, work: impl Future<Output = T>) -> Option<T> {
        unless(self.interrupted(), work).await
    }

    /// Runs `work`, which ends by itself after an interrupt, until the user interrupts again.
    pub(crate) async fn unless_repeated<T>(&self, work: impl Future<Output = T>) -> Option<T> {
        unless(self.second.cancelled(), work).await
    }
}

async fn unless<T>(event: impl Future<Output = ()>, work: impl Future<Output = T>) -> Option<T> {
    tokio::select! {
        biased;
        () = event => None,
        done = work => Some(done),
    }
}
