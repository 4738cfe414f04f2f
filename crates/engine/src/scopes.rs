//! What a write makes untrue, in numbers that only rise: an answer carries those that stood before the site was asked,
//! and counts only while they stand.
//!
//! A scope is as small as what a write is known to touch. What cannot be known to be small is a scope of its own:
//! whatever a listing tells of other folders (how much is in them, or files of theirs) may be changed by any write of
//! the account.

use polyhost_domain::{FileId, FolderId};

/// What tells two listings apart: the beginning of the SHA-256 of their items.
pub(crate) type Digest = [u8; 16];

/// What is known of an account.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum What {
    /// The account itself.
    Account,
    /// What its plan allows.
    Limits,
    /// A file.
    File(FileId),
    /// A folder, where the site tells it by its id.
    Folder(FolderId),
    /// What a folder holds now: which snapshot that is.
    Listing(FolderId),
    /// What a folder held at some moment. Walks go on in it whatever was written since.
    Snapshot(FolderId, Digest),
}

impl What {
    /// The word that it is counted under.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Self::Account => "account",
            Self::Limits => "limits",
            Self::File(_) => "file",
            Self::Folder(_) => "folder",
            Self::Listing(_) => "listing",
            Self::Snapshot(..) => "snapshot",
        }
    }
}

/// Something that is known of an account, as far as one write may make it untrue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Scope {
    /// Whatever any write may touch. Every change raises it.
    Writes,
    /// Which folders there are, and where.
    Tree,
    /// The account itself and its plan, which no write touches.
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
    /// Its name in the shared state. It holds the user at the site, not the account's name: what one account writes,
    /// all accounts of the same user must read anew.
    pub(crate) fn name(&self, user: &str) -> String {
        match self {
            Self::Writes => format!("user/{user}/writes"),
            Self::Tree => format!("user/{user}/tree"),
            Self::Profile => format!("user/{user}/profile"),
            Self::Listings => format!("user/{user}/listings"),
            Self::Listing(folder) => format!("user/{user}/listing/{folder}"),
            Self::Files => format!("user/{user}/files"),
            Self::File(file) => format!("user/{user}/file/{file}"),
        }
    }
}

/// The generations that an answer depends on, as they stood before the site was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Stamp {
    pub(crate) wide: u64,
    pub(crate) own: u64,
    pub(crate) writes: u64,
}

/// How much of the account an answer tells of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reach {
    /// Only what it was asked for.
    Own,
    /// Other folders too, which every write may touch.
    Beyond,
}

impl Stamp {
    /// Whether what was read under this stamp is true for who looks now.
    pub(crate) fn holds(self, now: Self, reach: Reach) -> bool {
        // A caller may have looked before the answer's own stamp was taken; newer is as good.
        self.wide >= now.wide && self.own >= now.own && (reach == Reach::Own || self.writes >= now.writes)
    }
}

impl What {
    /// What it depends on: with its whole kind, by itself, and with every write.
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

/// What a write makes untrue, however it ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Change(Vec<Scope>);

impl Change {
    /// All that is known of the account.
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

    /// Something that has come up in the account, nobody knows in which folder.
    #[must_use]
    pub(crate) fn added_somewhere() -> Self {
        Self(vec![Scope::Listings, Scope::Writes])
    }

    /// A file that is shown in these listings; in any, where that is not known.
    #[must_use]
    pub(crate) fn file(id: &FileId, shown_in: Option<Vec<FolderId>>) -> Self {
        let mut scopes = Self::listings(shown_in);
        scopes.extend([Scope::File(id.clone()), Scope::Writes]);
        Self(scopes)
    }

    /// A folder that is shown in these listings; in any, where that is not known.
    #[must_use]
    pub(crate) fn folder(shown_in: Option<Vec<FolderId>>) -> Self {
        let mut scopes = Self::listings(shown_in);
        scopes.extend([Scope::Tree, Scope::Writes]);
        Self(scopes)
    }

    /// A folder with all that is in it.
    #[must_use]
    pub(crate) fn tree() -> Self {
        Self(vec![Scope::Writes, Scope::Tree, Scope::Listings, Scope::Files])
    }

    /// And the listing of a folder that something comes to.
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
