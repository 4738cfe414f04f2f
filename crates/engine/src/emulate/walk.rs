//! Walking down a tree of folders, breadth first, side by side, and only so far.

use std::collections::HashSet;
use std::ops::ControlFlow;
use std::sync::Arc;

use futures_util::{StreamExt as _, stream};
use polyhost_domain::{Error, ErrorKind, FolderId, Result};
use tokio::time::Instant;

use super::MAX_TIME;
use crate::accounts::Account;
use crate::catalogue::{Catalogue, Freshness, Known, Snapshot};

/// The most folders that one walk lists.
pub(super) const MAX_FOLDERS: usize = 5_000;
/// How many folders are listed side by side.
pub(super) const SIDE_BY_SIDE: usize = 4;

/// Shows `visit` the listing of a folder and of every folder below it, the nearest first, until it breaks.
///
/// # Errors
/// The first listing's own; `Timeout`, retryable, where the tree is larger than one walk may see: what was seen
/// stays in the cache, so that the next walk comes further.
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
            .buffered(SIDE_BY_SIDE);
        loop {
            let listing = tokio::time::timeout_at(until, listings.next()).await.map_err(|_| too_far(OUT_OF_TIME))?;
            let Some(listing) = listing else { break };
            let (folder, listing) = match listing {
                (folder, Ok(listing)) => (folder, listing),
                // Somebody has deleted it since its parent was listed.
                (folder, Err(error)) if error.kind() == ErrorKind::FolderNotFound && folder != *from => continue,
                (_, Err(error)) => return Err(error),
            };
            let snapshot = Arc::clone(&listing.value);
            if let ControlFlow::Break(found) = visit(&folder, listing) {
                return Ok(Some(found));
            }
            next.extend(snapshot.folders().iter().map(|child| child.id.clone()).filter(|id| seen.insert(id.clone())));
            if seen.len() > MAX_FOLDERS {
                return Err(too_far(TOO_MANY));
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
    "The account has more folders than could be looked through in time. Each further try comes further.";
pub(super) const TOO_MANY: &str = "The account has more folders than are looked through.";

pub(super) fn too_far(detail: &'static str) -> Error {
    Error::new(ErrorKind::Timeout).retryable(true).with_detail(detail)
}
