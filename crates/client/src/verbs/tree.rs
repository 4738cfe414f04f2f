//! `polyhost tree`: draws a folder and everything below it.

use std::collections::HashSet;
use std::sync::Arc;

use serde_json::Value;

use super::line::{Detail, Lines};
use crate::display::counted;
use crate::exit::Exit;
use crate::failure::{Failure, FailureKind};
use crate::location::Location;
use crate::report::{Output, Subject};
use crate::session::Session;
use crate::tree::{Folder, find_folder};

/// The options of `polyhost tree`.
#[derive(Debug, Clone)]
pub struct Tree {
    /// The folder.
    pub location: Location,
    /// The number of levels; `None` draws all.
    pub levels: Option<usize>,
    /// Whether each name has its id.
    pub with_ids: bool,
}

/// The state of a drawing.
struct Drawing<'a> {
    session: &'a Session,
    options: &'a Tree,
    lines: Lines,
    /// The ids of the drawn folders. A site may contain a folder that is below itself.
    seen: HashSet<String>,
    folders: u64,
    files: u64,
}

/// Runs `polyhost tree`.
pub async fn run(session: &Session, options: &Tree) -> Exit {
    let is_json = session.report.output() == Output::Json;
    let lines = Lines::new(if is_json { Detail::Json } else { Detail::Name });
    session
        .run(async {
            let folder = find_folder(&session.gateway, &options.location).await?;
            let mut drawing = Drawing { session, options, lines, seen: HashSet::new(), folders: 0, files: 0 };
            if !is_json {
                session.report.lines(&[lines.shown(&folder.path)])?;
            }
            drawing.draw(folder, "", 1).await?;
            if is_json {
                return Ok(());
            }
            let sum = format!("{}, {}", counted(drawing.folders, "folder"), counted(drawing.files, "file"));
            session.report.lines(&[String::new(), sum])
        })
        .await
}

impl Drawing<'_> {
    async fn draw(&mut self, folder: Arc<Folder>, indent: &str, level: usize) -> Result<(), Failure> {
        let mut items: Vec<Value> = Vec::new();
        let listed = folder.pages(&self.session.gateway, None, |page| {
            items.extend_from_slice(page);
            Ok::<_, Failure>(())
        });
        let unreadable = match listed.await {
            Err(failure) if !indent.is_empty() && failure.kind() == FailureKind::Failed => {
                self.session.report.failed(&Subject::path(&folder.path), &failure);
                return Ok(());
            }
            listed => listed?,
        };
        for (index, item) in items.iter().enumerate() {
            let (branch, below) =
                if index + 1 == items.len() { ("└── ", "    ") } else { ("├── ", "│   ") };
            self.session.report.lines(&[self.line(item, &folder, &format!("{indent}{branch}"))])?;
            let Some(id) = item["id"].as_str().filter(|_| item["type"] == "folder") else {
                self.files += 1;
                continue;
            };
            self.folders += 1;
            let is_new = self.seen.insert(id.to_owned());
            if is_new && self.options.levels.is_none_or(|levels| level < levels) {
                let child = folder.child(item["name"].as_str().unwrap_or(id), Some(id));
                Box::pin(self.draw(child, &format!("{indent}{below}"), level + 1)).await?;
            }
        }
        self.session.report.unreadable(&folder.path, unreadable)
    }

    fn line(&self, item: &Value, folder: &Folder, branch: &str) -> String {
        let line = self.lines.item(item, "", |name| folder.path_of(name));
        if self.session.report.output() == Output::Json {
            return line;
        }
        match item["id"].as_str().filter(|_| self.options.with_ids) {
            Some(id) => format!("{branch}{line}  #{}", self.lines.shown(id)),
            None => format!("{branch}{line}"),
        }
    }
}
