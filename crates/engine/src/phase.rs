//! The life of the process.

/// Where in its life the process is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// It answers.
    Ready,
    /// It is about to end, and finishes what it has begun.
    Draining,
}
