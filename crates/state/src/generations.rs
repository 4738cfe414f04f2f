//! Generations: by what a cached answer is known to be out of date.

use async_trait::async_trait;

use crate::StateError;

/// A number for each scope that only rises.
///
/// A reader asks for the number before it reads from the site, and keeps the answer with it: the answer counts only
/// while the number is still the current one. A writer raises it before and after it writes, so that no read that
/// overlaps the write can leave the old answer behind.
#[async_trait]
pub trait Generations: Send + Sync {
    /// The generation of a scope.
    ///
    /// - Never less than any answer about this scope before.
    /// - A scope that was never raised has one like any other.
    /// - It may rise although nobody raised this scope (scopes may share a number), so a difference means "maybe
    ///   changed", and equality means "not changed".
    ///
    /// # Errors
    /// `Unavailable`: nothing is known, and what is cached must be taken to be out of date.
    async fn current(&self, scope: &str) -> Result<u64, StateError>;

    /// Raises the generation of a scope, and answers the new one.
    ///
    /// - Greater than every answer about this scope before; every answer after it is at least as great.
    /// - No two calls for a scope get the same answer.
    ///
    /// # Errors
    /// `Unavailable`: it may have been raised.
    async fn raise(&self, scope: &str) -> Result<u64, StateError>;
}
