//! The phases of the gateway process.

/// A phase of the process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// The process accepts requests.
    Ready,
    /// The process shuts down. It finishes the requests in progress.
    Draining,
}
