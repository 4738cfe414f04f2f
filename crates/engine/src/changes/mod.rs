//! Changing files and folders: several fields in one request, as many calls as the site needs, one honest answer.
//!
//! Every write claims what it changes. A write that is checked first takes its turn among those of its user, and holds it
//! around the check and the write alone; see [`crate::users`].

mod arriving;
mod files;
mod folders;

use crate::accounts::Account;
use crate::problem::Problem;
use crate::progress;
use crate::users::{Hold, Subject};
use arriving::refuse_deleted;

pub use arriving::{add_remote_upload, copy_file, create_folder, upload_into};
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
