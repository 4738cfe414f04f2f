//! What callers have deleted, and the site has put into its trash and may still list.
//!
//! A listing is rid of it before it becomes a snapshot. A file that the site then tells to be in use again was taken out
//! of the trash, and comes back: but only where the site was asked after the deletion was over. What it told before says
//! nothing about it, however late the answer comes.
//!
//! It is kept by who the account is at its site, so that a change of its settings does not bring back what was deleted,
//! and what one site has deleted is not missing from another.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use moka::future::Cache;
use moka::ops::compute::Op;
use polyhost_domain::{DeleteSemantics, FileId, FolderId, Listing};

use super::MAX_ACCOUNTS;
use crate::accounts::Account;

/// How much of each kind is remembered of one user.
const REMEMBERED: u64 = 100_000;
/// How long. Who takes something out of a site's trash by other ways than the gateway sees it again after this.
const FOR: Duration = Duration::from_secs(60 * 60);

/// What was deleted, and may still be listed.
pub(super) struct Tombstones {
    of_users: Cache<Arc<str>, Arc<Graves>>,
    /// How many deletions of files were noted.
    noted: AtomicU64,
}

/// What one user has deleted.
pub(super) struct Graves {
    files: Cache<FileId, Moment>,
    folders: Cache<FolderId, ()>,
    /// Files that were perhaps deleted: they stay in listings, whose word for their status is not taken any more.
    doubted: Cache<FileId, Moment>,
}

/// When something was, among the deletions of files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Moment(u64);

impl Moment {
    /// Later than every question: that of what is not over.
    const NOT_YET: Self = Self(u64::MAX);
}

impl Default for Tombstones {
    fn default() -> Self {
        // Whoever deletes is no longer idle, so the last of a user's tombstones goes before all of them do.
        let of_users = Cache::builder().max_capacity(MAX_ACCOUNTS).time_to_idle(FOR).build();
        Self { of_users, noted: AtomicU64::default() }
    }
}

impl Tombstones {
    /// This moment.
    pub(super) fn now(&self) -> Moment {
        Moment(self.noted.load(Ordering::SeqCst))
    }

    /// Notes that a file is being deleted, where the site has a trash.
    pub(super) async fn begin(&self, account: &Account, file: &FileId) {
        if let Some(graves) = self.to_fill(account).await {
            graves.doubted.insert(file.clone(), Moment::NOT_YET).await;
        }
    }

    /// Notes that a file was deleted.
    pub(super) async fn bury_file(&self, account: &Account, file: &FileId) {
        if let Some(graves) = self.to_fill(account).await {
            let now = self.next();
            graves.files.insert(file.clone(), now).await;
            graves.doubted.insert(file.clone(), now).await;
        }
    }

    /// Notes that a file was perhaps deleted.
    pub(super) async fn doubt(&self, account: &Account, file: &FileId) {
        if let Some(graves) = self.to_fill(account).await {
            graves.doubted.insert(file.clone(), self.next()).await;
        }
    }

    /// Notes that a folder was deleted.
    pub(super) async fn bury_folder(&self, account: &Account, folder: &FolderId) {
        if let Some(graves) = self.to_fill(account).await {
            graves.folders.insert(folder.clone(), ()).await;
        }
    }

    /// Notes that the site has told a file to be in use, when it was asked at this moment.
    pub(super) async fn lift(&self, account: &Account, file: &FileId, asked: Moment) {
        let Some(graves) = self.of(account).await else { return };
        for noted in [&graves.files, &graves.doubted] {
            // It may be deleted again at this very time.
            let lift = noted.entry_by_ref(file).and_compute_with(async |entry| match entry {
                Some(entry) if *entry.value() <= asked => Op::Remove,
                _ => Op::Nop,
            });
            lift.await;
        }
    }

    /// Whether a listing's word for a file is not to be taken.
    pub(super) async fn doubts(&self, account: &Account, file: &FileId) -> bool {
        self.of(account).await.is_some_and(|graves| graves.doubted.contains_key(file))
    }

    /// Whether the user of an account has lately deleted a folder.
    pub(super) async fn has_folder(&self, account: &Account, folder: &FolderId) -> bool {
        self.of(account).await.is_some_and(|graves| graves.folders.contains_key(folder))
    }

    /// What the user of an account has deleted.
    pub(super) async fn of(&self, account: &Account) -> Option<Arc<Graves>> {
        self.of_users.get(account.user()).await
    }

    /// The same, where the site has a trash.
    async fn to_fill(&self, account: &Account) -> Option<Arc<Graves>> {
        if account.profile().delete != DeleteSemantics::Trash {
            return None;
        }
        Some(self.of_users.get_with_by_ref(account.user(), async { Arc::default() }).await)
    }

    fn next(&self) -> Moment {
        Moment(self.noted.fetch_add(1, Ordering::SeqCst) + 1)
    }
}

impl Default for Graves {
    fn default() -> Self {
        let noted = || Cache::builder().max_capacity(REMEMBERED).time_to_live(FOR).build();
        Self {
            files: noted(),
            folders: Cache::builder().max_capacity(REMEMBERED).time_to_live(FOR).build(),
            doubted: noted(),
        }
    }
}

impl Graves {
    /// Rids a listing of what was deleted.
    pub(super) fn rid(&self, listing: &mut Listing) {
        listing.files.retain(|file| !self.files.contains_key(&file.id));
        listing.folders.retain(|folder| !self.folders.contains_key(&folder.id));
    }
}
