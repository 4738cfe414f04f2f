//! What comes into a folder: uploads, remote uploads, copies and new folders.

use polyhost_domain::{
    ErrorKind, File, FileId, FileStatus, Folder, FolderId, NewFolder, NewRemoteUpload, RemoteUpload,
};

use super::Changed;
use crate::accounts::Account;
use crate::catalogue::Catalogue;
use crate::problem::{Code, Problem};
use crate::progress;
use crate::uploads::Received;
use crate::users::{Claim, Hold, Subject};

/// Makes a folder.
///
/// # Errors
/// `folder_not_found` where the parent was deleted through the gateway; `overloaded` where it is being deleted and that
/// takes too long; else the site's own.
pub async fn create_folder(
    catalogue: &Catalogue,
    account: &Account,
    new: NewFolder,
) -> Result<Changed<Folder>, Problem> {
    let parent = new.parent.clone();
    let claim = enter(catalogue, account, &parent).await?;
    let now = account.create_folder(new).await?;
    drop(claim);
    catalogue.note_place(account, &now.id, &parent).await;
    Ok(Changed { now, is_whole: true })
}

/// Makes a copy of a file in a folder.
///
/// # Errors
/// As for [`create_folder`], about the folder.
pub async fn copy_file(
    catalogue: &Catalogue,
    account: &Account,
    id: &FileId,
    folder: &FolderId,
) -> Result<Changed<File>, Problem> {
    let _claim = enter(catalogue, account, folder).await?;
    Ok(Changed { now: account.copy_file(id, folder).await?, is_whole: true })
}

/// Claims a folder while a file is uploaded into it.
///
/// # Errors
/// As for [`create_folder`], about the folder; the upload's own; `folder_not_found` where the folder was deleted meanwhile, and the file with it.
pub async fn upload_into(
    catalogue: &Catalogue,
    account: &Account,
    folder: &FolderId,
    upload: impl Future<Output = Result<Received, Problem>>,
) -> Result<Received, Problem> {
    let _claim = enter(catalogue, account, folder).await?;
    let received = upload.await?;
    // A recursive DELETE waits for no upload. The site decides which of the two came first.
    if catalogue.has_deleted_folder(account, folder).await && is_gone(account, &received.file.id).await {
        return Err(was_deleted(account, folder).and("The file was deleted with it."));
    }
    Ok(received)
}

/// Has the site fetch a file, and notes that the file is expected in its folder.
///
/// # Errors
/// As for [`create_folder`], about the folder.
pub async fn add_remote_upload(
    catalogue: &Catalogue,
    account: &Account,
    new: NewRemoteUpload,
) -> Result<RemoteUpload, Problem> {
    let folder = new.folder.clone();
    let _claim = enter(catalogue, account, &folder).await?;
    let begun = account.add_remote_upload(new).await;
    match &begun {
        Ok(upload) => account.user_state().arrivals().begin(&upload.id, &folder),
        Err(error) if error.kind() == ErrorKind::OutcomeUnknown => account.user_state().arrivals().may_begin(&folder),
        Err(_) => {}
    }
    Ok(begun?)
}

/// Claims a folder that something is about to come into, until the claim is dropped. A check whether the folder is empty
/// waits for nothing: it fails meanwhile.
///
/// # Errors
/// `folder_not_found` where the folder was deleted through the gateway; `overloaded` where it is being deleted and that
/// takes too long.
async fn enter(catalogue: &Catalogue, account: &Account, folder: &FolderId) -> Result<Claim, Problem> {
    let wanted = vec![(Subject::Contents(folder.clone()), Hold::Shared)];
    let claim = account.user_state().claims().hold(wanted, progress::deadline()).await?;
    refuse_deleted(catalogue, account, folder).await?;
    Ok(claim)
}

/// Refuses a folder that was deleted through the gateway. From its trash a site may still take what goes there.
pub(super) async fn refuse_deleted(catalogue: &Catalogue, account: &Account, folder: &FolderId) -> Result<(), Problem> {
    if catalogue.has_deleted_folder(account, folder).await { Err(was_deleted(account, folder)) } else { Ok(()) }
}

fn was_deleted(account: &Account, folder: &FolderId) -> Problem {
    account.nothing_has(Code::FolderNotFound, "folder", folder.as_str()).and("It was deleted.")
}

/// Whether the site says that a file does not exist, or is in its trash. Where it says nothing, the file exists: the
/// site has confirmed its upload.
async fn is_gone(account: &Account, file: &FileId) -> bool {
    match account.file(file).await {
        Ok(file) => matches!(file.status, FileStatus::Trashed | FileStatus::Deleted),
        Err(error) => error.kind() == ErrorKind::FileNotFound,
    }
}
