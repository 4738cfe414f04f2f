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
    /// No owner may take more than it leaves: one alone gets half of all, each of two a third, and so on. So there is
    /// room left for whoever comes next, however much the others want.
    ByOwner,
}

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
    /// last `/` is its owner; one alone may take half of the capacity, each of two a third, and so on.
    #[must_use]
    pub fn shared_by_owners(capacity: usize) -> Self {
        Self { capacity, sharing: Sharing::ByOwner, store: Mutex::default() }
    }

    /// Refuses what there is no room for. What takes no more than it replaces always has room.
    fn admit(&self, store: &Store, key: &str, value: &Bytes) -> Result<(), StateError> {
        let (freed, taken) = (store.weight(key), weight(key, value));
        let all = store.bytes - freed + taken;
        let owned = store.by_owner.get(owner(key)).copied().unwrap_or_default() - freed + taken;
        let most = match self.sharing {
            Sharing::None => usize::MAX,
            Sharing::ByOwner => self.capacity.saturating_sub(all),
        };
        if taken > freed && (all > self.capacity || owned > most) {
            return Err(StateError::new(Port::Values, StateErrorKind::Full));
        }
        Ok(())
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
