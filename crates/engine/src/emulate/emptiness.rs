//! The check whether a folder is empty. It reads the site, past the cache: with a stale or incomplete answer, a folder
//! that still holds videos could be deleted.

use polyhost_domain::{Error, ErrorKind, FolderId, Result};

use crate::accounts::Account;
use crate::catalogue::Catalogue;

/// Returns whether a folder is empty now. An entry that cannot be read counts as content.
///
/// # Errors
/// The listing's error; `InvalidResponse` if the listing shows nothing but the site's answer lacks a list.
pub async fn is_empty(catalogue: &Catalogue, account: &Account, folder: &FolderId) -> Result<bool> {
    let listing = catalogue.listing_now(account, folder).await?;
    let is_empty = listing.folders.is_empty() && listing.files.is_empty() && listing.unreadable == 0;
    if is_empty && listing.incomplete {
        let detail = "The site's answer does not say for certain that the folder is empty.";
        return Err(Error::new(ErrorKind::InvalidResponse).retryable(true).with_detail(detail));
    }
    Ok(is_empty)
}
