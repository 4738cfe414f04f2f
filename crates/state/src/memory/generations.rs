//! Generations as a fixed table of counters.
//!
//! A scope's hash selects its counter. That needs no lock, and no memory for each scope, of which there may be many:
//! folders may be scopes. Two scopes may share a counter. Each then sometimes causes an unnecessary read from the site
//! for the other, which the port allows.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::atomic::{AtomicU64, Ordering};

use async_trait::async_trait;

use crate::{Generations, StateError};

/// The number of counters, which take half a megabyte. Among a hundred scopes, some two share a counter with a
/// probability of 7 %.
const COUNTERS: usize = 1 << 16;

/// The [`Generations`] of one process. No call fails or waits.
pub struct MemoryGenerations {
    counters: Box<[AtomicU64]>,
}

impl MemoryGenerations {
    fn counter(&self, scope: &str) -> &AtomicU64 {
        // The hash is the same in every run, so that a test in which two scopes share a counter fails always or never.
        let mut hasher = DefaultHasher::new();
        scope.hash(&mut hasher);
        let slot = hasher.finish() % COUNTERS as u64;
        &self.counters[slot as usize]
    }
}

impl Default for MemoryGenerations {
    fn default() -> Self {
        Self { counters: (0..COUNTERS).map(|_| AtomicU64::new(0)).collect() }
    }
}

// The memory ordering is sequentially consistent, because readers compare a generation with changes to other memory:
// their cache.
#[async_trait]
impl Generations for MemoryGenerations {
    async fn current(&self, scope: &str) -> Result<u64, StateError> {
        Ok(self.counter(scope).load(Ordering::SeqCst))
    }

    async fn raise(&self, scope: &str) -> Result<u64, StateError> {
        Ok(self.counter(scope).fetch_add(1, Ordering::SeqCst) + 1)
    }
}
