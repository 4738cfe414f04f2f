//! Whether a folder holds anything, asked of the site itself: a cached answer could cost somebody their videos, and so
//! could one that was not wholly understood.

use polyhost_domain::{Error, ErrorKind, FolderId, Result};

use crate::accounts::Account;
use crate::catalogue::Catalogue;

/// Whether nothing is in a folder at this moment. An entry that cannot be read is something.
///
/// # Errors
/// The listing's own; `InvalidResponse` where nothing is seen, and the answer lacks a list.
pub async fn is_empty(catalogue: &Catalogue, account: &Account, folder: &FolderId) -> Result<bool> {
    let listing = catalogue.listing_now(account, folder).await?;
    let is_empty = listing.folders.is_empty() && listing.files.is_empty() && listing.unreadable == 0;
    if is_empty && listing.incomplete {
        let detail = "The site's answer does not say for certain that the folder is empty.";
        return Err(Error::new(ErrorKind::InvalidResponse).retryable(true).with_detail(detail));
    }
    Ok(is_empty)
}
