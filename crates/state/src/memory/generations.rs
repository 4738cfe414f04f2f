//! Generations as a fixed table of counters.
//!
//! A scope's hash chooses its counter. That needs no lock and no memory for a scope, however many there are (folders
//! may be scopes); two scopes that meet in one counter cost each other a read from the site now and then, which the
//! port allows.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::atomic::{AtomicU64, Ordering};

use async_trait::async_trait;

use crate::{Generations, StateError};

/// How many counters there are: half a megabyte. Of a hundred scopes, two meet with a chance of 7 %.
const COUNTERS: usize = 1 << 16;

/// [`Generations`] of one process. No call fails or waits.
pub struct MemoryGenerations {
    counters: Box<[AtomicU64]>,
}

impl MemoryGenerations {
    fn counter(&self, scope: &str) -> &AtomicU64 {
        // The same in every run, so that a test that two scopes disturb each other fails always or never.
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

// The order is the strictest there is, because readers set a generation against changes to other memory: their cache.
#[async_trait]
impl Generations for MemoryGenerations {
    async fn current(&self, scope: &str) -> Result<u64, StateError> {
        Ok(self.counter(scope).load(Ordering::SeqCst))
    }

    async fn raise(&self, scope: &str) -> Result<u64, StateError> {
        Ok(self.counter(scope).fetch_add(1, Ordering::SeqCst) + 1)
    }
}
