//! The search for a folder through an account's listings, the nearest to the root first, some side by side.
//!
//! An account has one search, which goes on from request to request: what one has looked into, the next need not. It
//! ends with the last folder; only then is it certain that there is no folder of that id.

use std::sync::Arc;

use futures_util::future::join_all;
use polyhost_domain::{ErrorKind, Folder, FolderId, Result};
use tokio::time::{Instant, timeout_at};

use super::MAX_TIME;
use super::walk::{MAX_FOLDERS, OUT_OF_TIME, SIDE_BY_SIDE, TOO_MANY, too_far};
use crate::accounts::Account;
use crate::catalogue::{Catalogue, Freshness, Known, Search, Snapshot};

/// The most folders that are remembered of one search.
const MOST_SEEN: usize = 100_000;

/// Looks for a folder where no search has looked yet.
///
/// # Errors
/// The listings' own; `Timeout`, retryable, past the bounds in time and in folders: the search is kept.
pub(super) async fn search(
    catalogue: &Catalogue,
    account: &Arc<Account>,
    id: &FolderId,
) -> Result<Option<Known<Folder>>> {
    let until = Instant::now() + MAX_TIME;
    let shared = catalogue.search(account, account.tree().await?).await;
    let mut search = timeout_at(until, shared.lock()).await.map_err(|_| too_far(OUT_OF_TIME))?;
    // Whoever had the search until now may have come past it.
    if let Some(found) = where_it_was(catalogue, account, id, Freshness::Cached).await {
        return Ok(Some(found));
    }
    let mut left = MAX_FOLDERS;
    loop {
        let found = go_on(catalogue, account, id, &mut search, &mut left, until).await?;
        if found.is_some() {
            return Ok(found);
        }
        // A folder that was made or moved since the search began may lie where it had been already.
        let (began, now) = (search.tree, account.tree().await?);
        *search = Search::from_root(now);
        if began == now {
            return Ok(None);
        }
    }
}

/// Goes on until the folder is found or every folder was looked into.
async fn go_on(
    catalogue: &Catalogue,
    account: &Arc<Account>,
    id: &FolderId,
    search: &mut Search,
    left: &mut usize,
    until: Instant,
) -> Result<Option<Known<Folder>>> {
    while !search.ahead.is_empty() {
        if *left == 0 {
            return Err(too_far(OUT_OF_TIME));
        }
        if search.seen.len() > MOST_SEEN {
            *search = Search::from_root(search.tree);
            return Err(too_far(TOO_MANY));
        }
        let folders: Vec<FolderId> = search.ahead.iter().take(SIDE_BY_SIDE.min(*left)).cloned().collect();
        let listings = folders.iter().map(|folder| catalogue.listing(account, folder, Freshness::Fresh));
        // The search stays as it was where this ends early.
        let listings = timeout_at(until, join_all(listings)).await.map_err(|_| too_far(OUT_OF_TIME))?;
        let mut found = None;
        for (folder, listing) in folders.iter().zip(listings) {
            let listing = match listing {
                Ok(listing) => listing,
                // Somebody has deleted it since its parent was listed.
                Err(error) if error.kind() == ErrorKind::FolderNotFound && *folder != FolderId::Root => {
                    search.ahead.pop_front();
                    continue;
                }
                Err(error) => return Err(error),
            };
            search.ahead.pop_front();
            for folder in listing.value.folders() {
                if search.seen.insert(folder.id.clone()) {
                    search.ahead.push_back(folder.id.clone());
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

/// Looks first in the folder whose listing has last shown it.
pub(super) async fn where_it_was(
    catalogue: &Catalogue,
    account: &Arc<Account>,
    id: &FolderId,
    freshness: Freshness,
) -> Option<Known<Folder>> {
    let parent = catalogue.parent(account, id).await?;
    child(catalogue.listing(account, &parent, freshness).await.ok()?, id)
}

/// The folder in a listing.
pub(super) fn child(listing: Known<Arc<Snapshot>>, id: &FolderId) -> Option<Known<Folder>> {
    let found = listing.value.folders().iter().find(|folder| folder.id == *id).cloned();
    found.map(|found| listing.map(|_| found))
}
