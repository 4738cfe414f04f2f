//! Marks: short texts that replicas share, such as the ids of deleted files.

use std::time::Duration;

use async_trait::async_trait;

use crate::StateError;

/// The time for which a mark can be read.
pub const MARK_LIFE: Duration = Duration::from_secs(60 * 60);

/// A log of the marks of each owner.
///
/// A replica adds its marks, and reads those that were added since it last read. It keeps them in its own memory.
#[async_trait]
pub trait Marks: Send + Sync {
    /// Adds a mark. If it was added before, it is added anew.
    ///
    /// # Errors
    /// `Unavailable`: the mark may have been added.
    async fn add(&self, owner: &str, mark: &str) -> Result<(), StateError>;

    /// Returns the marks of an owner that were added since `position`, and the position for the next call. The first
    /// position is 0.
    ///
    /// # Errors
    /// `Unavailable`.
    async fn since(&self, owner: &str, position: u64) -> Result<(Vec<String>, u64), StateError>;
}
