//! Checks that an adapter refuses every change of the root. A site that receives a deletion of it might delete
//! everything.

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

/// Renaming the root fails as `FolderNotFound` and sends no request.
///
/// # Errors
/// The first expectation that does not hold.
pub async fn the_root_cannot_be_changed(subject: &Subject) -> Result<(), Failure> {
    let doing = "renaming the root";
    let answer = subject.provider.edit_folder(&FolderId::Root, renamed(&unique(""))?);
    expect::kind(expect::silent(subject, doing, answer).await?, ErrorKind::FolderNotFound, doing)
}

/// Moving the root fails as `FolderNotFound` and sends no request.
///
/// # Errors
/// The first expectation that does not hold.
pub async fn the_root_cannot_be_moved(subject: &Subject) -> Result<(), Failure> {
    in_scratch(subject, async |scratch| {
        let doing = "moving the root";
        let answer = subject.provider.move_folder(&FolderId::Root, &scratch.base);
        expect::kind(expect::silent(subject, doing, answer).await?, ErrorKind::FolderNotFound, doing)
    })
    .await
}

/// Deleting the root fails as `FolderNotFound` and sends no request.
///
/// # Errors
/// The first expectation that does not hold.
pub async fn the_root_cannot_be_deleted(subject: &Subject) -> Result<(), Failure> {
    let doing = "deleting the root";
    let answer = expect::silent(subject, doing, subject.provider.delete_folder(&FolderId::Root)).await?;
    expect::kind(answer, ErrorKind::FolderNotFound, doing)
}
