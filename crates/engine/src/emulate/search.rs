//! The search for a folder in an account's listings: breadth first from the root, a few folders concurrently.
//!
//! An account has one search, which later requests continue, so that no folder is listed twice. Only when the search
//! has listed the last folder is it certain that no folder has the id.

use std::sync::Arc;

use futures_util::future::join_all;
use polyhost_domain::{ErrorKind, Folder, FolderId, Result};
use tokio::time::{Instant, timeout_at};

use super::MAX_TIME;
use super::walk::{MAX_CONCURRENT, MAX_FOLDERS, OUT_OF_TIME, TOO_MANY, limit_error};
use crate::accounts::Account;
use crate::catalogue::{Catalogue, Freshness, Known, Search, Snapshot};

/// The maximum number of folders that one search stores.
const MAX_SEEN: usize = 100_000;

/// Searches the folders that the account's search has not listed yet.
///
/// # Errors
/// The error of a listing; `Timeout`, retryable, at the limits of time and number of folders. The search's progress is
/// kept.
pub(super) async fn search(
    catalogue: &Catalogue,
    account: &Arc<Account>,
    id: &FolderId,
) -> Result<Option<Known<Folder>>> {
    let until = Instant::now() + MAX_TIME;
    let tree = account.tree().await;
    let shared = catalogue.search(account, tree).await;
    let mut search = timeout_at(until, shared.lock()).await.map_err(|_| limit_error(OUT_OF_TIME))?;
    if tree.is_none() {
        // The tree may have changed since the last request, so the search begins anew.
        *search = Search::from_root(None);
    }
    // The request that held the search until now may have listed the folder's parent.
    if let Some(found) = find_at_last_parent(catalogue, account, id, Freshness::Cached).await {
        return Ok(Some(found));
    }
    let mut left = MAX_FOLDERS;
    loop {
        let found = continue_search(catalogue, account, id, &mut search, &mut left, until).await?;
        if found.is_some() {
            return Ok(found);
        }
        // A folder that was created or moved during the search may lie in a folder that was listed before. Search again
        // if the tree has changed.
        let (began, now) = (search.tree, account.tree().await);
        *search = Search::from_root(now);
        if began == now {
            return Ok(None);
        }
    }
}

/// Continues until the folder is found or all folders are listed.
async fn continue_search(
    catalogue: &Catalogue,
    account: &Arc<Account>,
    id: &FolderId,
    search: &mut Search,
    left: &mut usize,
    until: Instant,
) -> Result<Option<Known<Folder>>> {
    while !search.unlisted.is_empty() {
        if *left == 0 {
            return Err(limit_error(OUT_OF_TIME));
        }
        if search.seen.len() > MAX_SEEN {
            *search = Search::from_root(search.tree);
            return Err(limit_error(TOO_MANY));
        }
        let folders: Vec<FolderId> = search.unlisted.iter().take(MAX_CONCURRENT.min(*left)).cloned().collect();
        let listings = folders.iter().map(|folder| catalogue.listing(account, folder, Freshness::Fresh));
        // The search is changed only after the listings have arrived, so that a timeout or cancellation loses no
        // folder.
        let listings = timeout_at(until, join_all(listings)).await.map_err(|_| limit_error(OUT_OF_TIME))?;
        let mut found = None;
        for (folder, listing) in folders.iter().zip(listings) {
            let listing = match listing {
                Ok(listing) => listing,
                // The folder was deleted after its parent was listed.
                Err(error) if error.kind() == ErrorKind::FolderNotFound && *folder != FolderId::Root => {
                    search.unlisted.pop_front();
                    continue;
                }
                Err(error) => return Err(error),
            };
            search.unlisted.pop_front();
            for folder in listing.value.folders() {
                if search.seen.insert(folder.id.clone()) {
                    search.unlisted.push_back(folder.id.clone());
                }
            }
            found = found.or_else(|| child(listing, id));
        }
        *left -= folders.len();
        if found.is_some() {
            return Ok(found);
        }
    }
    Ok(None)
}

/// Looks for the folder in the listing that has shown it last.
pub(super) async fn find_at_last_parent(
    catalogue: &Catalogue,
    account: &Arc<Account>,
    id: &FolderId,
    freshness: Freshness,
) -> Option<Known<Folder>> {
    let parent = catalogue.parent(account, id).await?;
    child(catalogue.listing(account, &parent, freshness).await.ok()?, id)
}

/// Returns the folder with this id from a listing.
pub(super) fn child(listing: Known<Arc<Snapshot>>, id: &FolderId) -> Option<Known<Folder>> {
    let found = listing.value.folders().iter().find(|folder| folder.id == *id).cloned();
    found.map(|found| listing.map(|_| found))
}
