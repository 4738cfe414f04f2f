//! Values as a map, with an index by when they expire.
//!
//! A cache such as moka would drop live values when it is full, or never take them in. A lost idempotency record is
//! a file made twice, so this store counts bytes and refuses instead.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use tokio::time::Instant;

use super::end_of;
use crate::{Entry, Exchange, KeyValue, Port, StateError, StateErrorKind};

/// Whether the keys of one owner may take all the room. What stands before a key's last `/` is its owner.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sharing {
    /// Whoever comes first.
    None,
    /// A quarter of the room is for who has little: each owner is sure of a small share, [`SURE`], whenever it comes. Of
    /// the rest no owner may take more than it leaves: the first that wants much gets half, the next half of what is
    /// left, and so on, for what is kept is not taken away again.
    ByOwner,
}

/// The share of the room that each owner is sure of: one part of so many.
const SURE: usize = 128;
/// For how many owners there is such a share.
const SURE_OWNERS: usize = 32;

/// What an entry takes beside its key and its value: its places in the map and in the index, and three allocations.
const OVERHEAD: usize = 256;

/// [`KeyValue`] of one process, bounded in bytes. No call waits.
pub struct MemoryKeyValue {
    capacity: usize,
    sharing: Sharing,
    store: Mutex<Store>,
}

#[derive(Default)]
struct Store {
    entries: HashMap<Arc<str>, Stored>,
    /// The keys in the order in which their entries expire. The version tells entries of one instant apart.
    expiries: BTreeMap<(Instant, u64), Arc<str>>,
    /// The weight of all entries.
    bytes: usize,
    /// The weight of the entries of each owner, where the room is shared.
    by_owner: HashMap<Box<str>, usize>,
    last_version: u64,
}

struct Stored {
    entry: Entry,
    expires_at: Instant,
}

impl MemoryKeyValue {
    /// How many bytes the values may take unless said otherwise: 64 MiB.
    pub const DEFAULT_CAPACITY: usize = 64 * 1024 * 1024;

    /// An empty store that holds at most `capacity` bytes: keys, values, and what it takes to keep them.
    #[must_use]
    pub fn with_capacity(capacity: usize) -> Self {
        Self { capacity, sharing: Sharing::None, store: Mutex::default() }
    }

    /// An empty store of the same kind, in which no owner can take the room of all others. What stands before a key's
    /// last `/` is its owner. Each of up to 32 is sure of a 128th of the capacity, however much the others want; beyond
    /// that, none may take more of the other three quarters than it leaves.
    #[must_use]
    pub fn shared_by_owners(capacity: usize) -> Self {
        Self { capacity, sharing: Sharing::ByOwner, store: Mutex::default() }
    }

    /// Refuses what there is no room for. What takes no more than it replaces always has room.
    fn admit(&self, store: &Store, key: &str, value: &Bytes) -> Result<(), StateError> {
        let (freed, taken) = (store.weight(key), weight(key, value));
        let fits = store.bytes - freed + taken <= self.capacity;
        if taken <= freed || fits && (self.sharing == Sharing::None || self.is_fair(store, owner(key), freed, taken)) {
            return Ok(());
        }
        Err(StateError::new(Port::Values, StateErrorKind::Full))
    }

    /// Whether an owner may take so much in place of what it frees.
    fn is_fair(&self, store: &Store, owner: &str, freed: usize, taken: usize) -> bool {
        let sure = self.capacity / SURE;
        let beyond = |owned: usize| owned.saturating_sub(sure);
        let before = store.by_owner.get(owner).copied().unwrap_or_default();
        let wanted = beyond(before - freed + taken);
        // There are as many owners as clients, which is few.
        let others = store.by_owner.values().copied().map(beyond).sum::<usize>() - beyond(before);
        let shared = self.capacity - SURE_OWNERS * sure;
        wanted == 0 || wanted <= shared.saturating_sub(others + wanted)
    }

    /// The store as of now: what has expired is gone from it.
    fn store(&self) -> MutexGuard<'_, Store> {
        // Nothing that can panic stands between two steps of a change, so the store is whole in any case.
        let mut store = self.store.lock().unwrap_or_else(PoisonError::into_inner);
        store.expire(Instant::now());
        store
    }
}

