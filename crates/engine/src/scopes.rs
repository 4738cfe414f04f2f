//! Cache invalidation scopes: each scope has a generation, a number that only rises. A write raises the generations of
//! the scopes that it affects. A cache entry carries the generations from before the site was called, and is valid
//! while they are current.
//!
//! A scope is as small as the known effect of a write. Some effects cannot be limited: a listing may report details of
//! other folders (their counts, or their files), and any write of the account may change these. They have a scope of
//! their own, `Scope::Writes`.

use std::sync::Arc;

use polyhost_domain::{FileId, FolderId};
use polyhost_state::{GenerationList, ScopeKey};

/// The beginning of the SHA-256 of a listing's items. It distinguishes two snapshots of a folder.
pub(crate) type Digest = [u8; 16];

/// The subject of a cache entry of an account.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum EntrySubject {
    /// The details of the account itself.
    Account,
    /// The limits of its plan.
    Limits,
    /// A file.
    File(FileId),
    /// A folder, if the site can read one by its id.
    Folder(FolderId),
    /// The current listing of a folder: the digest of its newest snapshot.
    Listing(FolderId),
    /// The contents of a folder at some moment. Cursors continue in it, even if the folder has changed since.
    Snapshot(FolderId, Digest),
}

/// The kind of an [`EntrySubject`]. The lower four bits of its number are free.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SubjectKind {
    Account = 0x00,
    Limits = 0x10,
    File = 0x20,
    Folder = 0x30,
    Listing = 0x40,
    Snapshot = 0x50,
}

impl SubjectKind {
    pub(crate) const ALL: [Self; 6] =
        [Self::Account, Self::Limits, Self::File, Self::Folder, Self::Listing, Self::Snapshot];

    /// Returns its label in metrics.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Account => "account",
            Self::Limits => "limits",
            Self::File => "file",
            Self::Folder => "folder",
            Self::Listing => "listing",
            Self::Snapshot => "snapshot",
        }
    }
}

impl EntrySubject {
    pub(crate) fn kind(&self) -> SubjectKind {
        match self {
            Self::Account => SubjectKind::Account,
            Self::Limits => SubjectKind::Limits,
            Self::File(_) => SubjectKind::File,
            Self::Folder(_) => SubjectKind::Folder,
            Self::Listing(_) => SubjectKind::Listing,
            Self::Snapshot(..) => SubjectKind::Snapshot,
        }
    }
}

/// A part of an account's data that one write may invalidate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Scope {
    /// The data that any write may affect. Every write raises it.
    Writes,
    /// The tree of folders: which exist, and where.
    Tree,
    /// The account itself and its plan, which no write affects.
    Profile,
    /// Every listing.
    Listings,
    /// The listing of one folder.
    Listing(FolderId),
    /// Every file.
    Files,
    /// One file.
    File(FileId),
}

impl Scope {
    /// Returns its key in the shared state. The owner is the user at the site, not the account: a write of one account
    /// invalidates the data of all accounts of the same user.
    pub(crate) fn key(&self, user: &Arc<str>) -> ScopeKey {
        let (kind, id) = match self {
            Self::Writes => ("writes", ""),
            Self::Tree => ("tree", ""),
            Self::Profile => ("profile", ""),
            Self::Listings => ("listings", ""),
            Self::Listing(folder) => ("listing", folder.as_str()),
            Self::Files => ("files", ""),
            Self::File(file) => ("file", file.as_str()),
        };
        ScopeKey::new(user, kind, id)
    }
}

/// The generations that a cache entry depends on, read before the site was called.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Stamp {
    pub(crate) wide: u64,
    pub(crate) own: u64,
    pub(crate) writes: u64,
}

impl Stamp {
    /// Returns the stamp of an entry with these [scopes](EntrySubject::scopes), whose generations are in the same
    /// order.
    pub(crate) fn of(scopes: &[Option<Scope>; 3], generations: GenerationList) -> Self {
        let mut generations = generations.into_iter();
        // An entry without a scope is never invalidated by it, so the generation of the scope never changes.
        let [wide, own, writes] = scopes.each_ref().map(|it| it.as_ref().and_then(|_| generations.next()).unwrap_or(0));
        Self { wide, own, writes }
    }
}

