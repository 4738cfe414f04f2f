//! Changing files and folders: several fields in one request, as many calls as the site needs, one honest answer.
//!
//! Every write claims what it changes. A write that is checked first takes its turn among those of its user, and holds it
//! around the check and the write alone; see [`crate::users`].

mod files;
mod folders;

use polyhost_domain::{Error, ErrorKind, File, FileLookup, FolderId};

use crate::accounts::Account;
use crate::catalogue::Catalogue;
use crate::problem::{Code, Problem};
use crate::progress;
use crate::users::{Claim, Hold, Subject};

pub use files::{FileChange, change_file, delete_file};
pub use folders::{Deletion, FolderChange, change_folder, delete_folder};

/// Something as a write has left it.
#[derive(Debug, Clone)]
pub struct Changed<T> {
    /// Its state, as far as it is known.
    pub now: T,
    /// Whether the site has told all of that state, so that it has an entity tag.
    pub is_whole: bool,
}

/// Claims a folder that something is about to come into, until the claim is dropped. A check whether the folder is empty
/// waits for nothing: it fails meanwhile.
///
/// # Errors
/// `folder_not_found` where the folder was deleted through the gateway; `overloaded` where it is being deleted and that
/// takes too long.
pub async fn enter(catalogue: &Catalogue, account: &Account, folder: &FolderId) -> Result<Claim, Problem> {
    let wanted = vec![(Subject::Contents(folder.clone()), Hold::Shared)];
    let claim = account.user_state().claims().hold(wanted, progress::deadline()).await?;
    refuse_deleted(catalogue, account, folder).await?;
    Ok(claim)
}

/// Claims a folder while a file is sent into it. Where the outcome is unknown, the folder counts as not empty for a while.
///
/// # Errors
/// As for [`enter`]; `folder_not_found` also where the folder was deleted meanwhile; else the work's own.
pub async fn arriving<T>(
    catalogue: &Catalogue,
    account: &Account,
    folder: &FolderId,
    work: impl Future<Output = Result<T, Problem>>,
) -> Result<T, Problem> {
    let _claim = enter(catalogue, account, folder).await?;
    let outcome = work.await;
    match &outcome {
        // A recursive DELETE of the folder has taken the file with it.
        Ok(_) => refuse_deleted(catalogue, account, folder).await?,
        Err(problem) if problem.code() == Code::OutcomeUnknown => {
            account.user_state().arrivals().note_unknown(folder);
        }
        Err(_) => {}
    }
    outcome
}

/// Refuses a folder that was deleted through the gateway. From its trash a site may still take what goes there.
async fn refuse_deleted(catalogue: &Catalogue, account: &Account, folder: &FolderId) -> Result<(), Problem> {
    if catalogue.has_deleted_folder(account, folder).await {
        return Err(account.nothing_has(Code::FolderNotFound, "folder", folder.as_str()).and("It was deleted."));
    }
    Ok(())
}

/// Whether a write is checked first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Checked {
    First,
    Not,
}

/// Does the work of a write under its claims, and in its turn if it is checked first.
async fn claimed<T>(
    account: &Account,
    checked: Checked,
    wanted: Vec<(Subject, Hold)>,
    work: impl Future<Output = Result<T, Problem>>,
) -> Result<T, Problem> {
    let (user, until) = (account.user_state(), progress::deadline());
    let work = async {
        let _claim = user.claims().hold(wanted, until).await?;
        work.await
    };
    match checked {
        Checked::First => user.turns().run(until, work).await?,
        Checked::Not => work.await,
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
