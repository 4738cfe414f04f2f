//! Walks down a tree of folders, breadth first, a few folders concurrently, within limits of time and number of
//! folders.

use std::collections::HashSet;
use std::ops::ControlFlow;
use std::sync::Arc;

use futures_util::{StreamExt as _, stream};
use polyhost_domain::{Error, ErrorKind, FolderId, Result};
use tokio::time::Instant;

use super::MAX_TIME;
use crate::accounts::Account;
use crate::catalogue::{Catalogue, Freshness, Known, Snapshot};

/// The maximum number of folders in one walk.
pub(super) const MAX_FOLDERS: usize = 5_000;
/// The number of folders that are listed concurrently.
pub(super) const MAX_CONCURRENT: usize = 4;

/// Calls `visit` with the listing of a folder and of every folder below it, the nearest first, until it breaks.
///
/// # Errors
/// The first error of a listing; `Timeout`, retryable, if the tree exceeds the limits. The listings stay in the cache,
/// so that the next walk gets further.
pub(super) async fn walk<B>(
    catalogue: &Catalogue,
    account: &Arc<Account>,
    from: &FolderId,
    freshness: Freshness,
    mut visit: impl FnMut(&FolderId, Known<Arc<Snapshot>>) -> ControlFlow<B>,
) -> Result<Option<B>> {
    let until = Instant::now() + MAX_TIME;
    let mut seen: HashSet<FolderId> = HashSet::from([from.clone()]);
    let mut level = vec![from.clone()];
    while !level.is_empty() {
        let mut next = Vec::new();
        let mut listings = stream::iter(level.into_iter().map(|folder| list(catalogue, account, folder, freshness)))
            .buffered(MAX_CONCURRENT);
        loop {
            let listing =
                tokio::time::timeout_at(until, listings.next()).await.map_err(|_| limit_error(OUT_OF_TIME))?;
            let Some(listing) = listing else { break };
            let (folder, listing) = match listing {
                (folder, Ok(listing)) => (folder, listing),
                // The folder was deleted after its parent was listed.
                (folder, Err(error)) if error.kind() == ErrorKind::FolderNotFound && folder != *from => continue,
                (_, Err(error)) => return Err(error),
            };
            let snapshot = Arc::clone(&listing.value);
            if let ControlFlow::Break(found) = visit(&folder, listing) {
                return Ok(Some(found));
            }
            next.extend(snapshot.folders().iter().map(|child| child.id.clone()).filter(|id| seen.insert(id.clone())));
            if seen.len() > MAX_FOLDERS {
                return Err(limit_error(TOO_MANY));
            }
        }
        level = next;
    }
    Ok(None)
}

async fn list(
    catalogue: &Catalogue,
    account: &Arc<Account>,
    folder: FolderId,
    freshness: Freshness,
) -> (FolderId, Result<Known<Arc<Snapshot>>>) {
    let listing = catalogue.listing(account, &folder, freshness).await;
    (folder, listing)
}

pub(super) const OUT_OF_TIME: &str =
    "The account has too many folders to list in one request. Repeat the request: each attempt gets further.";
pub(super) const TOO_MANY: &str = "The account has more folders than the gateway searches.";

pub(super) fn limit_error(detail: &'static str) -> Error {
    Error::new(ErrorKind::Timeout).retryable(true).with_detail(detail)
}
