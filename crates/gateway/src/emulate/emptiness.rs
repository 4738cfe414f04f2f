//! Whether a folder holds anything, asked of the site itself: a cached answer could cost somebody their videos, and so
//! could one that was not wholly understood.

use polyhost_domain::{Error, ErrorKind, FolderId, Result};

use crate::accounts::Account;
use crate::catalogue::Catalogue;

/// Whether nothing is in a folder at this moment.
///
/// # Errors
/// The listing's own; `InvalidResponse` where nothing is seen, but not all of the answer could be read.
pub async fn is_empty(catalogue: &Catalogue, account: &Account, folder: &FolderId) -> Result<bool> {
    let listing = catalogue.listing_now(account, folder).await?;
    let nothing_seen = listing.folders.is_empty() && listing.files.is_empty();
    if nothing_seen && listing.unread > 0 {
        let detail = "The site's answer does not say for certain that the folder is empty.";
        return Err(Error::new(ErrorKind::InvalidResponse).retryable(true).with_detail(detail));
    }
    Ok(nothing_seen)
}
