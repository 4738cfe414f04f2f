//! Generations: numbers that show whether a cached answer is out of date.

use async_trait::async_trait;

use crate::StateError;

/// A store with a number for each scope, the generation, that only rises.
///
/// A reader gets the generation before it reads from the site, and caches the answer with it. The cached answer is
/// valid only while its generation is the current one. A writer raises the generation before and after its write. So
/// a read that overlaps the write cannot leave an old answer in the cache.
#[async_trait]
pub trait Generations: Send + Sync {
    /// Returns the generation of a scope.
    ///
    /// - It is never less than a generation returned earlier for this scope.
    /// - A scope that was never raised has a generation, too.
    /// - It may rise without a call of `raise` for this scope, because scopes may share a number. A different
    ///   generation therefore means "may have changed", and an equal one means "has not changed".
    ///
    /// # Errors
    /// `Unavailable`: the generation is unknown, and the caller must treat cached answers as out of date.
    async fn current(&self, scope: &str) -> Result<u64, StateError>;

    /// Raises the generation of a scope, and returns the new one.
    ///
    /// - It is greater than every generation returned earlier for this scope. Later ones are at least as great.
    /// - No two calls for a scope return the same generation.
    ///
    /// # Errors
    /// `Unavailable`: the generation may have been raised.
    async fn raise(&self, scope: &str) -> Result<u64, StateError>;
}
