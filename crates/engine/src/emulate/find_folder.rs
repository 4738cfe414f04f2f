//! Reads one folder by its id. If the site can only list folders, the folder is searched for in the account's listings.

use std::ops::ControlFlow;
use std::sync::Arc;

use polyhost_domain::{Capability, Error, ErrorKind, Folder, FolderId, Result, Support};

use super::search::{child, find_at_last_parent, search};
use super::walk::walk;
use crate::accounts::Account;
use crate::catalogue::{Catalogue, Encoded, Freshness, Known, Snapshot, Source};

/// Returns one folder.
///
/// # Errors
/// `FolderNotFound`, only after all folders were searched. `Timeout`, retryable, if the account has too many folders
/// for one request; the next request continues the search.
pub async fn folder(
    catalogue: &Catalogue,
    account: &Arc<Account>,
    id: &FolderId,
    freshness: Freshness,
) -> Result<Known<Arc<Encoded<Folder>>>> {
    if account.capabilities().support(Capability::FoldersRead) == Support::Native {
        return catalogue.folder(account, id, freshness).await;
    }
    listed_folder(catalogue, account, id, freshness).await
}

/// Like [`folder`], from the account's listings alone.
///
/// # Errors
/// As for [`folder`].
pub(super) async fn listed_folder(
    catalogue: &Catalogue,
    account: &Arc<Account>,
    id: &FolderId,
    freshness: Freshness,
) -> Result<Known<Arc<Encoded<Folder>>>> {
    let profile = account.profile();
    if *id == FolderId::Root {
        let root = Folder::bare(&profile.origin, FolderId::Root, None, Some(String::new()));
        return serialized(
            account,
            Known { value: root, age: std::time::Duration::ZERO, source: Source::Hit { ttl_seconds: 0 } },
        );
    }
    if let Some(found) = find_at_last_parent(catalogue, account, id, freshness).await {
        return serialized(account, found);
    }
    let found = match freshness {
        Freshness::NoCache => walk_uncached(catalogue, account, id).await?,
        Freshness::Cached | Freshness::Fresh => search(catalogue, account, id).await?,
    };
    let found = found.ok_or_else(|| {
        let name = &profile.origin.account;
        Error::new(ErrorKind::FolderNotFound)
            .with_detail(format!("No folder has the id \"{id}\" in account \"{name}\"."))
    })?;
    serialized(account, found)
}

async fn walk_uncached(catalogue: &Catalogue, account: &Arc<Account>, id: &FolderId) -> Result<Option<Known<Folder>>> {
    let find = |_: &FolderId, listing: Known<Arc<Snapshot>>| match child(listing, id) {
        Some(found) => ControlFlow::Break(found),
        None => ControlFlow::Continue(()),
    };
    walk(catalogue, account, &FolderId::Root, Freshness::NoCache, find).await
}

fn serialized(account: &Account, found: Known<Folder>) -> Result<Known<Arc<Encoded<Folder>>>> {
    let Known { value, age, source } = found;
    Ok(Known { value: Arc::new(Encoded::new(value, account)?), age, source })
}
