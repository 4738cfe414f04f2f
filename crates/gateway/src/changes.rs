//! Changing files and folders: several fields in one request, as many calls as the site needs, one honest answer.

use std::sync::Arc;

use polyhost_domain::{
    Capability, DeleteSemantics, EntryName, Error, ErrorKind, File, FileEdit, FileId, FileLookup, FileStatus, Folder,
    FolderEdit, FolderId,
};

use crate::accounts::Account;
use crate::catalogue::{Catalogue, Change, Freshness};
use crate::emulate;
use crate::problem::{Code, Problem};
use crate::progress;

/// What is to change in a file. At least one field is set.
#[derive(Debug, Clone)]
pub struct FileChange {
    /// The new folder.
    pub folder: Option<FolderId>,
    /// The new name and media type.
    pub edit: FileEdit,
}

/// What is to change in a folder. At least one field is set.
#[derive(Debug, Clone)]
pub struct FolderChange {
    /// The new parent.
    pub parent: Option<FolderId>,
    /// The new name, visibility and password.
    pub edit: FolderEdit,
}

/// Changes a file and answers it.
///
/// The move goes first. Nothing is sent where the site lacks one of the things asked for.
///
/// # Errors
/// The site's own; where the second call fails, the problem says what the first has done.
pub async fn change_file(
    catalogue: &Catalogue,
    account: &Arc<Account>,
    id: &FileId,
    change: FileChange,
) -> Result<File, Problem> {
    let FileChange { folder, edit } = change;
    require_file_change(account, folder.is_some(), &edit)?;
    let mut told = None;
    let mut applied: &[&'static str] = &[];
    if let Some(folder) = &folder {
        let touched = touched(catalogue, account, id).await.and_listing(folder);
        told = account.write(&touched, account.site().move_file(id, folder)).await?;
        applied = &["folder_id"];
        progress::applied("folder_id");
    }
    if edit != FileEdit::default() {
        let touched = match &folder {
            Some(folder) => Change::file(id, Some(vec![folder.clone()])),
            None => touched(catalogue, account, id).await,
        };
        let edited = account.write(&touched, account.site().edit_file(id, edit.clone())).await;
        told = edited.map_err(|error| Problem::from(error).applied(applied))?.or(told);
    }
    let file = match told {
        Some(file) => file,
        None => progress::in_time(read_back(account, id)).await.unwrap_or_else(|| known_file(account, id, &edit)),
    };
    // The site may not say where a file is; after a move it is known all the same.
    Ok(File { folder_id: file.folder_id.or(folder), ..file })
}

/// Deletes a file. A file that is in the site's trash already is a success, for that is where it was to go.
///
/// # Errors
/// The site's own.
pub async fn delete_file(catalogue: &Catalogue, account: &Arc<Account>, id: &FileId) -> Result<(), Error> {
    catalogue.deleting_file(account, id).await;
    let delete = async {
        let deleted = account.site().delete_file(id).await;
        // Before anybody can list the folder anew.
        match &deleted {
            Ok(()) => catalogue.bury_file(account, id).await,
            Err(_) => catalogue.doubt_file(account, id).await,
        }
        deleted
    };
    match account.write(&touched(catalogue, account, id).await, delete).await {
        Err(error) if error.kind() == ErrorKind::FileNotFound && is_trashed(account, id).await => {
            catalogue.bury_file(account, id).await;
            Ok(())
        }
        deleted => deleted,
    }
}

/// Whether the site says that a file is in its trash. Sites refuse to delete such a file as if it were not there.
async fn is_trashed(account: &Account, id: &FileId) -> bool {
    let has_trash = account.profile().delete == DeleteSemantics::Trash;
    let now = if has_trash { read_back(account, id).await } else { None };
    now.is_some_and(|file| matches!(file.status, FileStatus::Trashed | FileStatus::Deleted))
}

/// What a change of a file makes untrue.
async fn touched(catalogue: &Catalogue, account: &Account, id: &FileId) -> Change {
    Change::file(id, catalogue.file_shown_in(account, id).await)
}

fn require_file_change(account: &Account, moves: bool, edit: &FileEdit) -> Result<(), Problem> {
    let wanted = [
        (moves, Capability::FilesMove),
        (edit.name.is_some(), Capability::FilesRename),
        (edit.content_type.is_some(), Capability::FilesSetContentType),
    ];
    wanted.into_iter().filter(|(wanted, _)| *wanted).try_for_each(|(_, capability)| account.require(capability))
}

/// The file as it is now. The write is confirmed by then, so a failure here is no failure of it.
async fn read_back(account: &Account, id: &FileId) -> Option<File> {
    let mut answers = account.read(account.site().files(std::slice::from_ref(id))).await.ok()?;
    match answers.pop()? {
        FileLookup::Found(file) | FileLookup::Broken(file, _) => Some(*file),
        FileLookup::Failed(_) => None,
    }
}

fn known_file(account: &Account, id: &FileId, edit: &FileEdit) -> File {
    File {
        name: edit.name.as_ref().map(ToString::to_string),
        content_type: edit.content_type.clone(),
        ..File::bare(&account.profile().origin, id.clone())
    }
}

/// Changes a folder and answers it.
///
/// # Errors
/// 400 for the root; `folder_cycle`, and then nothing was changed; else as for a file.
pub async fn change_folder(
    catalogue: &Catalogue,
    account: &Arc<Account>,
    id: &FolderId,
    change: FolderChange,
) -> Result<Folder, Problem> {
    let FolderChange { parent, edit } = change;
    refuse_root(id)?;
    require_folder_change(account, parent.is_some(), &edit)?;
    let mut told = None;
    let mut applied: &[&'static str] = &[];
    if let Some(parent) = &parent {
        refuse_cycle(catalogue, account, id, parent).await?;
        let touched = Change::folder(catalogue.folder_shown_in(account, id).await).and_listing(parent);
        told = account.write(&touched, account.site().move_folder(id, parent)).await?;
        catalogue.note_place(account, id, parent).await;
        applied = &["parent_id"];
        progress::applied("parent_id");
    }
    let name = edit.name.clone();
    if edit.name.is_some() || edit.visibility.is_some() || edit.password.is_some() {
        let shown_in = match &parent {
            Some(parent) => Some(vec![parent.clone()]),
            None => catalogue.folder_shown_in(account, id).await,
        };
        let edited = account.write(&Change::folder(shown_in), account.site().edit_folder(id, edit)).await;
        told = edited.map_err(|error| Problem::from(error).applied(applied))?.or(told);
    }
    if let Some(folder) = told {
        return Ok(folder);
    }
    let now = progress::in_time(async { emulate::folder(catalogue, account, id, Freshness::Cached).await.ok() }).await;
    Ok(now.map_or_else(|| known_folder(account, id, parent, name.as_ref()), |known| known.value.value.clone()))
}

async fn refuse_cycle(
    catalogue: &Catalogue,
    account: &Arc<Account>,
    id: &FolderId,
    parent: &FolderId,
) -> Result<(), Problem> {
    if !emulate::is_within(catalogue, account, parent, id).await? {
        return Ok(());
    }
    let detail = format!("The folder \"{id}\" cannot be moved to \"{parent}\", which is itself or lies below it.");
    Err(Problem::new(Code::FolderCycle, detail))
}

fn require_folder_change(account: &Account, moves: bool, edit: &FolderEdit) -> Result<(), Problem> {
    let wanted = [
        (moves, Capability::FoldersMove),
        (edit.name.is_some(), Capability::FoldersRename),
        (edit.visibility.is_some(), Capability::FoldersVisibility),
        (edit.password.is_some(), Capability::FoldersPassword),
    ];
    wanted.into_iter().filter(|(wanted, _)| *wanted).try_for_each(|(_, capability)| account.require(capability))
}

fn known_folder(account: &Account, id: &FolderId, parent: Option<FolderId>, name: Option<&EntryName>) -> Folder {
    Folder::bare(&account.profile().origin, id.clone(), parent, name.map(ToString::to_string))
}

/// Whether a folder is to be deleted with all that is in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Deletion {
    /// Only if nothing is in it.
    OnlyIfEmpty,
    /// With all that is in it.
    Recursive,
}

/// Deletes a folder.
///
/// # Errors
/// 400 for the root; `folder_not_empty`, and then nothing was sent that deletes; else the site's own.
pub async fn delete_folder(
    catalogue: &Catalogue,
    account: &Arc<Account>,
    id: &FolderId,
    deletion: Deletion,
) -> Result<(), Problem> {
    refuse_root(id)?;
    account.require(Capability::FoldersDelete)?;
    if deletion == Deletion::OnlyIfEmpty && !emulate::is_empty(catalogue, account, id).await? {
        let detail = format!("The folder \"{id}\" is not empty. Send recursive=true to delete all that is in it.");
        return Err(Problem::new(Code::FolderNotEmpty, detail));
    }
    let delete = async {
        account.site().delete_folder(id).await?;
        catalogue.bury_folder(account, id).await;
        Ok(())
    };
    match account.write(&Change::tree(), delete).await {
        Err(error) if error.kind() == ErrorKind::FolderNotFound && is_folder_trashed(catalogue, account, id).await => {
            Ok(())
        }
        deleted => Ok(deleted?),
    }
}

/// Whether a folder is in the site's trash: it was deleted through the gateway, and still answers to its id.
async fn is_folder_trashed(catalogue: &Catalogue, account: &Account, id: &FolderId) -> bool {
    catalogue.has_deleted_folder(account, id).await && account.read(account.site().folder(id)).await.is_ok()
}

fn refuse_root(id: &FolderId) -> Result<(), Problem> {
    match id {
        FolderId::Root => {
            Err(Problem::new(Code::InvalidRequest, "The root folder can be neither changed nor deleted."))
        }
        FolderId::Child(_) => Ok(()),
    }
}

/// The one answer of a lookup of one file.
///
/// # Errors
/// What the file's own answer says is wrong; a file that the site calls broken is an error too.
pub fn only(answers: Vec<FileLookup>) -> Result<File, Error> {
    match answers.into_iter().next() {
        Some(FileLookup::Found(file)) => Ok(*file),
        Some(FileLookup::Broken(_, error) | FileLookup::Failed(error)) => Err(error),
        None => Err(Error::new(ErrorKind::Internal)),
    }
}
