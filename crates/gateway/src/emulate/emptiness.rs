//! Whether a folder holds anything, asked of the site itself: a cached answer could cost somebody their videos.

use polyhost_domain::{FolderId, Result};

use crate::accounts::Account;
use crate::catalogue::list_whole;

/// Whether nothing is in a folder at this moment.
///
/// # Errors
/// The listing's own.
pub async fn is_empty(account: &Account, folder: &FolderId) -> Result<bool> {
    let listing = account.read(list_whole(account, folder)).await?;
    Ok(listing.folders.is_empty() && listing.files.is_empty())
}
