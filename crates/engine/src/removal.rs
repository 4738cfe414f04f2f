//! The deletion of one file, with the record of it that keeps later reads right.

use std::sync::Arc;

use polyhost_domain::{DeleteSemantics, ErrorKind, File, FileId, FileLookup, FileStatus};

use crate::accounts::Account;
use crate::catalogue::Catalogue;
use crate::problem::Problem;

/// Deletes a file. If the file is already in the site's trash, the deletion succeeds.
///
/// # Errors
/// The site's error.
pub(crate) async fn remove_file(catalogue: &Catalogue, account: &Arc<Account>, id: &FileId) -> Result<(), Problem> {
    catalogue.note_file_deleting(account, id).await;
    let note = |is_deleted| async move {
        if is_deleted {
            catalogue.note_file_deleted(account, id).await
        } else {
            catalogue.note_file_uncertain(account, id).await
        }
    };
    match account.delete_file(id, catalogue.file_shown_in(account, id).await, note).await {
        Err(error) if error.kind() == ErrorKind::FileNotFound && is_trashed(account, id).await => {
            catalogue.note_file_deleted(account, id).await;
            Ok(())
        }
        deleted => Ok(deleted?),
    }
}

/// Returns whether the site says that a file is in its trash. Sites answer a deletion of such a file with "not found".
async fn is_trashed(account: &Account, id: &FileId) -> bool {
    let has_trash = account.profile().delete == DeleteSemantics::Trash;
    let now = if has_trash { read_back(account, id).await } else { None };
    now.is_some_and(|file| matches!(file.status, FileStatus::Trashed | FileStatus::Deleted))
}

/// Reads a file after a write. The write is confirmed by then, so an error here does not fail it.
pub(crate) async fn read_back(account: &Account, id: &FileId) -> Option<File> {
    let mut answers = account.files(std::slice::from_ref(id)).await.ok()?;
    match answers.pop()? {
        FileLookup::Found(file) | FileLookup::Broken(file, _) => Some(*file),
        FileLookup::Failed(_) => None,
    }
}
