//! Whether a folder would be moved below itself. Sites do not look: they move it, and nobody finds it any more.

use std::collections::HashSet;
use std::sync::Arc;

use polyhost_domain::{Error, ErrorKind, FolderId, Result};
use polyhost_upstream::measure;

use super::find_folder::{folder, listed_folder};
use crate::accounts::Account;
use crate::catalogue::{Catalogue, Freshness};

/// The deepest folder whose ancestors are looked at.
const MAX_DEPTH: usize = 256;

/// Whether a folder is `above` or lies below it, by walking up its ancestors.
///
/// # Errors
/// The folders' own; `Timeout` where a folder lies too deep to be sure.
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
        // A loop that is there already does not lead to the folder either.
        if at == FolderId::Root || !seen.insert(at.clone()) {
            return Ok(false);
        }
        match parent(catalogue, account, &at).await? {
            Some(parent) => at = parent,
            None => return Ok(false),
        }
    }
    let detail = "The folder to move to lies too deep to be sure that it is not inside the folder to be moved.";
    Err(Error::new(ErrorKind::Timeout).with_detail(detail))
}

/// The folder's parent. Where the folder's own endpoint is broken, the listings decide.
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

/// Whether another endpoint may answer after an error of this kind.
fn may_be_listed(kind: ErrorKind) -> bool {
    use ErrorKind::{Forbidden, InvalidResponse, Rejected, SiteFailed, Timeout, Unavailable, Unsupported};
    matches!(kind, Forbidden | InvalidResponse | Rejected | SiteFailed | Timeout | Unavailable | Unsupported(_))
}
