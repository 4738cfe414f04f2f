//! The answer to `file/listfolder`.

use polyhost_domain::{FolderId, Listing, Result};
use polyhost_upstream::Reply;
use polyhost_upstream::decode::is_empty;

use crate::convert::Convert;
use crate::error::{raw_result, result_with};
use crate::named::Named;
use crate::wire::FolderListing;

/// Parses and converts a listing. An empty result is an empty folder.
///
/// # Errors
/// The site's error; `InvalidResponse` where both lists are missing, or a list is unreadable.
pub(crate) fn listing(convert: &Convert, reply: &Reply, named: Named<'_>, folder: &FolderId) -> Result<Listing> {
    let account = &convert.origin.account;
    if is_empty(raw_result(reply, named, account)?) {
        return Ok(Listing::default());
    }
    result_with(reply, named, account, |wire: Option<FolderListing<'_>>| {
        convert.listing(wire.unwrap_or_default(), folder)
    })
}
