//! One folder by its id, where the site can only list: found in its parent's listing.

use std::ops::ControlFlow;
use std::sync::Arc;

use polyhost_domain::{Capability, Error, ErrorKind, Folder, FolderId, Result, Support};

use super::search::{child, search, where_it_was};
use super::walk::walk;
use crate::accounts::Account;
use crate::catalogue::{Catalogue, Freshness, Kept, Known, Snapshot, Source};

/// One folder.
///
/// # Errors
/// `FolderNotFound` only where every folder was looked at; `Timeout`, retryable, where there are too many of them for
/// one request: the next goes on where this one ended.
pub async fn folder(
    catalogue: &Catalogue,
    account: &Arc<Account>,
    id: &FolderId,
    freshness: Freshness,
) -> Result<Known<Arc<Kept<Folder>>>> {
    if account.capabilities().support(Capability::FoldersRead) == Support::Native {
        return catalogue.folder(account, id, freshness).await;
    }
    listed_folder(catalogue, account, id, freshness).await
}

/// The same from the account's listings alone.
///
/// # Errors
/// As for [`folder`].
pub(super) async fn listed_folder(
    catalogue: &Catalogue,
    account: &Arc<Account>,
    id: &FolderId,
    freshness: Freshness,
) -> Result<Known<Arc<Kept<Folder>>>> {
    let profile = account.profile();
    if *id == FolderId::Root {
        let root = Folder::bare(&profile.origin, FolderId::Root, None, Some(String::new()));
        return kept(
            account,
            Known { value: root, age: std::time::Duration::ZERO, source: Source::Hit { ttl_seconds: 0 } },
        );
    }
    if let Some(found) = where_it_was(catalogue, account, id, freshness).await {
        return kept(account, found);
    }
    let found = match freshness {
        Freshness::Anew => walk_anew(catalogue, account, id).await?,
        Freshness::Cached | Freshness::Fresh => search(catalogue, account, id).await?,
    };
    let found = found.ok_or_else(|| {
        let name = &profile.origin.account;
        Error::new(ErrorKind::FolderNotFound)
            .with_detail(format!("No folder has the id \"{id}\" in account \"{name}\"."))
    })?;
    kept(account, found)
}

async fn walk_anew(catalogue: &Catalogue, account: &Arc<Account>, id: &FolderId) -> Result<Option<Known<Folder>>> {
    let look = |_: &FolderId, listing: Known<Arc<Snapshot>>| match child(listing, id) {
        Some(found) => ControlFlow::Break(found),
        None => ControlFlow::Continue(()),
    };
    walk(catalogue, account, &FolderId::Root, Freshness::Anew, look).await
}

fn kept(account: &Account, found: Known<Folder>) -> Result<Known<Arc<Kept<Folder>>>> {
    let Known { value, age, source } = found;
    Ok(Known { value: Arc::new(Kept::new(value, account)?), age, source })
}
