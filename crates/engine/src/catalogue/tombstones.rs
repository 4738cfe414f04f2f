//! Tombstones: files and folders that callers have deleted. A site that moves them to its trash may still list them.
//!
//! Deleted entries are removed from a listing before it becomes a snapshot. If the site later reports such a file as
//! active, it was restored from the trash, and its tombstone is removed. That report counts only if the request for it
//! began after the deletion ended. An answer to an earlier request does not show the effect of the deletion, even if it
//! arrives after it.
//!
//! Tombstones are stored by the user at the site. So they survive a change of the account's settings, and a deletion at
//! one site hides nothing at another. Replicas share their tombstones as marks. An entry that is restored from
//! the trash is visible at the other replicas after [`TOMBSTONE_TTL`], or once they read it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use moka::future::Cache;
use moka::ops::compute::Op;
use polyhost_domain::{DeleteSemantics, FileId, FolderId, IdGrammar, Listing};

use super::MAX_ACCOUNTS;
use crate::accounts::Account;

/// The maximum number of tombstones of each kind for one user.
const MAX_TOMBSTONES: u64 = 100_000;
/// The lifetime of a tombstone. An entry that is restored from the trash without the gateway is visible again after
/// this time.
const TOMBSTONE_TTL: Duration = Duration::from_secs(60 * 60);

/// The tombstones of all users.
pub(super) struct Tombstones {
    by_user: Cache<Arc<str>, Arc<UserTombstones>>,
    /// The number of file deletions recorded so far: the logical clock of [`Moment`].
    noted: AtomicU64,
    /// The number of this replica, which its marks begin with. Its own marks must not restore tombstones that it has
    /// removed.
    replica: u32,
}

/// The tombstones of one user.
pub(super) struct UserTombstones {
    files: Cache<FileId, Moment>,
    folders: Cache<FolderId, ()>,
    /// Files whose deletion is under way or has an unknown outcome, and deleted files. Those that were not deleted for
    /// certain stay in listings, but their status in a listing is not used.
    uncertain: Cache<FileId, Moment>,
    /// The position in the marks of the other replicas.
    position: AtomicU64,
}

/// A time, counted in recorded file deletions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Moment(u64);

impl Moment {
    /// The time of a deletion that is not over: later than every request.
    const NOT_YET: Self = Self(u64::MAX);
}

/// A tombstone as a mark.
enum Mark<F, D> {
    /// A deleted file.
    File(F),
    /// A deleted folder.
    Folder(D),
    /// A file whose deletion is under way, or has an unknown outcome.
    Uncertain(F),
}

impl Mark<&FileId, &FolderId> {
    fn text(&self) -> String {
        match self {
            Self::File(file) => format!("f/{file}"),
            Self::Folder(folder) => format!("d/{folder}"),
            Self::Uncertain(file) => format!("u/{file}"),
        }
    }
}

impl Mark<FileId, FolderId> {
    fn read(text: &str, ids: &IdGrammar) -> Option<Self> {
        let (kind, id) = text.split_once('/')?;
        match kind {
            "f" => ids.file(id).ok().map(Self::File),
            "d" => ids.folder(id).ok().map(Self::Folder),
            "u" => ids.file(id).ok().map(Self::Uncertain),
            _ => None,
        }
    }
}

impl Default for Tombstones {
    fn default() -> Self {
        // A deletion resets the idle time, so a user's entry is removed only after the last tombstone in it has
        // expired.
        let by_user = Cache::builder().max_capacity(MAX_ACCOUNTS).time_to_idle(TOMBSTONE_TTL).build();
        Self { by_user, noted: AtomicU64::default(), replica: rand::random() }
    }
}

impl Tombstones {
    /// Returns the current time.
    pub(super) fn now(&self) -> Moment {
        Moment(self.noted.load(Ordering::SeqCst))
    }

    /// Records that a file is being deleted, if the site has a trash.
    pub(super) async fn begin(&self, account: &Account, file: &FileId) {
        if let Some(tombstones) = self.of_or_new(account).await {
            tombstones.uncertain.insert(file.clone(), Moment::NOT_YET).await;
            self.announce(account, Mark::Uncertain(file)).await;
        }
    }

    /// Records that a file was deleted.
    pub(super) async fn insert_file(&self, account: &Account, file: &FileId) {
        if let Some(tombstones) = self.of_or_new(account).await {
            let now = self.next();
            tombstones.files.insert(file.clone(), now).await;
            tombstones.uncertain.insert(file.clone(), now).await;
            self.announce(account, Mark::File(file)).await;
        }
    }

    /// Records that a deletion of a file had an unknown outcome.
    pub(super) async fn insert_uncertain(&self, account: &Account, file: &FileId) {
        if let Some(tombstones) = self.of_or_new(account).await {
            tombstones.uncertain.insert(file.clone(), self.next()).await;
        }
    }

