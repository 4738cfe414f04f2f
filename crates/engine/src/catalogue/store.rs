//! The storage of the cache: one map for all kinds of entries, bounded by its weight in bytes.
//!
//! Readers decide whether an entry is fresh, and whether it is a stale fallback. A sweep removes the entries that are
//! too old even for that. When the store is full, it evicts entries that were not used recently.

use std::hash::RandomState;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use polyhost_config::CacheConfig;
use quick_cache::sync::Cache;
use quick_cache::{Lifecycle, OptionsBuilder, Weighter};
use tokio::time::Instant;

use super::key::{Key, PackedKey, Stored, Value};
use crate::measure;
use crate::scopes::{Reach, Stamp, SubjectKind};

/// The time between two sweeps.
const SWEEP_INTERVAL: Duration = Duration::from_secs(60);
/// The part of the maximum weight for entries that have proved useful. New entries pass through the rest. A heavier
/// entry is not stored.
const HOT_PART: f64 = 0.8;
/// The number of entries for which the store allocates its table in advance: one for each of these bytes, at most this
/// many. Until it has more, it does not move its entries to a larger table while requests wait.
const RESERVED: (u64, u64) = (1024, 1 << 18);

/// All cache entries.
pub(super) struct Store {
    entries: Arc<Entries>,
    /// The time of the next sweep, in nanoseconds since the store was created.
    next_sweep: AtomicU64,
}

struct Entries {
    cache: Cache<PackedKey, Slot, Weigh, RandomState, Evictions>,
    lifetimes: Lifetimes,
    /// The time of the store's creation, from which the times of its entries are counted.
    origin: Instant,
}

/// An entry as it is stored: a small [`Stored`].
#[derive(Clone)]
struct Slot {
    value: Value,
    wide: u64,
    own: u64,
    /// The generation of all writes. [`OWN`] for an entry that other writes do not affect.
    writes: u64,
    /// In nanoseconds since the store was created.
    taken_at: u64,
}

/// The value of [`Slot::writes`] that stands for [`Reach::Own`].
const OWN: u64 = u64::MAX;

impl Store {
    pub(super) fn new(config: &CacheConfig) -> Self {
        let options = OptionsBuilder::new()
            // An entry must fit into its shard, and the snapshot of a long listing needs a large part of the cache.
            .shards(1)
            .weight_capacity(config.max_size)
            .estimated_items_capacity(0)
            .hot_allocation(HOT_PART)
            // Keys of evicted entries would take as much memory as entries, and have no weight.
            .ghost_allocation(0.0)
            .build()
            .unwrap_or_else(|_| unreachable!("all options without a default are set"));
        let cache = Cache::with_options(options, Weigh, RandomState::new(), Evictions);
        let (each, most) = RESERVED;
        cache.reserve(usize::try_from((config.max_size / each).min(most)).unwrap_or_default());
        let entries = Entries { cache, lifetimes: Lifetimes::new(config), origin: Instant::now() };
        Self { entries: Arc::new(entries), next_sweep: AtomicU64::new(nanoseconds(SWEEP_INTERVAL)) }
    }

    pub(super) fn get(&self, key: &Key) -> Option<Stored> {
        Some(self.entries.unpacked(self.entries.cache.get(&key.packed())?))
    }

    pub(super) fn insert(&self, key: &Key, stored: Stored) {
        let (key, slot) = (key.packed(), self.entries.packed(stored));
        let mut removed = Removed::default();
        self.entries.cache.insert_with_lifecycle(key.clone(), slot, &mut removed);
        // The entry that this one replaces is reported as well, and an entry that is too heavy.
        removed.0.retain(|(other, _)| *other != key);
        self.entries.count(&removed.0);
        measure::cache_bytes(self.weight());
        self.sweep_if_due();
    }

    pub(super) fn remove(&self, key: &Key) {
        if self.entries.cache.remove(&key.packed()).is_some() {
            measure::cache_bytes(self.weight());
        }
    }

    /// Returns the weight of all entries in bytes.
    pub(super) fn weight(&self) -> u64 {
        self.entries.cache.weight()
    }

