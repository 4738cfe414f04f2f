//! The keys and values of the cache.

use std::sync::Arc;

use polyhost_domain::{Account as SiteAccount, File, Folder, FolderId, Limits};
use tokio::time::Instant;

use super::encoded::{Encoded, Tagged};
use super::snapshot::Snapshot;
use crate::accounts::{Account, Incarnation};
use crate::scopes::{Digest, EntrySubject, Reach, Stamp};

/// The key of a cache entry. It holds the account's incarnation, not its name: a reload may give the name to another
/// account.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Key {
    account: Incarnation,
    pub(super) what: EntrySubject,
}

impl Key {
    pub(super) fn new(account: &Account, what: EntrySubject) -> Self {
        Self { account: account.incarnation(), what }
    }

    /// Returns the key of a snapshot of the same account.
    pub(super) fn of_snapshot(&self, folder: &FolderId, digest: Digest) -> Self {
        Self { account: self.account, what: EntrySubject::Snapshot(folder.clone(), digest) }
    }
}

/// A cache entry. Cheap to clone.
#[derive(Debug, Clone)]
pub(super) struct Stored {
    pub(super) value: Value,
    pub(super) stamp: Stamp,
    pub(super) reach: Reach,
    pub(super) taken_at: Instant,
}

#[derive(Debug, Clone)]
pub(super) enum Value {
    Account(Arc<Encoded<SiteAccount>>),
    Limits(Arc<Encoded<Limits>>),
    File(Arc<Encoded<File>>),
    Folder(Arc<Encoded<Folder>>),
    /// The digest of the listing's snapshot, which has an entry of its own. So listings with equal content share one
    /// snapshot, and a walk can outlive the listing's entry.
    Listing(Digest),
    Snapshot(Arc<Snapshot>),
}

/// The overhead of one cache entry in bytes: its key, its slot in the cache's table, its queue nodes and its timers.
const ENTRY_OVERHEAD: usize = 512;

impl Stored {
    /// Returns the entry's approximate memory use in bytes; never much less than the real one.
    pub(super) fn weight(&self) -> u32 {
        let value = match &self.value {
            Value::Account(kept) => kept.weight(),
            Value::Limits(kept) => kept.weight(),
            Value::File(kept) => kept.weight(),
            Value::Folder(kept) => kept.weight(),
            Value::Listing(_) => 0,
            Value::Snapshot(snapshot) => snapshot.weight(),
        };
        u32::try_from(value + ENTRY_OVERHEAD).unwrap_or(u32::MAX)
    }
}

/// A value that has a cache entry of its own.
pub(super) trait Cacheable: Tagged + Clone + Send + Sync + 'static {
    fn store(kept: Arc<Encoded<Self>>) -> Value;
    fn take(value: &Value) -> Option<Arc<Encoded<Self>>>;
}

macro_rules! cacheable {
    ($($kind:ident: $type:ty),*) => {$(
        impl Cacheable for $type {
            fn store(kept: Arc<Encoded<Self>>) -> Value {
                Value::$kind(kept)
            }

            fn take(value: &Value) -> Option<Arc<Encoded<Self>>> {
                match value {
                    Value::$kind(kept) => Some(Arc::clone(kept)),
                    _ => None,
                }
            }
        }
    )*};
}

cacheable!(Account: SiteAccount, Limits: Limits, File: File, Folder: Folder);
