//! The replicas that share a state, as one of them sees them.

/// The view of the other replicas, which does not wait for the store.
pub trait Replicas: Send + Sync {
    /// Returns whether the store can be reached.
    fn store(&self) -> StoreStatus;

    /// Returns the number of replicas that were seen last, with this one. It is at least 1.
    fn count(&self) -> u32;

    /// Returns whether this replica has the lowest id among those that were seen last. Without a store, this one acts
    /// where only one may act.
    fn is_first(&self) -> bool;
}

/// The state of the connection to the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StoreStatus {
    /// The state is in the memory of this process.
    Memory,
    /// The store answers.
    Connected,
    /// The store does not answer. A background task tries again.
    Away,
}

/// The only replica, whose state is in its memory.
#[derive(Debug, Clone, Copy, Default)]
pub struct SingleReplica;

impl Replicas for SingleReplica {
    fn store(&self) -> StoreStatus {
        StoreStatus::Memory
    }

    fn count(&self) -> u32 {
        1
    }

    fn is_first(&self) -> bool {
        true
    }
}