    /// Records that a folder was deleted.
    pub(super) async fn insert_folder(&self, account: &Account, folder: &FolderId) {
        if let Some(tombstones) = self.of_or_new(account).await {
            tombstones.folders.insert(folder.clone(), ()).await;
            self.announce(account, Mark::Folder(folder)).await;
        }
    }

    /// Removes the tombstone of a file that the site reported as active. `asked` is the time at which that request
    /// began.
    pub(super) async fn remove(&self, account: &Account, file: &FileId, asked: Moment) {
        let Some(tombstones) = self.of(account).await else { return };
        for noted in [&tombstones.files, &tombstones.uncertain] {
            // A new deletion of the file may be recorded at the same time; its tombstone stays.
            let remove = noted.entry_by_ref(file).and_compute_with(async |entry| match entry {
                Some(entry) if *entry.value() <= asked => Op::Remove,
                _ => Op::Nop,
            });
            remove.await;
        }
    }

    /// Returns whether the status of a file in a listing must not be used.
    pub(super) async fn is_uncertain(&self, account: &Account, file: &FileId) -> bool {
        self.of(account).await.is_some_and(|tombstones| tombstones.uncertain.contains_key(file))
    }

    /// Returns whether the user of an account has recently deleted a folder.
    pub(super) async fn has_folder(&self, account: &Account, folder: &FolderId) -> bool {
        self.of(account).await.is_some_and(|tombstones| tombstones.folders.contains_key(folder))
    }

    /// Returns the tombstones of an account's user, if there are any, with those of the other replicas.
    pub(super) async fn of(&self, account: &Account) -> Option<Arc<UserTombstones>> {
        let Some(marks) = account.user_state().marks() else { return self.by_user.get(account.user()).await };
        let tombstones = self.of_or_new(account).await?;
        let position = tombstones.position.load(Ordering::SeqCst);
        match marks.since(account.user(), position).await {
            Ok((marks, next)) => {
                for mark in &marks {
                    self.learn(account, &tombstones, mark).await;
                }
                tombstones.position.fetch_max(next, Ordering::SeqCst);
            }
            Err(error) => tracing::debug!(%error, "deletions through other replicas are not known"),
        }
        Some(tombstones)
    }

    /// Announces a tombstone to the other replicas. If that fails, they list the entry as long as the site does.
    async fn announce(&self, account: &Account, mark: Mark<&FileId, &FolderId>) {
        let Some(marks) = account.user_state().marks() else { return };
        let mark = format!("{}/{}", self.replica, mark.text());
        if let Err(error) = marks.add(account.user(), &mark).await {
            tracing::warn!(%error, "other replicas do not know of a deletion");
        }
    }

    /// Stores the tombstone of another replica.
    async fn learn(&self, account: &Account, tombstones: &UserTombstones, mark: &str) {
        let Some((replica, mark)) = mark.split_once('/') else { return };
        if replica == self.replica.to_string() {
            return;
        }
        match Mark::read(mark, &account.profile().ids) {
            Some(Mark::File(file)) => {
                let now = self.next();
                tombstones.files.insert(file.clone(), now).await;
                tombstones.uncertain.insert(file, now).await;
            }
            // A deletion by this replica may be under way, and its moment is later.
            Some(Mark::Uncertain(file)) => drop(tombstones.uncertain.entry(file).or_insert(self.next()).await),
            Some(Mark::Folder(folder)) => tombstones.folders.insert(folder, ()).await,
            None => {}
        }
    }

    /// Returns the tombstones of an account's user, or creates them. Returns `None` if the site has no trash.
    async fn of_or_new(&self, account: &Account) -> Option<Arc<UserTombstones>> {
        if account.profile().delete != DeleteSemantics::Trash {
            return None;
        }
        Some(self.by_user.get_with_by_ref(account.user(), async { Arc::default() }).await)
    }

    fn next(&self) -> Moment {
        Moment(self.noted.fetch_add(1, Ordering::SeqCst) + 1)
    }
}

impl Default for UserTombstones {
    fn default() -> Self {
        let noted = || Cache::builder().max_capacity(MAX_TOMBSTONES).time_to_live(TOMBSTONE_TTL).build();
        Self {
            files: noted(),
            folders: Cache::builder().max_capacity(MAX_TOMBSTONES).time_to_live(TOMBSTONE_TTL).build(),
            uncertain: noted(),
            position: AtomicU64::default(),
        }
    }
}

impl UserTombstones {
    /// Removes deleted files and folders from a listing.
    pub(super) fn purge(&self, listing: &mut Listing) {
        listing.files.retain(|file| !self.files.contains_key(&file.id));
        listing.folders.retain(|folder| !self.folders.contains_key(&folder.id));
    }
}
