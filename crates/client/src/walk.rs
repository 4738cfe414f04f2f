//! The walk through a folder and all folders below it.

use std::collections::HashSet;
use std::sync::Arc;

use crate::failure::Failure;
use crate::gateway::Gateway;
use crate::item::{Item, Kind};
use crate::tree::Folder;

/// A walk that has not ended.
pub(crate) struct Walk {
    /// The ids of the folders that were listed. A site may contain a folder that is below itself.
    seen: HashSet<String>,
    pending: Vec<Arc<Folder>>,
}

impl Walk {
    /// Begins at a folder that exists.
    pub(crate) fn from(first: Arc<Folder>) -> Self {
        Self { seen: HashSet::new(), pending: vec![first] }
    }

    /// Lists the next folder; `None` at the end.
    ///
    /// # Errors
    /// If the folder cannot be listed.
    pub(crate) async fn next(&mut self, gateway: &Gateway) -> Result<Option<(Arc<Folder>, Vec<Item>)>, Failure> {
        while let Some(folder) = self.pending.pop() {
            if !folder.known_id().is_some_and(|id| self.seen.insert(id.to_owned())) {
                continue;
            }
            let items = folder.items(gateway, None).await?;
            let below = items.iter().rev().filter(|item| item.kind == Kind::Folder);
            self.pending.extend(below.map(|item| folder.child(&item.name, Some(&item.id))));
            return Ok(Some((folder, items)));
        }
        Ok(None)
    }
}
