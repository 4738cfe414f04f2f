//! Changes and deletions of a folder.

use std::sync::Arc;

use polyhost_domain::{
    Capability, EntryName, ErrorKind, Folder, FolderDeletion, FolderEdit, FolderId, RemoteUploadId,
    RemoteUploadSelection,
};

use super::{Changed, Checked, claimed, refuse_deleted};
use crate::accounts::Account;
use crate::catalogue::{Catalogue, Freshness, Tagged as _};
use crate::emulate;
use crate::preconditions::Preconditions;
use crate::problem::{Code, Problem};
use crate::progress;
use crate::users::{Hold, Subject};

/// The maximum number of remote uploads into one folder whose state a deletion requests from the site.
const MAX_ASKED: usize = 20;

/// The advice for a folder that is not empty.
const RECURSIVE: &str = "Send recursive=true to delete it with all its content.";

/// The reason why a recursive deletion needs the capability to delete files.
const NEEDS_FILES_DELETE: &str = "This site deletes only empty folders, so recursive=true must delete the files first. \
                                  Nothing was deleted.";

/// The requested changes of a folder. At least one field is set.
#[derive(Debug, Clone)]
pub struct FolderChange {
    /// The new parent.
    pub parent: Option<FolderId>,
    /// The new name, visibility and password.
    pub edit: FolderEdit,
}

/// Changes a folder and returns its new state.
///
/// # Errors
/// 400 for the root folder; `folder_cycle` and `precondition_failed`, both before anything is changed; else as for a
/// file.
pub async fn change_folder(
    catalogue: &Catalogue,
    account: &Arc<Account>,
    id: &FolderId,
    change: FolderChange,
    conditions: &Preconditions,
) -> Result<Changed<Folder>, Problem> {
    let FolderChange { parent, edit } = change;
    refuse_root(id)?;
    require(account, parent.is_some(), &edit)?;
    // Before a move the gateway checks that the folder does not end up below itself.
    let checked = if parent.is_some() { Checked::First } else { checked(conditions) };
    let mut wanted = vec![(Subject::Folder(id.clone()), hold(conditions))];
    wanted.extend(parent.iter().map(|parent| (Subject::Contents(parent.clone()), Hold::Shared)));
    let name = edit.name.clone();
    let work = async {
        check(catalogue, account, id, conditions).await?;
        apply(catalogue, account, id, parent.as_ref(), edit).await
    };
    if let Some(now) = claimed(account, checked, wanted, Box::pin(work)).await? {
        return Ok(Changed { now, is_whole: true });
    }
    let now = progress::in_time(async { emulate::folder(catalogue, account, id, Freshness::Cached).await.ok() }).await;
    Ok(match now {
        Some(known) => Changed { now: known.value.value.clone(), is_whole: true },
        None => Changed { now: known(account, id, parent, name.as_ref()), is_whole: false },
    })
}

