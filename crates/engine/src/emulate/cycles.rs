//! The check that a folder is not moved below itself. Sites do not check it: they move the folder, and then no listing
//! from the root leads to it.

use std::collections::HashSet;
use std::sync::Arc;

use polyhost_domain::{Error, ErrorKind, FolderId, Result};
use polyhost_upstream::measure;

use super::find_folder::{folder, listed_folder};
use crate::accounts::Account;
use crate::catalogue::{Catalogue, Freshness};

/// The maximum number of ancestors that the check reads.
const MAX_DEPTH: usize = 256;

/// Returns whether a folder is `above` or lies below it. Reads the folder's ancestors up to the root.
///
/// # Errors
/// The error of reading a folder; `Timeout` if the folder lies too deep for the check.
pub(crate) async fn is_within(
    catalogue: &Catalogue,
    account: &Arc<Account>,
    id: &FolderId,
    above: &FolderId,
) -> Result<bool> {
    let mut at = id.clone();
    let mut seen = HashSet::new();
    while seen.len() < MAX_DEPTH {
        if at == *above {
            return Ok(true);
        }
        // An ancestor seen before closes a loop that exists already, and `above` is not part of it.
        if at == FolderId::Root || !seen.insert(at.clone()) {
            return Ok(false);
        }
        match parent(catalogue, account, &at).await? {
            Some(parent) => at = parent,
            None => return Ok(false),
        }
    }
    let detail = "The target folder lies too deep to check that it is not inside the folder to be moved.";
    Err(Error::new(ErrorKind::Timeout).with_detail(detail))
}

/// Returns the folder's parent. If the site's folder endpoint fails, the listings are searched.
async fn parent(catalogue: &Catalogue, account: &Arc<Account>, id: &FolderId) -> Result<Option<FolderId>> {
    let found = match folder(catalogue, account, id, Freshness::Fresh).await {
        Err(error) if may_be_listed(error.kind()) => {
            let operation = error.operation().unwrap_or("folder");
            measure::check_skipped(&account.profile().origin.provider, operation);
            listed_folder(catalogue, account, id, Freshness::Fresh).await.map_err(|_| error)?
        }
        found => found?,
    };
    Ok(found.value.value.parent_id.clone())
}

/// Returns whether another endpoint may succeed after an error of this kind.
fn may_be_listed(kind: ErrorKind) -> bool {
    use ErrorKind::{Forbidden, InvalidResponse, Rejected, SiteFailed, Timeout, Unavailable, Unsupported};
    matches!(kind, Forbidden | InvalidResponse | Rejected | SiteFailed | Timeout | Unavailable | Unsupported(_))
}
