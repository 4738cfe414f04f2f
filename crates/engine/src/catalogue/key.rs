//! The keys and values of the cache.

use std::sync::Arc;

use polyhost_domain::{Account as SiteAccount, File, Folder, FolderId, Limits, Result};
use smallvec::SmallVec;
use tokio::time::Instant;

use super::encoded::{Encoded, EncodedFile};
use super::snapshot::Snapshot;
use crate::accounts::{Account, Incarnation};
use crate::scopes::{Digest, EntrySubject, Reach, Stamp, SubjectKind};

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

    /// Returns the key in its stored form.
    pub(super) fn packed(&self) -> PackedKey {
        let (id, digest) = match &self.what {
            EntrySubject::Account | EntrySubject::Limits => ("", None),
            EntrySubject::File(file) => (file.as_str(), None),
            EntrySubject::Folder(folder) | EntrySubject::Listing(folder) => (folder.as_str(), None),
            EntrySubject::Snapshot(folder, digest) => (folder.as_str(), Some(digest)),
        };
        let account = self.account.to_be_bytes();
        let zeros = account.iter().take_while(|byte| **byte == 0).count();
        let mut packed = SmallVec::new();
        // One byte has both the kind and the number of bytes of the account, so that no two keys have the same bytes.
        packed.push(self.what.kind() as u8 | (account.len() - zeros) as u8);
        packed.extend_from_slice(&account[zeros..]);
        packed.extend_from_slice(digest.map_or(&[], |digest| digest.as_slice()));
        packed.extend_from_slice(id.as_bytes());
        PackedKey(packed)
    }
}

/// The number of bytes of a key that need no allocation: those of a file in an account with a small number.
const INLINE: usize = 24;

/// A key in as little memory as possible: its kind, the account's number, the digest of a snapshot, and the id.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct PackedKey(SmallVec<[u8; INLINE]>);

impl PackedKey {
    pub(super) fn kind(&self) -> SubjectKind {
        let byte = self.0.first().map_or(0, |byte| byte & !0xf);
        SubjectKind::ALL.into_iter().find(|kind| *kind as u8 == byte).unwrap_or(SubjectKind::Account)
    }

    /// Returns the size in bytes of its allocation.
    pub(super) fn weight(&self) -> usize {
        if self.0.spilled() { self.0.capacity() } else { 0 }
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
    File(EncodedFile),
    Folder(Arc<Encoded<Folder>>),
    /// The digest of the listing's snapshot, which has an entry of its own. So listings with equal content share one
    /// snapshot, and a walk can outlive the listing's entry.
    Listing(Digest),
    Snapshot(Arc<Snapshot>),
}

/// The overhead of one cache entry in bytes, besides its key and value: the rest of its slot, its place in the hash
/// table, and what the allocator adds to its allocations.
const ENTRY_OVERHEAD: usize = 80;

impl Value {
    /// Returns the approximate memory use of an entry with this value in bytes, without its key and the value itself;
    /// never much less than the real one.
    pub(super) fn weight(&self) -> usize {
        let value = match self {
            Self::Account(kept) => kept.weight(),
            Self::Limits(kept) => kept.weight(),
            Self::File(kept) => kept.weight(),
            Self::Folder(kept) => kept.weight(),
            Self::Listing(_) => 0,
            Self::Snapshot(snapshot) => snapshot.weight(),
        };
        value + ENTRY_OVERHEAD
    }
}

/// A value that has a cache entry of its own.
pub(super) trait Cacheable: Send + Sized + 'static {
    /// What callers get: cheap to clone.
    type Kept: Send;

    fn store(self, account: &Account) -> Result<Value>;
    fn take(value: &Value) -> Option<Self::Kept>;
}

impl Cacheable for File {
    type Kept = EncodedFile;

    fn store(self, account: &Account) -> Result<Value> {
        Ok(Value::File(EncodedFile::new(&self, account)?))
    }

    fn take(value: &Value) -> Option<EncodedFile> {
        match value {
            Value::File(kept) => Some(kept.clone()),
            _ => None,
        }
    }
}

macro_rules! cacheable {
    ($($kind:ident: $type:ty),*) => {$(
        impl Cacheable for $type {
            type Kept = Arc<Encoded<Self>>;

            fn store(self, account: &Account) -> Result<Value> {
                Ok(Value::$kind(Arc::new(Encoded::new(self, account)?)))
            }

            fn take(value: &Value) -> Option<Self::Kept> {
                match value {
                    Value::$kind(kept) => Some(Arc::clone(kept)),
                    _ => None,
                }
            }
        }
    )*};
}

cacheable!(Account: SiteAccount, Limits: Limits, Folder: Folder);

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use polyhost_config::CacheConfig;

    use super::*;
    use crate::tests::{Site, profile};

    #[test]
    fn packed_keys_differ_and_have_their_kind() {
        let site = Site::new(profile());
        let file = site.put_file("1", "a", &FolderId::Root);
        let folder = site.put_folder("1", "a", &FolderId::Root);
        let subjects = [
            EntrySubject::Account,
            EntrySubject::Limits,
            EntrySubject::File(file),
            EntrySubject::Folder(folder.clone()),
            EntrySubject::Folder(FolderId::Root),
            EntrySubject::Listing(folder.clone()),
            EntrySubject::Snapshot(folder.clone(), [1; 16]),
            EntrySubject::Snapshot(folder, [2; 16]),
        ];
        let mut seen = HashMap::new();
        for (account, _) in (0..300).map(|_| site.opened(&CacheConfig::default())) {
            for what in &subjects {
                let packed = Key::new(&account, what.clone()).packed();
                assert_eq!(packed.kind(), what.kind());
                let other = seen.insert(packed, (account.incarnation(), what.clone()));
                assert!(other.is_none(), "{what:?} in {:?} has the key of {other:?}", account.incarnation());
            }
        }
    }
}
