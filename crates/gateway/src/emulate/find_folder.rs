//! One folder by its id, where the site can only list: found in its parent's listing.

use std::ops::ControlFlow;

use polyhost_domain::{Capability, Error, ErrorKind, Folder, FolderId, Result, Support};

use super::walk::walk;
use crate::accounts::Account;
use crate::catalogue::{Catalogue, Freshness, Snapshot};

/// One folder.
///
/// # Errors
/// `FolderNotFound` only where every folder was looked at; `Timeout` where there are too many of them.
pub async fn folder(catalogue: &Catalogue, account: &Account, id: &FolderId, freshness: Freshness) -> Result<Folder> {
    let profile = account.profile();
    if account.capabilities().support(Capability::FoldersRead) == Support::Native {
        return account.read(account.site().folder(id)).await;
    }
    if *id == FolderId::Root {
        return Ok(Folder::bare(&profile.origin, FolderId::Root, None, Some(String::new())));
    }
    if let Some(found) = where_it_was(catalogue, account, id, freshness).await {
        return Ok(found);
    }
    let look = |_: &FolderId, snapshot: &Snapshot| match child(snapshot, id) {
        Some(found) => ControlFlow::Break(found),
        None => ControlFlow::Continue(()),
    };
    walk(catalogue, account, &FolderId::Root, freshness, look).await?.ok_or_else(|| {
        let name = &profile.origin.account;
        Error::new(ErrorKind::FolderNotFound)
            .with_detail(format!("No folder has the id \"{id}\" in account \"{name}\"."))
    })
}

/// Looks first in the folder whose listing has last shown it.
async fn where_it_was(catalogue: &Catalogue, account: &Account, id: &FolderId, freshness: Freshness) -> Option<Folder> {
    let parent = catalogue.parent(account, id).await?;
    let (snapshot, _) = catalogue.listing(account, &parent, freshness).await.ok()?;
    child(&snapshot, id)
}

fn child(snapshot: &Snapshot, id: &FolderId) -> Option<Folder> {
    snapshot.folders().iter().find(|folder| folder.id == *id).cloned()
}