impl Default for MemoryKeyValue {
    fn default() -> Self {
        Self::with_capacity(Self::DEFAULT_CAPACITY)
    }
}

#[async_trait]
impl KeyValue for MemoryKeyValue {
    async fn get(&self, key: &str) -> Result<Option<Entry>, StateError> {
        Ok(self.store().entry(key).cloned())
    }

    async fn put(&self, key: &str, value: Bytes, ttl: Duration) -> Result<u64, StateError> {
        let mut store = self.store();
        self.admit(&store, key, &value)?;
        Ok(store.put(key, value, end_of(ttl)))
    }

    async fn compare_and_set(
        &self,
        key: &str,
        expected: Option<u64>,
        value: Bytes,
        ttl: Duration,
    ) -> Result<Exchange, StateError> {
        let mut store = self.store();
        let current = store.entry(key);
        if current.map(|entry| entry.version) != expected {
            return Ok(Exchange::Conflict(current.cloned()));
        }
        self.admit(&store, key, &value)?;
        Ok(Exchange::Done(store.put(key, value, end_of(ttl))))
    }

    async fn remove(&self, key: &str) -> Result<bool, StateError> {
        Ok(self.store().remove(key))
    }

    async fn compare_and_remove(&self, key: &str, expected: u64) -> Result<bool, StateError> {
        let mut store = self.store();
        let matches = store.entry(key).is_some_and(|entry| entry.version == expected);
        Ok(matches && store.remove(key))
    }
}

impl Store {
    fn entry(&self, key: &str) -> Option<&Entry> {
        self.entries.get(key).map(|stored| &stored.entry)
    }

    /// What is under a key weighs so much.
    fn weight(&self, key: &str) -> usize {
        self.entry(key).map_or(0, |entry| weight(key, &entry.value))
    }

    fn put(&mut self, key: &str, value: Bytes, expires_at: Instant) -> u64 {
        self.remove(key);
        self.bytes += weight(key, &value);
        *self.by_owner.entry(owner(key).into()).or_default() += weight(key, &value);
        self.last_version += 1;
        let version = self.last_version;
        let key: Arc<str> = Arc::from(key);
        self.expiries.insert((expires_at, version), Arc::clone(&key));
        // A slice of a larger buffer would keep all of that buffer, and weigh less than it takes.
        let value = Bytes::copy_from_slice(&value);
        let entry = Entry { value, version };
        self.entries.insert(key, Stored { entry, expires_at });
        version
    }

    fn remove(&mut self, key: &str) -> bool {
        let Some(stored) = self.entries.remove(key) else {
            return false;
        };
        self.expiries.remove(&(stored.expires_at, stored.entry.version));
        let weight = weight(key, &stored.entry.value);
        self.bytes -= weight;
        if let Some(owned) = self.by_owner.get_mut(owner(key)) {
            *owned -= weight;
            if *owned == 0 {
                self.by_owner.remove(owner(key));
            }
        }
        true
    }

    fn expire(&mut self, now: Instant) {
        while let Some(first) = self.expiries.first_entry()
            && first.key().0 <= now
        {
            let key = first.remove();
            self.remove(&key);
        }
    }
}

fn owner(key: &str) -> &str {
    key.rsplit_once('/').map_or("", |(owner, _)| owner)
}

fn weight(key: &str, value: &Bytes) -> usize {
    key.len() + value.len() + OVERHEAD
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn nothing_is_left_of_values_that_were_replaced_removed_or_expired() {
        let values = MemoryKeyValue::default();
        let life = Duration::from_secs(60);
        for key in ["replaced", "replaced", "removed", "expired"] {
            values.put(key, Bytes::from(key), life).await.unwrap();
        }
        values.remove("removed").await.unwrap();
        tokio::time::advance(life).await;

        let store = values.store();
        assert_eq!(store.bytes, 0);
        assert!(store.entries.is_empty());
        assert!(store.expiries.is_empty());
        assert!(store.by_owner.is_empty());
    }
}
