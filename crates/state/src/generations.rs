//! Generations: numbers that show whether a cached answer is out of date.

use std::hash::Hasher as _;
use std::sync::Arc;

use async_trait::async_trait;
use siphasher::sip::SipHasher13;
use smallvec::SmallVec;

use crate::StateError;

/// A store with a number for each scope, the generation, that only rises.
///
/// A reader gets the generation before it reads from the site, and caches the answer with it. The cached answer is
/// valid only while its generation is the current one. A writer raises the generation before and after its write. So
/// a read that overlaps the write cannot leave an old answer in the cache.
#[async_trait]
pub trait Generations: Send + Sync {
    /// Returns the generations of scopes, as [`current`](Self::current) does, if the store knows them without waiting.
    /// Lookups in the cache call this first, because it allocates no future.
    fn known(&self, scopes: &[ScopeKey]) -> Option<GenerationList>;

    /// Returns the generations of scopes, in the order of the scopes.
    ///
    /// - Each is never less than a generation returned earlier for its scope.
    /// - A scope that was never raised has a generation, too.
    /// - It may rise without a call of `raise` for this scope, because scopes may share a number. A different
    ///   generation therefore means "may have changed", and an equal one means "has not changed".
    ///
    /// # Errors
    /// `Unavailable`: the generations are unknown, and the caller must treat cached answers as out of date.
    async fn current(&self, scopes: &[ScopeKey]) -> Result<GenerationList, StateError>;

    /// Raises the generations of scopes. Each is then greater than every generation returned earlier for its scope.
    ///
    /// # Errors
    /// `Unavailable`: the generations may not be raised yet. The store raises them before the next successful call of
    /// `current` in this process.
    async fn raise(&self, scopes: &[ScopeKey]) -> Result<(), StateError>;
}

/// The generations of some scopes, in their order. Few, such as those of one cache entry, take no allocation.
pub type GenerationList = SmallVec<[u64; 4]>;

/// The key of a scope: its owner, and a number: a hash of the owner and the scope's name.
///
/// It is equal in all replicas. Two scopes may have the same number, and then share a generation.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ScopeKey {
    owner: Arc<str>,
    number: u64,
}

impl ScopeKey {
    /// Returns the key of the scope of an owner with a name in two parts: its kind, and the id among those of the kind.
    #[must_use]
    pub fn new(owner: &Arc<str>, kind: &str, id: &str) -> Self {
        let mut hasher = SipHasher13::new();
        for part in [owner, kind, id] {
            hasher.write(part.as_bytes());
            // No byte of UTF-8: it separates the parts.
            hasher.write_u8(0xff);
        }
        Self { owner: Arc::clone(owner), number: hasher.finish() }
    }

    /// Returns the owner. A store keeps the generations of one owner together.
    #[must_use]
    pub fn owner(&self) -> &str {
        &self.owner
    }

    /// Returns the number.
    #[must_use]
    pub fn number(&self) -> u64 {
        self.number
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scope_key_is_equal_in_all_replicas() {
        let key = ScopeKey::new(&"owner".into(), "listing", "22");

        assert_eq!(key.owner(), "owner");
        assert_eq!(key.number(), 1_326_246_595_841_463_558, "replicas of another version compute another number");
    }

    #[test]
    fn parts_of_a_scope_name_are_separate() {
        let owner: Arc<str> = "owner".into();
        assert_ne!(ScopeKey::new(&owner, "file", "1"), ScopeKey::new(&owner, "file1", ""));
        assert_ne!(ScopeKey::new(&owner, "file", "1"), ScopeKey::new(&"owne".into(), "rfile", "1"));
    }
}
