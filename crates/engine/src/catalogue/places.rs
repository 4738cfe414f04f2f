//! The parents of folders, as listings have shown them, and the progress of folder searches.
//!
//! A parent is a hint: the code that uses it must check it in the parent's listing. A search that exceeds its time
//! limit keeps its progress, so that the next request continues it.
//!
//! All data belongs to one account and is stored under its [`Incarnation`], because ids of one site are not valid at
//! another.

use std::collections::{HashSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use moka::future::Cache;
use polyhost_domain::FolderId;
use tokio::sync::Mutex;

use super::MAX_ACCOUNTS;
use crate::accounts::Incarnation;

/// The maximum number of folders whose parents are stored, over all accounts.
const MAX_PLACES: u64 = 100_000;
/// The time after its last use at which an unfinished search is removed.
const SEARCH_IDLE_TTL: Duration = Duration::from_secs(10 * 60);
/// The number of an account's most recently listed folders that are searched for a file.
const MAX_RECENT: usize = 64;

/// The parents of folders, and the searches for folders.
pub(super) struct Places {
    parents: Cache<(Incarnation, FolderId), FolderId>,
    searches: Cache<Incarnation, Arc<Mutex<Search>>>,
}

/// The progress of a search through an account's folders, breadth first.
#[derive(Debug)]
pub(crate) struct Search {
    /// All folders that the search has found.
    pub(crate) seen: HashSet<FolderId>,
    /// The found folders that were not listed yet, the nearest to the root first.
    pub(crate) unlisted: VecDeque<FolderId>,
    /// The generation of the account's folder tree when the search began, if it was known.
    pub(crate) tree: Option<u64>,
}

impl Search {
    /// Returns a search that begins at the root.
    pub(crate) fn from_root(tree: Option<u64>) -> Self {
        Self { seen: HashSet::from([FolderId::Root]), unlisted: VecDeque::from([FolderId::Root]), tree }
    }
}

impl Default for Places {
    fn default() -> Self {
        Self {
            parents: Cache::new(MAX_PLACES),
            searches: Cache::builder().max_capacity(MAX_ACCOUNTS).time_to_idle(SEARCH_IDLE_TTL).build(),
        }
    }
}

impl Places {
    pub(super) async fn set(&self, account: Incarnation, folder: &FolderId, parent: &FolderId) {
        self.parents.insert((account, folder.clone()), parent.clone()).await;
    }

    pub(super) async fn parent(&self, account: Incarnation, folder: &FolderId) -> Option<FolderId> {
        self.parents.get(&(account, folder.clone())).await
    }

    pub(super) async fn search(&self, account: Incarnation, tree: Option<u64>) -> Arc<Mutex<Search>> {
        let begin = async { Arc::new(Mutex::new(Search::from_root(tree))) };
        self.searches.get_with(account, begin).await
    }

    pub(super) async fn forget(&self, account: Incarnation) {
        self.searches.invalidate(&account).await;
    }
}

/// The folders of each account that were listed most recently.
pub(super) struct Recent(Cache<Incarnation, Arc<std::sync::Mutex<VecDeque<FolderId>>>>);

impl Recent {
    pub(super) fn new() -> Self {
        Self(Cache::new(MAX_ACCOUNTS))
    }

    pub(super) async fn note(&self, account: Incarnation, folder: &FolderId) {
        let folders = self.0.get_with(account, async { Arc::default() }).await;
        let mut folders = folders.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        folders.retain(|other| other != folder);
        folders.push_front(folder.clone());
        folders.truncate(MAX_RECENT);
    }

    /// Returns the folders, the most recently listed first.
    pub(super) async fn get(&self, account: Incarnation) -> Vec<FolderId> {
        let Some(folders) = self.0.get(&account).await else { return Vec::new() };
        folders.lock().unwrap_or_else(std::sync::PoisonError::into_inner).iter().cloned().collect()
    }

    pub(super) async fn take(&self, account: Incarnation) -> Vec<FolderId> {
        let folders = self.get(account).await;
        self.0.invalidate(&account).await;
        folders
    }
}
