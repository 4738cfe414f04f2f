//! Users at sites. Two accounts of the configuration can belong to the same user at the same site. A write through one
//! account changes what the other shows, so state that both must share belongs to the user.

mod arrivals;
mod claims;
mod names;
mod pending;
mod turns;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use moka::sync::Cache;
use polyhost_domain::{FileId, FolderId};
use polyhost_state::{Generations, Marks, State};

pub(crate) use arrivals::Arrivals;
pub use claims::Claim;
pub(crate) use claims::{Claims, Hold, Subject};
pub(crate) use pending::{ExpectedFile, PendingUpload, PendingUploads, ROUNDING};
use turns::Turns;

use crate::problem::{Code, Problem};

/// The maximum number of stored file moves of one user, and their lifetime.
const MAX_MOVED: u64 = 10_000;
const MOVED_TTL: Duration = Duration::from_secs(24 * 60 * 60);
/// The `Retry-After` of a write that was not given a turn in time.
const RETRY_AFTER: Duration = Duration::from_secs(1);

/// One user at one site, shared by all of its accounts.
pub struct User {
    id: Arc<str>,
    generations: Arc<dyn Generations>,
    marks: Option<Arc<dyn Marks>>,
    pending_uploads: PendingUploads,
    moved: Cache<FileId, FolderId>,
    claims: Arc<Claims>,
    turns: Turns,
    arrivals: Arrivals,
}

impl User {
    /// Creates the user with this digest (`AccountConfig::user`).
    #[must_use]
    pub fn new(id: &str, state: &State) -> Self {
        Self {
            id: id.into(),
            generations: Arc::clone(&state.generations),
            marks: state.marks.clone(),
            pending_uploads: PendingUploads::new(id, Arc::clone(&state.values)),
            moved: Cache::builder().max_capacity(MAX_MOVED).time_to_live(MOVED_TTL).build(),
            claims: Arc::default(),
            turns: Turns::new(Arc::clone(&state.leases), id),
            arrivals: Arrivals::default(),
        }
    }

    /// Returns the user's digest. It is the same in every process.
    #[must_use]
    pub fn id(&self) -> &Arc<str> {
        &self.id
    }

    /// Returns the generations, which decide whether cache entries are valid.
    pub(crate) fn generations(&self) -> &Arc<dyn Generations> {
        &self.generations
    }

    /// Returns the marks of the other replicas; `None` if there are none.
    pub(crate) fn marks(&self) -> Option<&Arc<dyn Marks>> {
        self.marks.as_ref()
    }

    /// Returns the claims of the user's writes.
    pub(crate) fn claims(&self) -> &Arc<Claims> {
        &self.claims
    }

    /// Returns the turns of the user's checked writes.
    pub(crate) fn turns(&self) -> &Turns {
        &self.turns
    }

    /// Returns whether a file may still appear in a folder although no request of the gateway is adding one.
    pub(crate) fn expects_into(&self, folder: &FolderId) -> bool {
        self.pending_uploads.may_come_into(folder) || self.arrivals.are_expected(folder)
    }

    /// Returns the remote uploads into the user's folders.
    pub(crate) fn arrivals(&self) -> &Arrivals {
        &self.arrivals
    }

    /// Records that a file was moved.
    pub(crate) fn note_moved(&self, file: &FileId, folder: &FolderId) {
        self.moved.insert(file.clone(), folder.clone());
    }

    /// Returns the folder to which a file was last moved through the gateway.
    pub(crate) fn moved_to(&self, file: &FileId) -> Option<FolderId> {
        self.moved.get(file)
    }

    /// Returns the files that the user's uploads have created or may still create.
    pub(crate) fn pending_uploads(&self) -> &PendingUploads {
        &self.pending_uploads
    }
}

/// Returns the problem of a write that timed out while waiting for other writes of its user.
fn overloaded() -> Problem {
    let detail = "Other writes to the same account took too long. Nothing was done.";
    Problem::new(Code::Overloaded, detail).retryable().retry_after(RETRY_AFTER)
}

/// The users of all accounts. Accounts of the same user share one instance.
#[derive(Default)]
pub(crate) struct Users(Mutex<HashMap<Arc<str>, Weak<User>>>);

impl Users {
    /// Returns the user with this digest: the existing one if another account uses it, else a new one.
    pub(crate) fn get(&self, id: &str, state: &State) -> Arc<User> {
        let mut users = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(user) = users.get(id).and_then(Weak::upgrade) {
            return user;
        }
        users.retain(|_, user| user.strong_count() > 0);
        let user = Arc::new(User::new(id, state));
        users.insert(Arc::clone(user.id()), Arc::downgrade(&user));
        user
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accounts_of_one_user_share_its_state() {
        let (users, state) = (Users::default(), State::in_memory());
        let (first, second) = (users.get("u", &state), users.get("u", &state));
        assert!(Arc::ptr_eq(&first, &second));
        assert!(!Arc::ptr_eq(&first, &users.get("v", &state)));
    }
}
