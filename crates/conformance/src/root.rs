//! The root takes no change, whatever the site calls it: a site that is asked to delete it might delete everything.

use polyhost_domain::{ErrorKind, FolderId};

use crate::check::check;
use crate::folder_changes::renamed;
use crate::scratch::{in_scratch, unique};
use crate::{Check, Failure, Subject, expect};

pub(crate) const CHECKS: &[Check] = &[
    check!(the_root_cannot_be_changed, FoldersRename),
    check!(the_root_cannot_be_moved, FoldersMove, FoldersCreate),
    check!(the_root_cannot_be_deleted, FoldersDelete),
];

/// The root has no name to change, and the site is not asked.
///
/// # Errors
/// What was otherwise.
pub async fn the_root_cannot_be_changed(subject: &Subject) -> Result<(), Failure> {
    let doing = "renaming the root";
    let answer = subject.provider.edit_folder(&FolderId::Root, renamed(&unique(""))?);
    expect::kind(expect::silent(subject, doing, answer).await?, ErrorKind::FolderNotFound, doing)
}

/// The root has nowhere to go, and the site is not asked.
///
/// # Errors
/// What was otherwise.
pub async fn the_root_cannot_be_moved(subject: &Subject) -> Result<(), Failure> {
    in_scratch(subject, async |scratch| {
        let doing = "moving the root";
        let answer = subject.provider.move_folder(&FolderId::Root, &scratch.base);
        expect::kind(expect::silent(subject, doing, answer).await?, ErrorKind::FolderNotFound, doing)
    })
    .await
}

/// The root cannot be deleted, and the site is not asked.
///
/// # Errors
/// What was otherwise.
pub async fn the_root_cannot_be_deleted(subject: &Subject) -> Result<(), Failure> {
    let doing = "deleting the root";
    let answer = expect::silent(subject, doing, subject.provider.delete_folder(&FolderId::Root)).await?;
    expect::kind(answer, ErrorKind::FolderNotFound, doing)
}
