//! Changes and deletions of a file.

use std::sync::Arc;

use polyhost_domain::{Capability, Error, File, FileEdit, FileId, FolderId};

use super::{Changed, Checked, claimed, refuse_deleted};
use crate::accounts::Account;
use crate::catalogue::{Catalogue, Tagged as _};
use crate::preconditions::Preconditions;
use crate::problem::Problem;
use crate::progress;
use crate::removal::{read_back, remove_file};
use crate::users::{Hold, Subject};

/// The requested changes of a file. At least one field is set.
#[derive(Debug, Clone)]
pub struct FileChange {
    /// The new folder.
    pub folder: Option<FolderId>,
    /// The new name and media type.
    pub edit: FileEdit,
}

/// Changes a file and returns its new state.
///
/// The move is sent before the other changes. It may give the file another id, which the other changes then use.
/// Nothing is sent if the site does not support one of the changes, or if a precondition fails.
///
/// # Errors
/// `precondition_failed`; else the site's error. If the second call fails, the problem lists the fields that the first
/// has changed.
pub async fn change_file(
    catalogue: &Catalogue,
    account: &Arc<Account>,
    id: &FileId,
    change: FileChange,
    conditions: &Preconditions,
) -> Result<Changed<File>, Problem> {
    let FileChange { folder, edit } = change;
    require(account, folder.is_some(), &edit)?;
    let (checked, mut wanted) = claims(id, conditions);
    wanted.extend(folder.iter().map(|folder| (Subject::Contents(folder.clone()), Hold::Shared)));
    let work = async {
        check(account, id, conditions).await?;
        apply(catalogue, account, id, folder.as_ref(), &edit).await
    };
    let applied = claimed(account, checked, wanted, Box::pin(work)).await?;
    let reported = match applied.reported {
        Some(file) => Some(file),
        None => progress::in_time(read_back(account, &applied.id)).await,
    };
    let is_whole = reported.is_some();
    let file = reported.unwrap_or_else(|| known(account, &applied.id, &edit));
    // Some sites do not report a file's folder. After a move it is known anyway.
    let now = File { folder_id: file.folder_id.or(folder), ..file };
    Ok(Changed { now, is_whole })
}

/// The result of the calls for a change.
struct Applied {
    /// The file's id, which a move may have changed.
    id: FileId,
    /// The file, if the site reports it.
    reported: Option<File>,
}

/// Makes the calls for a change.
async fn apply(
    catalogue: &Catalogue,
    account: &Arc<Account>,
    id: &FileId,
    folder: Option<&FolderId>,
    edit: &FileEdit,
) -> Result<Applied, Problem> {
    let mut reported: Option<File> = None;
    let mut now = id.clone();
    let mut applied: &[&'static str] = &[];
    if let Some(folder) = folder {
        refuse_deleted(catalogue, account, folder).await?;
        reported = account.move_file(id, folder, catalogue.file_shown_in(account, id).await).await?;
        now = reported.as_ref().map_or(now, |file| file.id.clone());
        applied = &["folder_id"];
        progress::applied("folder_id");
    }
    if *edit != FileEdit::default() {
        let shown_in = match folder {
            Some(folder) => Some(vec![folder.clone()]),
            None => catalogue.file_shown_in(account, id).await,
        };
        let edited = account.edit_file(&now, edit.clone(), shown_in).await;
        reported = edited.map_err(|error| partly_applied(error, applied, id, &now))?.or(reported);
    }
    Ok(Applied { id: now, reported })
}

/// Returns the problem of an edit that failed after a move. It has the file's id if the move has changed it.
fn partly_applied(error: Error, applied: &[&'static str], id: &FileId, now: &FileId) -> Problem {
    let problem = Problem::from(error).applied(applied);
    if now == id { problem } else { problem.and(&format!("The move has given the file the id \"{now}\".")) }
}

/// Deletes a file. If the file is already in the site's trash, the deletion succeeds.
///
/// # Errors
/// `precondition_failed`; else the site's error.
pub async fn delete_file(
    catalogue: &Catalogue,
    account: &Arc<Account>,
    id: &FileId,
    conditions: &Preconditions,
) -> Result<(), Problem> {
    let (checked, wanted) = claims(id, conditions);
    let work = async {
        check(account, id, conditions).await?;
        remove_file(catalogue, account, id).await
    };
    claimed(account, checked, wanted, Box::pin(work)).await
}

/// Returns the claim of a write on its file: exclusive if a check precedes the write.
fn claims(id: &FileId, conditions: &Preconditions) -> (Checked, Vec<(Subject, Hold)>) {
    let (checked, hold) =
        if conditions.guard_write() { (Checked::First, Hold::Exclusive) } else { (Checked::Not, Hold::Shared) };
    (checked, vec![(Subject::File(id.clone()), hold)])
}

/// Evaluates preconditions against the current state of the file at the site.
async fn check(account: &Account, id: &FileId, conditions: &Preconditions) -> Result<(), Problem> {
    if conditions.guard_write() {
        let now = account.file(id).await?;
        conditions.evaluate(|| now.validators(account))?;
    }
    Ok(())
}

fn require(account: &Account, moves: bool, edit: &FileEdit) -> Result<(), Problem> {
    let wanted = [
        (moves, Capability::FilesMove),
        (edit.name.is_some(), Capability::FilesRename),
        (edit.content_type.is_some(), Capability::FilesSetContentType),
    ];
    wanted.into_iter().filter(|(wanted, _)| *wanted).try_for_each(|(_, capability)| account.require(capability))
}

/// Returns the file as far as the request determines it, for when the site did not report it.
fn known(account: &Account, id: &FileId, edit: &FileEdit) -> File {
    File {
        name: edit.name.as_ref().map(ToString::to_string),
        content_type: edit.content_type.clone(),
        ..File::bare(&account.profile().origin, id.clone())
    }
}
