//! Values in a map, with an index by their expiry.
//!
//! A cache such as moka would evict live values when it is full, or not admit new ones. A lost idempotency record means
//! that a file is created twice. Therefore this store counts bytes and returns an error when it is full.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use tokio::time::Instant;

use super::end_of;
use crate::{Entry, Exchange, KeyValue, Port, StateError, StateErrorKind};

/// The sharing of the store's capacity among owners. A key's owner is the part before its last `/`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sharing {
    /// One owner may use the whole capacity.
    None,
    /// A quarter of the room is reserved: each owner can always use a small share, [`RESERVED_FRACTION`].
    ///
    /// Of the other three quarters, no owner may take more than it leaves free. The first large owner gets half, the
    /// next one half of the rest, and so on, because stored values are not taken away again.
    ByOwner,
}

/// The share of the room that is reserved for each owner, as a divisor of the capacity.
const RESERVED_FRACTION: usize = 128;
/// The number of owners for which a share is reserved.
const RESERVED_OWNERS: usize = 32;

/// The bytes of an entry beside its key and its value: its places in the map and in the index, and three allocations.
const OVERHEAD: usize = 256;

/// The [`KeyValue`] of one process, bounded in bytes. No call waits.
pub struct MemoryKeyValue {
    capacity: usize,
    sharing: Sharing,
    store: Mutex<Store>,
}

#[derive(Default)]
struct Store {
    entries: HashMap<Arc<str>, Stored>,
    /// The keys in the order in which their entries expire. The version distinguishes entries of the same instant.
    expiries: BTreeMap<(Instant, u64), Arc<str>>,
    /// The weight of all entries.
    bytes: usize,
    /// The weight of each owner's entries.
    by_owner: HashMap<Box<str>, usize>,
    last_version: u64,
}

struct Stored {
    entry: Entry,
    expires_at: Instant,
}

impl MemoryKeyValue {
    /// The default capacity: 64 MiB.
    pub const DEFAULT_CAPACITY: usize = 64 * 1024 * 1024;

    /// Returns an empty store for at most `capacity` bytes: keys, values, and `OVERHEAD` bytes for each entry.
    #[must_use]
    pub fn with_capacity(capacity: usize) -> Self {
        Self { capacity, sharing: Sharing::None, store: Mutex::default() }
    }

    /// Returns an empty store in which no owner can take the room of all others. A key's owner is the part before its
    /// last `/`.
    ///
    /// For each of up to 32 owners, a 128th of the capacity is reserved. Beyond that, no owner may take more of the
    /// other three quarters than it leaves free.
    #[must_use]
    pub fn shared_by_owners(capacity: usize) -> Self {
        Self { capacity, sharing: Sharing::ByOwner, store: Mutex::default() }
    }

    /// Checks that there is room for an entry. An entry that is not larger than the one that it replaces always has
    /// room.
    fn admit(&self, store: &Store, key: &str, value: &Bytes) -> Result<(), StateError> {
        let (freed, taken) = (store.weight(key), weight(key, value));
        let fits = store.bytes - freed + taken <= self.capacity;
        if taken <= freed || fits && (self.sharing == Sharing::None || self.is_fair(store, owner(key), freed, taken)) {
            return Ok(());
        }
        Err(StateError::new(Port::Values, StateErrorKind::Full))
    }

    /// Returns whether an owner that frees `freed` bytes may take `taken` bytes.
    fn is_fair(&self, store: &Store, owner: &str, freed: usize, taken: usize) -> bool {
        let reserved = self.capacity / RESERVED_FRACTION;
        let beyond = |owned: usize| owned.saturating_sub(reserved);
        let before = store.by_owner.get(owner).copied().unwrap_or_default();
        let wanted = beyond(before - freed + taken);
        // The sum is cheap: there are as many owners as clients, which are few.
        let others = store.by_owner.values().copied().map(beyond).sum::<usize>() - beyond(before);
        let shared = self.capacity - RESERVED_OWNERS * reserved;
        wanted == 0 || wanted <= shared.saturating_sub(others + wanted)
    }

    /// Locks the store and removes its expired entries.
    fn store(&self) -> MutexGuard<'_, Store> {
        // No step within a change can panic, so the store is consistent even if the lock is poisoned.
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

    /// Returns the weight of the entry under a key; 0 without an entry.
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
        // A slice of a larger buffer would keep all of that buffer in memory, and its weight would be too low.
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
    async fn replaced_removed_and_expired_values_leave_no_memory() {
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
