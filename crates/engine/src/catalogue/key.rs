//! What is kept, and under which keys.

use std::sync::Arc;

use polyhost_domain::{Account as SiteAccount, File, Folder, FolderId, Limits};
use tokio::time::Instant;

use super::kept::{Kept, Tagged};
use super::snapshot::Snapshot;
use crate::accounts::{Account, Incarnation};
use crate::scopes::{Digest, Reach, Stamp, What};

/// Where it is kept: by the account itself, since a new configuration may have its name mean somebody else.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Key {
    account: Incarnation,
    pub(super) what: What,
}

impl Key {
    pub(super) fn new(account: &Account, what: What) -> Self {
        Self { account: account.incarnation(), what }
    }

    /// Where a snapshot of the same account is kept.
    pub(super) fn of_snapshot(&self, folder: &FolderId, digest: Digest) -> Self {
        Self { account: self.account, what: What::Snapshot(folder.clone(), digest) }
    }
}

/// What is kept there. Cheap to clone.
#[derive(Debug, Clone)]
pub(super) struct Stored {
    pub(super) value: Value,
    pub(super) stamp: Stamp,
    pub(super) reach: Reach,
    pub(super) taken_at: Instant,
}

#[derive(Debug, Clone)]
pub(super) enum Value {
    Account(Arc<Kept<SiteAccount>>),
    Limits(Arc<Kept<Limits>>),
    File(Arc<Kept<File>>),
    Folder(Arc<Kept<Folder>>),
    /// Kept under its digest, so that listings of equal content are kept once, and walks outlive the listing.
    Listing(Digest),
    Snapshot(Arc<Snapshot>),
}

/// What one cache entry takes beside what is in it: its key, its place in the cache's table, its queue and its timers.
const ENTRY: usize = 512;

impl Stored {
    /// About how many bytes of memory it takes, never much less.
    pub(super) fn weight(&self) -> u32 {
        let value = match &self.value {
            Value::Account(kept) => kept.weight(),
            Value::Limits(kept) => kept.weight(),
            Value::File(kept) => kept.weight(),
            Value::Folder(kept) => kept.weight(),
            Value::Listing(_) => 0,
            Value::Snapshot(snapshot) => snapshot.weight(),
        };
        u32::try_from(value + ENTRY).unwrap_or(u32::MAX)
    }
}

/// What can be kept by itself.
pub(super) trait Keep: Tagged + Clone + Send + Sync + 'static {
    fn store(kept: Arc<Kept<Self>>) -> Value;
    fn take(value: &Value) -> Option<Arc<Kept<Self>>>;
}

macro_rules! keep {
    ($($kind:ident: $type:ty),*) => {$(
        impl Keep for $type {
            fn store(kept: Arc<Kept<Self>>) -> Value {
                Value::$kind(kept)
            }

            fn take(value: &Value) -> Option<Arc<Kept<Self>>> {
                match value {
                    Value::$kind(kept) => Some(Arc::clone(kept)),
                    _ => None,
                }
            }
        }
    )*};
}

keep!(Account: SiteAccount, Limits: Limits, File: File, Folder: Folder);
