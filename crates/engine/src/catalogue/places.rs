//! Where folders are, as listings have shown it, and how far the search for one has come.
//!
//! A place is a hint: whoever uses it looks into the parent's listing. A search keeps what it has seen when its time is
//! over, so that the next one goes on where it ended.
//!
//! All of it is about one account at work, and kept by its [`Incarnation`]: the ids of one site mean nothing at another.

use std::collections::{HashSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use moka::future::Cache;
use polyhost_domain::FolderId;
use tokio::sync::Mutex;

use super::MAX_ACCOUNTS;
use crate::accounts::Incarnation;

/// How many folders' places are remembered, all accounts together.
const MAX_PLACES: u64 = 100_000;
/// How long a search that nobody continues is remembered.
const SEARCH: Duration = Duration::from_secs(10 * 60);
/// In how many of an account's folders, those that were listed last, a file is looked for.
const RECENT: usize = 64;

/// Where folders are.
pub(super) struct Places {
    parents: Cache<(Incarnation, FolderId), FolderId>,
    searches: Cache<Incarnation, Arc<Mutex<Search>>>,
}

/// How far the search through an account's folders has come.
#[derive(Debug)]
pub(crate) struct Search {
    /// Every folder that was seen.
    pub(crate) seen: HashSet<FolderId>,
    /// Those of them that were not looked into, the nearest to the root first.
    pub(crate) ahead: VecDeque<FolderId>,
    /// The generation of the account's tree when it began.
    pub(crate) tree: u64,
}

impl Search {
    /// A search from the root.
    pub(crate) fn from_root(tree: u64) -> Self {
        Self { seen: HashSet::from([FolderId::Root]), ahead: VecDeque::from([FolderId::Root]), tree }
    }
}

impl Default for Places {
    fn default() -> Self {
        Self {
            parents: Cache::new(MAX_PLACES),
            searches: Cache::builder().max_capacity(MAX_ACCOUNTS).time_to_idle(SEARCH).build(),
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

    pub(super) async fn search(&self, account: Incarnation, tree: u64) -> Arc<Mutex<Search>> {
        let begin = async { Arc::new(Mutex::new(Search::from_root(tree))) };
        self.searches.get_with(account, begin).await
    }

    pub(super) async fn forget(&self, account: Incarnation) {
        self.searches.invalidate(&account).await;
    }
}

/// Which folders of an account were listed lately.
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
        folders.truncate(RECENT);
    }

    /// The last first.
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
