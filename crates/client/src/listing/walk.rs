//! A walk through a folder, and all that are in it if that is wanted: page after page, folder after folder.

use std::collections::HashSet;

use serde_json::Value;

use super::line::Lines;
use super::{Depth, Stop, items, print};
use crate::failure::FailureKind;
use crate::gateway::Gateway;
use crate::report::{Report, Subject};

/// As many items as a page may have.
const PAGE: &str = "1000";

/// A walk.
pub(super) struct Walk<'a> {
    pub(super) gateway: &'a Gateway,
    pub(super) account: &'a str,
    pub(super) depth: Depth,
    pub(super) lines: Lines,
    pub(super) report: &'a Report,
}

/// A folder that is to be listed.
struct Ahead {
    id: String,
    /// Where it is, below the one that the walk began in, with a slash at its end; `""` for that one.
    path: String,
}

impl Walk<'_> {
    /// Walks from a folder.
    ///
    /// # Errors
    /// Where the first folder cannot be listed, or nobody reads on. What is below and cannot be listed is told of, and
    /// left out.
    pub(super) async fn from(self, folder: &str) -> Result<(), Stop> {
        let mut seen = HashSet::from([folder.to_owned()]);
        let mut ahead = vec![Ahead { id: folder.to_owned(), path: String::new() }];
        while let Some(folder) = ahead.pop() {
            let mut below = Vec::new();
            match self.list(&folder, &mut below).await {
                Err(Stop::Failed(failure)) if !folder.path.is_empty() && failure.kind() == FailureKind::Failed => {
                    let path = Some(folder.path);
                    self.report.failed(&Subject { path, id: None }, &failure);
                }
                listed => listed?,
            }
            // A site may hold a folder that is below itself.
            below.retain(|folder| seen.insert(folder.id.clone()));
            ahead.extend(below.into_iter().rev());
        }
        Ok(())
    }

    async fn list(&self, folder: &Ahead, below: &mut Vec<Ahead>) -> Result<(), Stop> {
        let mut cursor: Option<String> = None;
        loop {
            let mut query = vec![("limit", PAGE)];
            query.extend(cursor.as_deref().map(|cursor| ("cursor", cursor)));
            let page = self.gateway.read(&["accounts", self.account, "folders", &folder.id, "items"], &query).await?;
            let lines: Vec<String> = items(&page).map(|item| self.lines.item(item, &folder.path)).collect();
            print(&lines)?;
            if self.depth == Depth::Everything {
                below.extend(items(&page).filter_map(|item| folder.inside(item)));
            }
            match page["next_cursor"].as_str() {
                Some(next) => cursor = Some(next.to_owned()),
                None => return Ok(()),
            }
        }
    }
}

impl Ahead {
    /// The folder that an item is, if it is one.
    fn inside(&self, item: &Value) -> Option<Self> {
        let id = item["id"].as_str().filter(|_| item["type"] == "folder")?;
        let name = item["name"].as_str().unwrap_or(id);
        Some(Self { id: id.to_owned(), path: format!("{}{name}/", self.path) })
    }
}