/// The extent of the account's data that a listing reports.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reach {
    /// Only the requested folder.
    Own,
    /// Also details of other folders, which any write may affect.
    Beyond,
}

impl Stamp {
    /// Returns whether a cache entry with this stamp is valid for a lookup with the stamp `now`.
    pub(crate) fn holds(self, now: Self, reach: Reach) -> bool {
        // The lookup's stamp may be older than the entry's stamp. A newer entry is valid, too.
        self.wide >= now.wide && self.own >= now.own && (reach == Reach::Own || self.writes >= now.writes)
    }
}

impl EntrySubject {
    /// Returns the scopes that it depends on: that of its whole kind, its own, and `Writes`.
    pub(crate) fn scopes(&self) -> [Option<Scope>; 3] {
        match self {
            Self::Account | Self::Limits => [Some(Scope::Profile), None, None],
            Self::File(id) => [Some(Scope::Files), Some(Scope::File(id.clone())), None],
            Self::Folder(_) => [None, None, Some(Scope::Writes)],
            Self::Listing(folder) | Self::Snapshot(folder, _) => {
                [Some(Scope::Listings), Some(Scope::Listing(folder.clone())), Some(Scope::Writes)]
            }
        }
    }
}

/// The scopes that a write invalidates, even if it fails.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Change(Vec<Scope>);

impl Change {
    /// Everything of the account.
    #[must_use]
    pub(crate) fn everything() -> Self {
        Self(vec![Scope::Writes, Scope::Tree, Scope::Profile, Scope::Listings, Scope::Files])
    }

    /// A new file in a folder.
    #[must_use]
    pub(crate) fn added(folder: &FolderId) -> Self {
        Self(vec![Scope::Listing(folder.clone()), Scope::Writes])
    }

    /// A new folder in another.
    #[must_use]
    pub(crate) fn folder_added(parent: &FolderId) -> Self {
        Self(vec![Scope::Listing(parent.clone()), Scope::Tree, Scope::Writes])
    }

    /// A new file in an unknown folder.
    #[must_use]
    pub(crate) fn added_somewhere() -> Self {
        Self(vec![Scope::Listings, Scope::Writes])
    }

    /// The end of a remote upload. No cache entry shows remote uploads.
    #[must_use]
    pub(crate) fn remote_upload() -> Self {
        Self(vec![Scope::Writes])
    }

    /// A change of a file that these listings show. `None`: any listing may show it.
    #[must_use]
    pub(crate) fn file(id: &FileId, shown_in: Option<Vec<FolderId>>) -> Self {
        let mut scopes = Self::listings(shown_in);
        scopes.extend([Scope::File(id.clone()), Scope::Writes]);
        Self(scopes)
    }

    /// A change of a folder that these listings show. `None`: any listing may show it.
    #[must_use]
    pub(crate) fn folder(shown_in: Option<Vec<FolderId>>) -> Self {
        let mut scopes = Self::listings(shown_in);
        scopes.extend([Scope::Tree, Scope::Writes]);
        Self(scopes)
    }

    /// A change of a folder with all its contents.
    #[must_use]
    pub(crate) fn tree() -> Self {
        Self(vec![Scope::Writes, Scope::Tree, Scope::Listings, Scope::Files])
    }

    /// Adds the listing of a folder that receives an object.
    #[must_use]
    pub(crate) fn and_listing(mut self, folder: &FolderId) -> Self {
        self.0.push(Scope::Listing(folder.clone()));
        self
    }

    pub(crate) fn scopes(&self) -> &[Scope] {
        &self.0
    }

    fn listings(shown_in: Option<Vec<FolderId>>) -> Vec<Scope> {
        shown_in.map_or_else(|| vec![Scope::Listings], |folders| folders.into_iter().map(Scope::Listing).collect())
    }
}
