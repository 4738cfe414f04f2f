//! Writes that add something to a folder: uploads, remote uploads, copies and new folders.

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

/// Creates a folder.
///
/// # Errors
/// `folder_not_found` if the parent was deleted through the gateway; `overloaded` if a deletion of the parent takes too
/// long; else the site's error.
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

/// Copies a file into a folder.
///
/// # Errors
/// As for [`create_folder`], about the target folder.
pub async fn copy_file(
    catalogue: &Catalogue,
    account: &Account,
    id: &FileId,
    folder: &FolderId,
) -> Result<Changed<File>, Problem> {
    let _claim = enter(catalogue, account, folder).await?;
    Ok(Changed { now: account.copy_file(id, folder).await?, is_whole: true })
}

/// Runs an upload with a claim on its folder.
///
/// # Errors
/// As for [`create_folder`], about the folder; the upload's error; `folder_not_found` if the folder and the file in it
/// were deleted during the upload.
pub async fn upload_into(
    catalogue: &Catalogue,
    account: &Account,
    folder: &FolderId,
    upload: impl Future<Output = Result<Received, Problem>>,
) -> Result<Received, Problem> {
    let _claim = enter(catalogue, account, folder).await?;
    let received = upload.await?;
    // A recursive DELETE does not wait for uploads. The site decides whether it deletes the file with the folder.
    if catalogue.has_deleted_folder(account, folder).await && is_gone(account, &received.file.id).await {
        return Err(was_deleted(account, folder).and("The file was deleted with it."));
    }
    Ok(received)
}

/// Asks the site to fetch a file, and records that the file is expected in its folder.
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

/// Claims a folder that something will be added to, until the claim is dropped. Meanwhile an empty-folder check does
/// not wait: it fails at once.
///
/// # Errors
/// `folder_not_found` if the folder was deleted through the gateway; `overloaded` if a deletion of it takes too long.
async fn enter(catalogue: &Catalogue, account: &Account, folder: &FolderId) -> Result<Claim, Problem> {
    let wanted = vec![(Subject::Contents(folder.clone()), Hold::Shared)];
    let claim = account.user_state().claims().hold(wanted, progress::deadline()).await?;
    refuse_deleted(catalogue, account, folder).await?;
    Ok(claim)
}

/// Rejects a folder that was deleted through the gateway. A site may still accept files into a folder in its trash.
pub(super) async fn refuse_deleted(catalogue: &Catalogue, account: &Account, folder: &FolderId) -> Result<(), Problem> {
    if catalogue.has_deleted_folder(account, folder).await { Err(was_deleted(account, folder)) } else { Ok(()) }
}

fn was_deleted(account: &Account, folder: &FolderId) -> Problem {
    account.nothing_has(Code::FolderNotFound, "folder", folder.as_str()).and("It was deleted.")
}

/// Returns whether the site says that a file does not exist or is in its trash. On any other error the file is assumed
/// to exist, because the site has confirmed its upload.
async fn is_gone(account: &Account, file: &FileId) -> bool {
    match account.file(file).await {
        Ok(file) => matches!(file.status, FileStatus::Trashed | FileStatus::Deleted),
        Err(error) => error.kind() == ErrorKind::FileNotFound,
    }
}

#[cfg(test)]
mod tests {
    use polyhost_config::CacheConfig;
    use polyhost_domain::{Capability, JobState, Profile, RemoteUploadSelection, Support};

    use crate::tests::{Site, profile};

    #[tokio::test(start_paused = true)]
    async fn cancelled_remote_upload_is_no_longer_expected() {
        let capabilities = [Capability::RemoteUploadsCancel, Capability::RemoteUploadsRead]
            .into_iter()
            .fold(profile().capabilities, |all, capability| all.with(capability, Support::Native));
        let site = Site::new(Profile { capabilities, ..profile() });
        let (account, _) = site.opened(&CacheConfig::default());
        let folder = site.put_folder("a", "a", &super::FolderId::Root);
        let ids = ["1", "2", "3"].map(|id| site.upload_id(id));
        site.put_upload("1", JobState::Running, 50.0);
        site.put_upload("3", JobState::Running, 50.0);
        ids.iter().for_each(|id| account.user_state().arrivals().begin(id, &folder));

        account.cancel_remote_upload(&ids[0]).await.unwrap();
        let unknown = account.cancel_remote_upload(&ids[1]).await.unwrap_err();
        assert_eq!(unknown.kind(), super::ErrorKind::RemoteUploadNotFound);
        assert_eq!(account.user_state().arrivals().known_into(&folder), [ids[2].clone()]);
        assert_eq!(site.asked(), ["cancel 1", "cancel 2"]);
        let read = account.remote_uploads(RemoteUploadSelection::Ids(vec![ids[0].clone()])).await.unwrap();
        assert_eq!(read[0].state, JobState::Cancelled);
    }
}
