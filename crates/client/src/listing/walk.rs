//! A walk through a folder, and optionally all folders below it, page by page.

use std::collections::HashSet;

use serde_json::Value;

use super::line::Lines;
use super::{Depth, Stop, items, print};
use crate::failure::FailureKind;
use crate::gateway::Gateway;
use crate::report::{Report, Subject};

/// The largest page.
const PAGE: &str = "1000";

/// The settings of a walk.
pub(super) struct Walk<'a> {
    pub(super) gateway: &'a Gateway,
    pub(super) account: &'a str,
    pub(super) depth: Depth,
    pub(super) lines: Lines,
    pub(super) report: &'a Report,
}

/// A folder that is still to be listed.
struct Pending {
    id: String,
    /// Its path below the first folder, with a slash at its end; `""` for the first folder.
    path: String,
}

impl Walk<'_> {
    /// Walks from a folder.
    ///
    /// # Errors
    /// If the first folder cannot be listed, or the standard output was closed. A folder below that cannot be listed is
    /// reported and skipped.
    pub(super) async fn from(self, folder: &str) -> Result<(), Stop> {
        let mut seen = HashSet::from([folder.to_owned()]);
        let mut pending = vec![Pending { id: folder.to_owned(), path: String::new() }];
        while let Some(folder) = pending.pop() {
            let mut below = Vec::new();
            match self.list(&folder, &mut below).await {
                Err(Stop::Failed(failure)) if !folder.path.is_empty() && failure.kind() == FailureKind::Failed => {
                    let path = Some(folder.path);
                    self.report.failed(&Subject { path, id: None }, &failure);
                }
                listed => listed?,
            }
            // A site may contain a folder that is below itself.
            below.retain(|folder| seen.insert(folder.id.clone()));
            pending.extend(below.into_iter().rev());
        }
        Ok(())
    }

    async fn list(&self, folder: &Pending, below: &mut Vec<Pending>) -> Result<(), Stop> {
        let mut cursor: Option<String> = None;
        loop {
            let mut query = vec![("limit", PAGE)];
            query.extend(cursor.as_deref().map(|cursor| ("cursor", cursor)));
            let page = self.gateway.read(&["accounts", self.account, "folders", &folder.id, "items"], &query).await?;
            let lines: Vec<String> = items(&page).map(|item| self.lines.item(item, &folder.path)).collect();
            print(&lines)?;
            if self.depth == Depth::Everything {
                below.extend(items(&page).filter_map(|item| folder.subfolder(item)));
            }
            match page["next_cursor"].as_str() {
                Some(next) => cursor = Some(next.to_owned()),
                None => return Ok(()),
            }
        }
    }
}

impl Pending {
    /// Returns the folder of an item, if the item is a folder.
    fn subfolder(&self, item: &Value) -> Option<Self> {
        let id = item["id"].as_str().filter(|_| item["type"] == "folder")?;
        let name = item["name"].as_str().unwrap_or(id);
        Some(Self { id: id.to_owned(), path: format!("{}{name}/", self.path) })
    }
}