    /// Starts a sweep on a blocking thread, at most once in [`SWEEP_INTERVAL`].
    fn sweep_if_due(&self) {
        let (now, due) = (self.entries.now(), self.next_sweep.load(Ordering::Relaxed));
        let next = now.saturating_add(nanoseconds(SWEEP_INTERVAL));
        let exchanged = || self.next_sweep.compare_exchange(due, next, Ordering::Relaxed, Ordering::Relaxed);
        if now >= due && exchanged().is_ok() {
            let entries = Arc::clone(&self.entries);
            tokio::task::spawn_blocking(move || entries.sweep());
        }
    }
}

impl Entries {
    /// Removes the entries that are past their lifetime. Each step locks the cache for one entry only.
    fn sweep(&self) {
        let now = self.now();
        for (key, slot) in self.cache.iter() {
            if self.is_expired(&key, &slot, now)
                && let Some(removed) = self.cache.remove_if(&key, |slot| self.is_expired(&key, slot, now))
            {
                self.count(&[removed]);
            }
        }
        measure::cache_bytes(self.cache.weight());
    }

    /// Counts removed entries in the metrics.
    fn count(&self, removed: &[(PackedKey, Slot)]) {
        for (key, slot) in removed {
            let cause = if self.is_expired(key, slot, self.now()) { "expired" } else { "size" };
            measure::cache_eviction(key.kind().name(), cause);
        }
    }

    /// Returns whether an entry is too old for every use.
    fn is_expired(&self, key: &PackedKey, slot: &Slot, now: u64) -> bool {
        let is_walked = match &slot.value {
            Value::Snapshot(snapshot) => snapshot.since_last_walk().is_some_and(|since| since <= self.lifetimes.walk),
            _ => false,
        };
        now.saturating_sub(slot.taken_at) > nanoseconds(self.lifetimes.of(key.kind())) && !is_walked
    }

    fn now(&self) -> u64 {
        nanoseconds(self.origin.elapsed())
    }

    fn packed(&self, Stored { value, stamp, reach, taken_at }: Stored) -> Slot {
        let writes = if reach == Reach::Own { OWN } else { stamp.writes };
        let taken_at = nanoseconds(taken_at.saturating_duration_since(self.origin));
        Slot { value, wide: stamp.wide, own: stamp.own, writes, taken_at }
    }

    fn unpacked(&self, Slot { value, wide, own, writes, taken_at }: Slot) -> Stored {
        let (reach, writes) = if writes == OWN { (Reach::Own, 0) } else { (Reach::Beyond, writes) };
        let taken_at = self.origin + Duration::from_nanos(taken_at);
        Stored { value, stamp: Stamp { wide, own, writes }, reach, taken_at }
    }
}

fn nanoseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

#[derive(Clone)]
struct Weigh;

impl Weighter<PackedKey, Slot> for Weigh {
    fn weight(&self, key: &PackedKey, slot: &Slot) -> u64 {
        let weight = size_of::<(PackedKey, Slot)>() + key.weight() + slot.value.weight();
        u64::try_from(weight).unwrap_or(u64::MAX)
    }
}

/// Collects the entries that an insertion removes. They are dropped after the cache is unlocked.
#[derive(Clone)]
struct Evictions;

#[derive(Default)]
struct Removed(Vec<(PackedKey, Slot)>);

impl Lifecycle<PackedKey, Slot> for Evictions {
    type RequestState = Removed;

    fn on_evict(&self, removed: &mut Removed, key: PackedKey, slot: Slot) {
        removed.0.push((key, slot));
    }
}

/// The lifetimes of the entries of each kind.
struct Lifetimes {
    account: Duration,
    file: Duration,
    listing: Duration,
    /// The time after which a walk no longer uses its snapshot.
    walk: Duration,
}

impl Lifetimes {
    fn new(config: &CacheConfig) -> Self {
        Self {
            account: config.account_ttl + config.stale_if_error,
            file: config.file_ttl + config.stale_if_error,
            listing: config.listing_ttl + config.stale_if_error,
            walk: config.cursor_ttl,
        }
    }

    fn of(&self, kind: SubjectKind) -> Duration {
        match kind {
            SubjectKind::Account | SubjectKind::Limits => self.account,
            SubjectKind::File => self.file,
            SubjectKind::Folder | SubjectKind::Listing | SubjectKind::Snapshot => self.listing,
        }
    }
}
