//! Generations as a fixed table of counters.
//!
//! A scope's number selects its counter. That needs no lock, and no memory for each scope, of which there may be many:
//! folders may be scopes. Two scopes may share a counter. Each then sometimes causes an unnecessary read from the site
//! for the other, which the port allows.

use std::sync::atomic::{AtomicU64, Ordering};

use async_trait::async_trait;

use crate::{GenerationList, Generations, ScopeKey, StateError};

/// The number of counters, which take half a megabyte. Among a hundred scopes, some two share a counter with a
/// probability of 7 %.
const COUNTERS: usize = 1 << 16;

/// The [`Generations`] of one process. No call fails or waits.
pub struct MemoryGenerations {
    counters: Box<[AtomicU64]>,
}

impl MemoryGenerations {
    fn counter(&self, scope: &ScopeKey) -> &AtomicU64 {
        let slot = scope.number() % COUNTERS as u64;
        &self.counters[slot as usize]
    }

    // The memory ordering is sequentially consistent, because readers compare a generation with changes to other
    // memory: their cache.
    fn read(&self, scopes: &[ScopeKey]) -> GenerationList {
        scopes.iter().map(|scope| self.counter(scope).load(Ordering::SeqCst)).collect()
    }
}

impl Default for MemoryGenerations {
    fn default() -> Self {
        Self { counters: (0..COUNTERS).map(|_| AtomicU64::new(0)).collect() }
    }
}

#[async_trait]
impl Generations for MemoryGenerations {
    fn known(&self, scopes: &[ScopeKey]) -> Option<GenerationList> {
        Some(self.read(scopes))
    }

    async fn current(&self, scopes: &[ScopeKey]) -> Result<GenerationList, StateError> {
        Ok(self.read(scopes))
    }

    async fn raise(&self, scopes: &[ScopeKey]) -> Result<(), StateError> {
        for scope in scopes {
            self.counter(scope).fetch_add(1, Ordering::SeqCst);
        }
        Ok(())
    }
}
