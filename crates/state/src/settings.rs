//! The choices of an operator about a store that replicas share.

/// The time after which a replica sees the writes of another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Consistency {
    /// Within a second. Most hits of the cache need no call to the store.
    #[default]
    Eventual,
    /// At once. Each hit of the cache needs a call to the store.
    Strict,
}

/// The rate limits while the store cannot be reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum LimitsWithoutStore {
    /// Each replica allows its share: the quota divided by the number of replicas that were seen last.
    #[default]
    Share,
    /// Each replica rejects the requests that would count.
    Refuse,
}
