//! Changes of files and folders. One request may change several fields with several calls to the site; the result lists
//! the completed changes.
//!
//! Each write claims the files and folders that it changes. A write with a check before it also takes one of its user's
//! turns, for the duration of the check and the write; see [`crate::users`].

mod additions;
mod files;
mod folders;

use crate::accounts::Account;
use crate::problem::Problem;
use crate::progress;
use crate::users::{Hold, Subject};
use additions::refuse_deleted;

pub use additions::{add_remote_upload, copy_file, create_folder, upload_into};
pub use files::{FileChange, change_file, delete_file};
pub use folders::{Deletion, FolderChange, change_folder, delete_folder};

/// The result of a write.
#[derive(Debug, Clone)]
pub struct Changed<T> {
    /// The new state, as far as it is known.
    pub now: T,
    /// Whether the site has reported the complete state, so that it has an entity tag.
    pub is_whole: bool,
}

/// Whether a check precedes the write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Checked {
    First,
    Not,
}

/// Runs a write under its claims, and in a turn if a check precedes it.
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
