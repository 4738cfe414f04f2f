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

/// What an entry takes beside its key and its value: its places in the map and in the index, and three allocations.
const OVERHEAD: usize = 256;

/// [`KeyValue`] of one process, bounded in bytes. No call waits.
pub struct MemoryKeyValue {
    capacity: usize,
    store: Mutex<Store>,
}

#[derive(Default)]
struct Store {
    entries: HashMap<Arc<str>, Stored>,
    /// The keys in the order in which their entries expire. The version tells entries of one instant apart.
    expiries: BTreeMap<(Instant, u64), Arc<str>>,
    /// The weight of all entries.
    bytes: usize,
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
        Self { capacity, store: Mutex::default() }
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
        self.store().put(key, value, end_of(ttl), self.capacity)
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
        store.put(key, value, end_of(ttl), self.capacity).map(Exchange::Done)
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

    fn put(&mut self, key: &str, value: Bytes, expires_at: Instant, capacity: usize) -> Result<u64, StateError> {
        let freed = self.entry(key).map_or(0, |entry| weight(key, &entry.value));
        if self.bytes - freed + weight(key, &value) > capacity {
            return Err(StateError::new(Port::Values, StateErrorKind::Full));
        }
        self.remove(key);
        self.bytes += weight(key, &value);
        self.last_version += 1;
        let version = self.last_version;
        let key: Arc<str> = Arc::from(key);
        self.expiries.insert((expires_at, version), Arc::clone(&key));
        // A slice of a larger buffer would keep all of that buffer, and weigh less than it takes.
        let value = Bytes::copy_from_slice(&value);
        let entry = Entry { value, version };
        self.entries.insert(key, Stored { entry, expires_at });
        Ok(version)
    }

    fn remove(&mut self, key: &str) -> bool {
        let Some(stored) = self.entries.remove(key) else {
            return false;
        };
        self.expiries.remove(&(stored.expires_at, stored.entry.version));
        self.bytes -= weight(key, &stored.entry.value);
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
    }
}
