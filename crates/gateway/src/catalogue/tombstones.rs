//! What callers have deleted, and the site has put into its trash and may still list.
//!
//! A listing is rid of it before it becomes a snapshot. A file that the site then tells to be in use again was taken out
//! of the trash, and comes back.

use std::time::Duration;

use moka::future::Cache;
use polyhost_domain::{AccountName, DeleteSemantics, FileId, FolderId, Listing};

use crate::accounts::Account;

/// How many are remembered, all accounts together.
const REMEMBERED: u64 = 100_000;
/// How long. Who takes something out of a site's trash by other ways than the gateway sees it again after this.
const FOR: Duration = Duration::from_secs(60 * 60);

/// What was deleted, and may still be listed.
pub(super) struct Tombstones(Cache<(AccountName, Deleted), ()>);

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Deleted {
    File(FileId),
    Folder(FolderId),
    /// A file that was perhaps deleted: it stays in listings, whose word for its status is not taken any more.
    Perhaps(FileId),
}

impl Default for Tombstones {
    fn default() -> Self {
        Self(Cache::builder().max_capacity(REMEMBERED).time_to_live(FOR).build())
    }
}

impl Tombstones {
    /// Notes what was deleted, where the site has a trash.
    pub(super) async fn set(&self, account: &Account, deleted: Deleted) {
        if account.profile().delete == DeleteSemantics::Trash {
            self.0.insert((account.name().clone(), deleted), ()).await;
        }
    }

    /// Notes that a file is in use.
    pub(super) async fn lift(&self, account: &Account, file: &FileId) {
        for deleted in [Deleted::File(file.clone()), Deleted::Perhaps(file.clone())] {
            self.0.invalidate(&(account.name().clone(), deleted)).await;
        }
    }

    /// Whether a listing's word for a file is not to be taken.
    pub(super) fn doubt(&self, account: &Account, file: &FileId) -> bool {
        self.0.contains_key(&(account.name().clone(), Deleted::Perhaps(file.clone())))
    }

    /// Rids a listing of what was deleted.
    pub(super) fn apply(&self, account: &Account, listing: &mut Listing) {
        if account.profile().delete != DeleteSemantics::Trash
            || self.0.entry_count() == 0 && self.0.iter().next().is_none()
        {
            return;
        }
        let stands = |deleted: Deleted| !self.0.contains_key(&(account.name().clone(), deleted));
        listing.files.retain(|file| stands(Deleted::File(file.id.clone())));
        listing.folders.retain(|folder| stands(Deleted::Folder(folder.id.clone())));
    }
}
