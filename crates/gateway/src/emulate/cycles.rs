//! Whether a folder would be moved below itself. Sites do not look: they move it, and nobody finds it any more.

use std::collections::HashSet;
use std::sync::Arc;

use polyhost_domain::{Error, ErrorKind, FolderId, Result};

use super::find_folder::folder;
use crate::accounts::Account;
use crate::catalogue::{Catalogue, Freshness};

/// The deepest folder whose ancestors are looked at.
const MAX_DEPTH: usize = 256;

/// Whether a folder is `above` or lies below it, by walking up its ancestors.
///
/// # Errors
/// The folders' own; `Timeout` where a folder lies too deep to be sure.
pub async fn is_within(catalogue: &Catalogue, account: &Arc<Account>, id: &FolderId, above: &FolderId) -> Result<bool> {
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
        match &folder(catalogue, account, &at, Freshness::Fresh).await?.value.value.parent_id {
            Some(parent) => at = parent.clone(),
            None => return Ok(false),
        }
    }
    let detail = "The folder to move to lies too deep to be sure that it is not inside the folder to be moved.";
    Err(Error::new(ErrorKind::Timeout).with_detail(detail))
}