/// Makes the calls for a change. Returns the folder if the site reports it.
async fn apply(
    catalogue: &Catalogue,
    account: &Arc<Account>,
    id: &FolderId,
    parent: Option<&FolderId>,
    edit: FolderEdit,
) -> Result<Option<Folder>, Problem> {
    let mut reported = None;
    let mut applied: &[&'static str] = &[];
    if let Some(parent) = parent {
        refuse_deleted(catalogue, account, parent).await?;
        refuse_cycle(catalogue, account, id, parent).await?;
        reported = account.move_folder(id, parent, catalogue.folder_shown_in(account, id).await).await?;
        catalogue.note_place(account, id, parent).await;
        applied = &["parent_id"];
        progress::applied("parent_id");
    }
    if edit.name.is_some() || edit.visibility.is_some() || edit.password.is_some() {
        let shown_in = match parent {
            Some(parent) => Some(vec![parent.clone()]),
            None => catalogue.folder_shown_in(account, id).await,
        };
        let edited = account.edit_folder(id, edit, shown_in).await;
        reported = edited.map_err(|error| Problem::from(error).applied(applied))?.or(reported);
    }
    Ok(reported)
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

fn checked(conditions: &Preconditions) -> Checked {
    if conditions.guard_write() { Checked::First } else { Checked::Not }
}

fn hold(conditions: &Preconditions) -> Hold {
    if conditions.guard_write() { Hold::Exclusive } else { Hold::Shared }
}

/// Evaluates preconditions against the current state of the folder at the site.
async fn check(
    catalogue: &Catalogue,
    account: &Arc<Account>,
    id: &FolderId,
    conditions: &Preconditions,
) -> Result<(), Problem> {
    if conditions.guard_write() {
        let now = &emulate::folder(catalogue, account, id, Freshness::NoCache).await?.value.value;
        conditions.evaluate(|| now.validators(account))?;
    }
    Ok(())
}

fn require(account: &Account, moves: bool, edit: &FolderEdit) -> Result<(), Problem> {
    let wanted = [
        (moves, Capability::FoldersMove),
        (edit.name.is_some(), Capability::FoldersRename),
        (edit.visibility.is_some(), Capability::FoldersVisibility),
        (edit.password.is_some(), Capability::FoldersPassword),
    ];
    wanted.into_iter().filter(|(wanted, _)| *wanted).try_for_each(|(_, capability)| account.require(capability))
}

/// Returns the folder as far as the request determines it, for when the site did not report it.
fn known(account: &Account, id: &FolderId, parent: Option<FolderId>, name: Option<&EntryName>) -> Folder {
    Folder::bare(&account.profile().origin, id.clone(), parent, name.map(ToString::to_string))
}

/// Whether a folder is deleted together with its content.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Deletion {
    /// Only if it is empty.
    OnlyIfEmpty,
    /// Together with its content.
    Recursive,
}

/// Deletes a folder. At a site that deletes only empty folders, a recursive deletion is emulated.
///
/// # Errors
/// 400 for the root folder; `capability_unsupported` for a recursive deletion at a site that deletes neither files nor
/// folders with contents; `folder_not_empty` and `precondition_failed`, both before a deletion is sent; else the
/// site's error.
pub async fn delete_folder(
    catalogue: &Catalogue,
    account: &Arc<Account>,
    id: &FolderId,
    deletion: Deletion,
    conditions: &Preconditions,
) -> Result<(), Problem> {
    refuse_root(id)?;
    account.require(Capability::FoldersDelete)?;
    let empties_first =
        deletion == Deletion::Recursive && account.profile().deletes_folders == FolderDeletion::OnlyEmpty;
    if empties_first {
        account.require(Capability::FilesDelete).map_err(|problem| problem.and(NEEDS_FILES_DELETE))?;
    }
    let wanted = vec![(Subject::Folder(id.clone()), hold(conditions))];
    match deletion {
        Deletion::Recursive => {
            let work = async {
                check(catalogue, account, id, conditions).await?;
                match empties_first {
                    true => emulate::delete_tree(catalogue, account, id).await,
                    false => delete(catalogue, account, id).await,
                }
            };
            claimed(account, checked(conditions), wanted, Box::pin(work)).await
        }
        Deletion::OnlyIfEmpty => {
            refuse_expected(account, id).await?;
            let work = async {
                // The claim keeps the gateway's other writes from adding anything to the folder until the deletion is
                // over.
                let contents = [(Subject::Contents(id.clone()), Hold::Exclusive)];
                let _contents =
                    account.user_state().claims().try_hold(&contents).ok_or_else(|| under_way(account, id))?;
                if account.user_state().expects_into(id) {
                    return Err(under_way(account, id));
                }
                check(catalogue, account, id, conditions).await?;
                if !emulate::is_empty(catalogue, account, id).await? {
                    return Err(not_empty(account, format!("The folder \"{id}\" is not empty.")));
                }
                delete(catalogue, account, id).await
            };
            claimed(account, Checked::First, wanted, Box::pin(work)).await
        }
    }
}

/// Rejects the deletion at once if another request or a remote upload is adding something to the folder.
async fn refuse_expected(account: &Account, id: &FolderId) -> Result<(), Problem> {
    let user = account.user_state();
    let remote = user.arrivals().known_into(id);
    let is_expected = user.claims().are_shared(&Subject::Contents(id.clone()))
        || !remote.is_empty() && !have_ended(account, id, remote).await
        || user.expects_into(id);
    if is_expected { Err(under_way(account, id)) } else { Ok(()) }
}

/// Asks the site whether all remote uploads into a folder have ended.
async fn have_ended(account: &Account, id: &FolderId, remote: Vec<RemoteUploadId>) -> bool {
    let can_ask = account.capabilities().supports(Capability::RemoteUploadsRead) && remote.len() <= MAX_ASKED;
    if !can_ask {
        return false;
    }
    let arrivals = account.user_state().arrivals();
    match account.remote_uploads(RemoteUploadSelection::Ids(remote.clone())).await {
        Ok(reported) => {
            arrivals.observe(&reported);
            // Remote uploads that the answer omits no longer exist at the site.
            let forgotten = remote.iter().filter(|id| !reported.iter().any(|upload| upload.id == **id));
            forgotten.for_each(|id| arrivals.end(id));
        }
        Err(error) if error.kind() == ErrorKind::RemoteUploadNotFound && remote.len() == 1 => {
            remote.iter().for_each(|id| arrivals.end(id));
        }
        Err(_) => return false,
    }
    arrivals.known_into(id).is_empty()
}

fn under_way(account: &Account, id: &FolderId) -> Problem {
    not_empty(account, format!("The folder \"{id}\" is not empty: a file or folder is being added to it."))
}

fn not_empty(account: &Account, text: String) -> Problem {
    advised(account, Problem::new(Code::FolderNotEmpty, text))
}

/// Adds how to delete the folder with its content, if the site allows it.
fn advised(account: &Account, problem: Problem) -> Problem {
    let is_possible = account.profile().deletes_folders == FolderDeletion::WithContents
        || account.capabilities().supports(Capability::FilesDelete);
    if is_possible { problem.and(RECURSIVE) } else { problem }
}

async fn delete(catalogue: &Catalogue, account: &Arc<Account>, id: &FolderId) -> Result<(), Problem> {
    match account.delete_folder(id, catalogue.note_folder_deleted(account, id)).await {
        Err(error) if error.kind() == ErrorKind::FolderNotFound && is_trashed(catalogue, account, id).await => Ok(()),
        Err(error) if error.kind() == ErrorKind::FolderNotEmpty && error.detail().is_some() => {
            Err(advised(account, Problem::from(error)))
        }
        deleted => Ok(deleted?),
    }
}

/// Returns whether a folder is in the site's trash: it was deleted through the gateway, and the site still returns it.
async fn is_trashed(catalogue: &Catalogue, account: &Account, id: &FolderId) -> bool {
    catalogue.has_deleted_folder(account, id).await && account.folder(id).await.is_ok()
}

fn refuse_root(id: &FolderId) -> Result<(), Problem> {
    match id {
        FolderId::Root => {
            Err(Problem::new(Code::InvalidRequest, "The root folder can be neither changed nor deleted."))
        }
        FolderId::Child(_) => Ok(()),
    }
}
