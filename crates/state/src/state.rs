//! The four ports in one bundle, which is what the rest of the program is handed.

use std::fmt;
use std::sync::Arc;

use crate::{Generations, KeyValue, Leases, Limiters, MemoryGenerations, MemoryKeyValue, MemoryLeases, MemoryLimiters};

/// The four ports, values twice: what callers can fill is kept apart. Clones share what is kept.
#[derive(Clone)]
pub struct State {
    /// Who may do what only one may do at a time.
    pub leases: Arc<dyn Leases>,
    /// Small values with a time to live: what the program itself needs to go on, such as sessions.
    pub values: Arc<dyn KeyValue>,
    /// Values that are there because callers asked for them. However many those are, there is room for the others, and
    /// no owner (what stands before a key's last `/`) takes the room of the rest.
    pub records: Arc<dyn KeyValue>,
    /// By what a cached answer is known to be out of date.
    pub generations: Arc<dyn Generations>,
    /// Who may ask how often.
    pub limiters: Arc<dyn Limiters>,
}

impl State {
    /// State that lives and dies with this process: right for a single replica.
    ///
    /// Two calls share nothing. The values and the records may take [`MemoryKeyValue::DEFAULT_CAPACITY`] bytes each.
    #[must_use]
    pub fn in_memory() -> Self {
        Self {
            leases: Arc::new(MemoryLeases::default()),
            values: Arc::new(MemoryKeyValue::default()),
            records: Arc::new(MemoryKeyValue::shared_by_owners(MemoryKeyValue::DEFAULT_CAPACITY)),
            generations: Arc::new(MemoryGenerations::default()),
            limiters: Arc::new(MemoryLimiters::default()),
        }
    }
}

// Written by hand, because the ports hold secrets and are not asked to be printable.
impl fmt::Debug for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("State").finish_non_exhaustive()
    }
}
