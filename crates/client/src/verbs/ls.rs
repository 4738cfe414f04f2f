//! `polyhost ls`: lists folders or the accounts, page by page.

use std::collections::HashSet;
use std::sync::Arc;

use serde_json::Value;

use super::line::{Detail, Lines};
use crate::exit::Exit;
use crate::failure::{Failure, FailureKind};
use crate::location::Location;
use crate::report::{Output, Subject};
use crate::session::Session;
use crate::tree::{Folder, Object, Prefer, find};

/// The options of `polyhost ls`.
#[derive(Debug, Clone)]
pub struct Ls {
    /// The folders and files; none lists the accounts.
    pub locations: Vec<Location>,
    /// The depth of the listing.
    pub depth: Depth,
    /// The details of each item.
    pub form: Form,
}

/// The depth of a listing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Depth {
    /// Only the folder.
    Folder,
    /// The folder and all folders below it.
    Everything,
}

/// The details of each item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// The name.
    Short,
    /// The id and the name.
    Ids,
    /// The id, the size, the date and the name.
    Long,
}

/// Runs `polyhost ls`.
pub async fn run(session: &Session, options: &Ls) -> Exit {
    let detail = match options.form {
        _ if session.report.output() == Output::Json => Detail::Json,
        Form::Short => Detail::Name,
        Form::Ids => Detail::Id,
        Form::Long => Detail::All,
    };
    let lines = Lines::new(detail);
    session
        .run(async {
            if options.locations.is_empty() {
                return accounts(session, lines).await;
            }
            for location in &options.locations {
                if options.locations.len() > 1 && detail != Detail::Json {
                    session.report.lines(&[format!("{}:", lines.shown(&location.to_string()))])?;
                }
                if let Err(failure) = list(session, location, options.depth, lines).await {
                    if failure.kind() != FailureKind::Failed {
                        return Err(failure);
                    }
                    session.failed(&Subject::path(location.to_string()), failure).await;
                }
            }
            Ok(())
        })
        .await
}

async fn accounts(session: &Session, lines: Lines) -> Result<(), Failure> {
    let answer = session.gateway.read(&["accounts"], &[]).await?;
    let shown: Vec<String> =
        answer["items"].as_array().into_iter().flatten().map(|account| lines.account(account)).collect();
    session.report.lines(&shown)
}

async fn list(session: &Session, location: &Location, depth: Depth, lines: Lines) -> Result<(), Failure> {
    match find(&session.gateway, location, Prefer::Folder).await? {
        Object::Folder(folder) => walk(session, folder, depth, lines).await,
        Object::File(file) => session.report.lines(&[lines.item(&file.item.json(), "", |_| file.path.clone())]),
    }
}

/// Lists a folder, and those below it. A folder below that cannot be listed is reported and skipped.
async fn walk(session: &Session, first: Arc<Folder>, depth: Depth, lines: Lines) -> Result<(), Failure> {
    let mut seen = HashSet::new();
    let mut pending = vec![(first, String::new())];
    while let Some((folder, path)) = pending.pop() {
        // A site may contain a folder that is below itself.
        if !seen.insert(folder.known_id().map(str::to_owned)) {
            continue;
        }
        let mut below = Vec::new();
        let listed = folder
            .pages(&session.gateway, None, |page| {
                let line = |item| lines.item(item, &path, |name| folder.path_of(name));
                let shown: Vec<String> = page.iter().map(line).collect();
                session.report.lines(&shown)?;
                if depth == Depth::Everything {
                    below.extend(page.iter().filter_map(|item| subfolder(&folder, &path, item)));
                }
                Ok::<_, Failure>(())
            })
            .await;
        match listed {
            Err(failure) if !path.is_empty() && failure.kind() == FailureKind::Failed => {
                session.report.failed(&Subject::path(&folder.path), &failure);
            }
            listed => session.report.unreadable(&folder.path, listed?)?,
        }
        pending.extend(below.into_iter().rev());
    }
    Ok(())
}

/// Returns the folder of an item and its path below the first folder, if the item is a folder.
fn subfolder(folder: &Arc<Folder>, path: &str, item: &Value) -> Option<(Arc<Folder>, String)> {
    let id = item["id"].as_str().filter(|_| item["type"] == "folder")?;
    let name = item["name"].as_str().unwrap_or(id);
    Some((folder.child(name, Some(id)), format!("{path}{name}/")))
}
