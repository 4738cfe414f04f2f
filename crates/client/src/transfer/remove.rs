//! The end of `polyhost sync --delete`: deletes what the source does not have.

use std::path::{Path, PathBuf};

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

/// Deletes the extra objects, if the user agrees.
///
/// # Errors
/// If the user does not agree or interrupts, or a deletion has a failure that ends the command.
pub(super) async fn remove(
    session: &Session,
    transfer: &Transfer,
    mut extras: Vec<Extra>,
    summary: &mut Summary,
) -> Result<(), Failure> {
    if extras.is_empty() {
        return Ok(());
    }
    extras.sort_by_cached_key(path);
    if transfer.extras == Extras::Ask && !transfer.dry_run {
        let answered = session.interrupt.unless(confirm(question(&extras))).await;
        answered.unwrap_or_else(|| Err(Failure::interrupted("Nothing was deleted.")))?;
    }
    for extra in &extras {
        if transfer.dry_run {
            let fields = [("dry_run", json!(true)), ("deleted", json!(true))];
            let line = format!("would delete {}", escaped(&path(extra)));
            session.report.succeeded(&Subject::path(path(extra)), &fields, Some(&line));
            summary.deleted += 1;
        } else {
            let deleted = delete_one(session, extra).await;
            count(session, extra, deleted, summary).map_err(|failure| interrupted(failure, summary, extras.len()))?;
        }
    }
    Ok(())
}

/// Counts and reports a deletion.
///
/// # Errors
/// If its failure ends the command.
fn count(session: &Session, extra: &Extra, deleted: Result<(), Failure>, summary: &mut Summary) -> Result<(), Failure> {
    let subject = Subject::path(path(extra));
    match deleted {
        Ok(()) => {
            summary.deleted += 1;
            let line = format!("deleted {}", escaped(&path(extra)));
            session.report.succeeded(&subject, &[("deleted", json!(true))], Some(&line));
        }
        Err(failure) if !failure.ends_command() => {
            summary.fail(&failure);
            session.report.failed(&subject, &failure);
        }
        Err(failure) => return Err(failure),
    }
    Ok(())
}

/// Adds the number of deletions to the failure of an interrupt.
fn interrupted(failure: Failure, summary: &Summary, number: usize) -> Failure {
    if failure.kind() != FailureKind::Interrupted {
        return failure;
    }
    let detail = format!("{} of {number} objects were deleted. {}", summary.deleted, failure.problem().detail());
    Failure::interrupted(detail.trim_end())
}

/// Deletes an object. After an interrupt, no deletion begins; a local one that has begun is completed.
async fn delete_one(session: &Session, extra: &Extra) -> Result<(), Failure> {
    let begin = session.interrupt.unless(std::future::ready(())).await;
    begin.ok_or_else(|| Failure::interrupted(""))?;
    match extra {
        Extra::Remote(object) => {
            let deleted = session.interrupt.unless(delete(session, object)).await;
            let unknown = || format!("{} may have been deleted.", object.path());
            deleted.unwrap_or_else(|| Err(Failure::interrupted(unknown())))
        }
        Extra::Local(path) => delete_in_background(path.clone()).await,
    }
}

/// Deletes a local file or folder on another thread, so that an interrupt is noticed meanwhile.
async fn delete_in_background(path: PathBuf) -> Result<(), Failure> {
    let shown = path.clone();
    let deleted = tokio::task::spawn_blocking(move || delete_local(&path)).await;
    let deleted = deleted.unwrap_or_else(|error| Err(std::io::Error::other(error)));
    deleted.map_err(|error| Failure::local(shown.display(), &error))
}

/// Deletes a local file or folder. Of a link, only the link itself is deleted.
fn delete_local(path: &Path) -> std::io::Result<()> {
    if std::fs::symlink_metadata(path)?.is_dir() { std::fs::remove_dir_all(path) } else { std::fs::remove_file(path) }
}

fn question(extras: &[Extra]) -> String {
    let mut lines: Vec<String> =
        extras.iter().take(SHOWN).map(|extra| format!("  {}", escaped(&path(extra)))).collect();
    if extras.len() > SHOWN {
        lines.push(format!("  … and {} more", extras.len() - SHOWN));
    }
    let objects = if extras.len() == 1 { "it".to_owned() } else { format!("these {} objects", extras.len()) };
    let has_folder = extras.iter().any(|extra| match extra {
        Extra::Local(path) => std::fs::symlink_metadata(path).is_ok_and(|metadata| metadata.is_dir()),
        Extra::Remote(object) => matches!(object, Object::Folder(_)),
    });
    let folders = if has_folder { " Folders are deleted with their content." } else { "" };
    format!("The source does not have:\n{}\nDelete {objects}?{folders}", lines.join("\n"))
}

fn path(extra: &Extra) -> String {
    match extra {
        Extra::Local(path) => path.to_string_lossy().into_owned(),
        Extra::Remote(Object::File(file)) => file.path.clone(),
        Extra::Remote(Object::Folder(folder)) => format!("{}/", folder.path),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::interrupt::Interrupt;
    use crate::report::Output;
    use crate::{Argument, Gateway};

    #[tokio::test]
    async fn interrupt_stops_before_the_next_local_deletion() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.mp4");
        std::fs::write(&path, b"x").unwrap();
        let gateway = Gateway::new(&"http://127.0.0.1:1".parse().unwrap(), None).unwrap();
        let transfer =
            Transfer { extras: Extras::Delete, ..Transfer::new(Vec::new(), Argument::Local(folder.path().to_owned())) };
        let extras = [Extra::Local(path.clone())];
        for (interrupt, detail) in
            [(Interrupt::already(), Some("0 of 1 objects were deleted.")), (Interrupt::default(), None)]
        {
            let session = Session::new(gateway.clone(), Output::Json, interrupt);
            let mut summary = Summary::start(false);
            let removed = remove(&session, &transfer, extras.to_vec(), &mut summary).await;
            assert_eq!(removed.as_ref().err().map(|failure| failure.problem().detail()), detail);
            assert_eq!((path.exists(), summary.deleted), (detail.is_some(), u64::from(detail.is_none())));
        }
    }
}
