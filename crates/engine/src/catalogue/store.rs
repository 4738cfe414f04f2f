//! The storage of the cache: one map for all kinds of entries, bounded by its weight in bytes.
//!
//! Readers decide whether an entry is fresh. The store removes an entry when it can no longer be used even as a stale
//! fallback. When it is full, it evicts the least recently used entries first.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use moka::Expiry;
use moka::future::Cache;
use moka::notification::RemovalCause;
use moka::policy::EvictionPolicy;
use polyhost_config::CacheConfig;

use super::key::{Key, Stored};
use crate::measure;
use crate::scopes::EntrySubject;

/// All cache entries.
pub(super) struct Store {
    cache: Cache<Key, Stored>,
    bytes: Arc<AtomicU64>,
}

impl Store {
    pub(super) fn new(config: &CacheConfig) -> Self {
        let bytes = Arc::<AtomicU64>::default();
        let left = Arc::clone(&bytes);
        let cache = Cache::builder()
            .max_capacity(config.max_size)
            .weigher(|_, stored: &Stored| stored.weight())
            .eviction_policy(EvictionPolicy::lru())
            .expire_after(Lifetimes::new(config))
            .eviction_listener(move |key: Arc<Key>, stored, cause| {
                let weight = u64::from(stored.weight());
                measure::cache_bytes(left.fetch_sub(weight, Ordering::Relaxed).saturating_sub(weight));
                match cause {
                    RemovalCause::Size => measure::cache_eviction(key.what.kind(), "size"),
                    RemovalCause::Expired => measure::cache_eviction(key.what.kind(), "expired"),
                    RemovalCause::Explicit | RemovalCause::Replaced => {}
                }
            })
            .build();
        Self { cache, bytes }
    }

    pub(super) async fn get(&self, key: &Key) -> Option<Stored> {
        self.cache.get(key).await
    }

    pub(super) async fn insert(&self, key: Key, stored: Stored) {
        let weight = u64::from(stored.weight());
        measure::cache_bytes(self.bytes.fetch_add(weight, Ordering::Relaxed) + weight);
        self.cache.insert(key, stored).await;
    }

    pub(super) async fn remove(&self, key: &Key) {
        self.cache.invalidate(key).await;
    }

    /// Returns the weight of all entries in bytes.
    pub(super) async fn weight(&self) -> u64 {
        self.cache.run_pending_tasks().await;
        self.bytes.load(Ordering::Relaxed)
    }
}

/// The lifetimes of the entries of each kind.
struct Lifetimes {
    account: Duration,
    file: Duration,
    listing: Duration,
    snapshot: Duration,
}

impl Lifetimes {
    fn new(config: &CacheConfig) -> Self {
        let listing = config.listing_ttl + config.stale_if_error;
        Self {
            account: config.account_ttl + config.stale_if_error,
            file: config.file_ttl + config.stale_if_error,
            listing,
            snapshot: listing.max(config.cursor_ttl),
        }
    }

    fn of(&self, what: &EntrySubject) -> Duration {
        match what {
            EntrySubject::Account | EntrySubject::Limits => self.account,
            EntrySubject::File(_) => self.file,
            EntrySubject::Folder(_) | EntrySubject::Listing(_) => self.listing,
            EntrySubject::Snapshot(..) => self.snapshot,
        }
    }
}

impl Expiry<Key, Stored> for Lifetimes {
    fn expire_after_create(&self, key: &Key, _: &Stored, _: Instant) -> Option<Duration> {
        Some(self.of(&key.what))
    }

    fn expire_after_update(&self, key: &Key, _: &Stored, _: Instant, _: Option<Duration>) -> Option<Duration> {
        Some(self.of(&key.what))
    }

    fn expire_after_read(
        &self,
        key: &Key,
        _: &Stored,
        _: Instant,
        left: Option<Duration>,
        _: Instant,
    ) -> Option<Duration> {
        match key.what {
            EntrySubject::Snapshot(..) => Some(self.snapshot),
            _ => left,
        }
    }
}
