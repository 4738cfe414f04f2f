//! The ports in one struct, which the rest of the program receives.

use std::fmt;
use std::sync::Arc;

use crate::{
    Generations, KeyValue, Leases, Limiters, Marks, MemoryGenerations, MemoryKeyValue, MemoryLeases, MemoryLimiters,
    MemoryWindows, Replicas, SingleReplica, Windows,
};

/// The ports. There are two key-value stores, because callers can fill one of them. Clones share all data.
#[derive(Clone)]
pub struct State {
    /// Leases for work that only one caller at a time may do.
    pub leases: Arc<dyn Leases>,
    /// Small values with a time to live that the program itself needs, such as sessions.
    pub values: Arc<dyn KeyValue>,
    /// Values that requests of callers create. They never take room from `values`, and no owner (the part before a
    /// key's last `/`) takes the room of all others.
    pub records: Arc<dyn KeyValue>,
    /// Generations, which show whether a cached answer is out of date.
    pub generations: Arc<dyn Generations>,
    /// Rate limiters.
    pub limiters: Arc<dyn Limiters>,
    /// Limits that hold in every window of time.
    pub windows: Arc<dyn Windows>,
    /// The marks of the other replicas; `None` if no other process shares the state.
    pub marks: Option<Arc<dyn Marks>>,
    /// The replicas that share the state.
    pub replicas: Arc<dyn Replicas>,
}

impl State {
    /// Returns a state in the memory of this process, which suits a single replica.
    ///
    /// The states of two calls share nothing. The values and the records may each take
    /// [`MemoryKeyValue::DEFAULT_CAPACITY`] bytes.
    #[must_use]
    pub fn in_memory() -> Self {
        Self::in_memory_with(MemoryKeyValue::DEFAULT_CAPACITY)
    }

    /// Returns a state in the memory of this process, whose records may take `most_records` bytes.
    #[must_use]
    pub fn in_memory_with(most_records: usize) -> Self {
        Self {
            leases: Arc::new(MemoryLeases::default()),
            values: Arc::new(MemoryKeyValue::default()),
            records: Arc::new(MemoryKeyValue::shared_by_owners(most_records)),
            generations: Arc::new(MemoryGenerations::default()),
            limiters: Arc::new(MemoryLimiters::default()),
            windows: Arc::new(MemoryWindows::default()),
            marks: None,
            replicas: Arc::new(SingleReplica),
        }
    }
}

// Not derived, because the ports contain secrets and do not require `Debug`.
impl fmt::Debug for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("State").finish_non_exhaustive()
    }
}
