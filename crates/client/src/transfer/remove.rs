//! The end of `polyhost sync --delete`: deletes what the source does not have.

use std::collections::HashSet;
use std::path::Path;

use serde_json::json;

use super::plan::Extra;
use super::summary::Summary;
use super::{Extras, Transfer};
use crate::display::escaped;
use crate::failure::{Failure, FailureKind};
use crate::report::Subject;
use crate::session::Session;
use crate::tree::Object;
use crate::verbs::change::delete;
use crate::verbs::confirm::confirm;

/// The number of paths that the question shows.
const SHOWN: usize = 10;

/// Deletes the extra objects, if the user agrees. `kept` are the ids of files that the source has under other names.
///
/// # Errors
/// If the user does not agree, or a deletion has a failure that ends the command.
pub(super) async fn remove(
    session: &Session,
    transfer: &Transfer,
    extras: &[Extra],
    kept: &HashSet<String>,
    summary: &mut Summary,
) -> Result<(), Failure> {
    let is_kept = |extra: &&Extra| matches!(extra, Extra::Remote(Object::File(file)) if kept.contains(&file.item.id));
    let extras: Vec<&Extra> = extras.iter().filter(|extra| !is_kept(extra)).collect();
    if extras.is_empty() || transfer.extras == Extras::Keep {
        return Ok(());
    }
    if transfer.extras == Extras::Ask && !transfer.dry_run {
        confirm(question(&extras)).await?;
    }
    for extra in extras {
        let subject = Subject::path(path(extra));
        let shown = escaped(&path(extra));
        if transfer.dry_run {
            let fields = [("dry_run", json!(true)), ("deleted", json!(true))];
            session.report.succeeded(&subject, &fields, Some(&format!("would delete {shown}")));
            summary.deleted += 1;
            continue;
        }
        match delete_one(session, extra).await {
            Ok(()) => {
                summary.deleted += 1;
                session.report.succeeded(&subject, &[("deleted", json!(true))], Some(&format!("deleted {shown}")));
            }
            Err(failure) if failure.kind() == FailureKind::Failed => {
                summary.fail(&failure);
                session.report.failed(&subject, &failure);
            }
            Err(failure) => return Err(failure),
        }
    }
    Ok(())
}

async fn delete_one(session: &Session, extra: &Extra) -> Result<(), Failure> {
    match extra {
        Extra::Remote(object) => delete(session, object).await,
        Extra::Local(path) => delete_local(path).map_err(|error| Failure::local(path.display(), &error)),
    }
}

/// Deletes a local file or folder. Of a link, only the link itself is deleted.
fn delete_local(path: &Path) -> std::io::Result<()> {
    if std::fs::symlink_metadata(path)?.is_dir() { std::fs::remove_dir_all(path) } else { std::fs::remove_file(path) }
}

fn question(extras: &[&Extra]) -> String {
    let mut lines: Vec<String> =
        extras.iter().take(SHOWN).map(|extra| format!("  {}", escaped(&path(extra)))).collect();
    if extras.len() > SHOWN {
        lines.push(format!("  … and {} more", extras.len() - SHOWN));
    }
    let number = extras.len();
    let objects =
        if number == 1 { "object, folders with their content" } else { "objects, folders with their content" };
    format!("The source does not have:\n{}\nDelete {number} {objects}?", lines.join("\n"))
}

fn path(extra: &Extra) -> String {
    match extra {
        Extra::Local(path) => path.to_string_lossy().into_owned(),
        Extra::Remote(Object::File(file)) => file.path.clone(),
        Extra::Remote(Object::Folder(folder)) => format!("{}/", folder.path),
    }
}
