//! Users at sites. Two accounts of the configuration can be the same user at the same site: a write through one is a
//! write to what the other shows. State that must be the same for both belongs to the user, not to the account.

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
use polyhost_state::{Generations, State};

pub(crate) use arrivals::Arrivals;
pub use claims::Claim;
pub(crate) use claims::{Claims, Hold, Subject};
pub(crate) use pending::{PendingUpload, PendingUploads, ROUNDING, Wanted};
use turns::Turns;

use crate::problem::{Code, Problem};

/// The most moves of files that are remembered of one user, and for how long.
const MAX_MOVED: u64 = 10_000;
const MOVED_TTL: Duration = Duration::from_secs(24 * 60 * 60);
/// How long a caller is told to wait whose write found no turn.
const RETRY_AFTER: Duration = Duration::from_secs(1);

/// One user at one site, shared by all accounts that are this user.
pub struct User {
    id: Arc<str>,
    generations: Arc<dyn Generations>,
    pending_uploads: PendingUploads,
    moved: Cache<FileId, FolderId>,
    claims: Arc<Claims>,
    turns: Turns,
    arrivals: Arrivals,
}

impl User {
    /// A user by its digest (`AccountConfig::user`).
    #[must_use]
    pub fn new(id: &str, state: &State) -> Self {
        Self {
            id: id.into(),
            generations: Arc::clone(&state.generations),
            pending_uploads: PendingUploads::default(),
            moved: Cache::builder().max_capacity(MAX_MOVED).time_to_live(MOVED_TTL).build(),
            claims: Arc::default(),
            turns: Turns::new(Arc::clone(&state.leases), id),
            arrivals: Arrivals::default(),
        }
    }

    /// The digest that stands for the user. It is the same in every process.
    #[must_use]
    pub fn id(&self) -> &Arc<str> {
        &self.id
    }

    /// The generations that say which cache entries are out of date.
    pub(crate) fn generations(&self) -> &Arc<dyn Generations> {
        &self.generations
    }

    /// What the user's writes are using at this moment.
    pub(crate) fn claims(&self) -> &Arc<Claims> {
        &self.claims
    }

    /// The turns of the user's checked writes.
    pub(crate) fn turns(&self) -> &Turns {
        &self.turns
    }

    /// Whether a file may still come into a folder although no request of the gateway is under way.
    pub(crate) fn expects_into(&self, folder: &FolderId) -> bool {
        self.pending_uploads.may_come_into(folder) || self.arrivals.are_expected(folder)
    }

    /// The remote uploads into the user's folders.
    pub(crate) fn arrivals(&self) -> &Arrivals {
        &self.arrivals
    }

    /// Notes that a file was moved.
    pub(crate) fn note_moved(&self, file: &FileId, folder: &FolderId) {
        self.moved.insert(file.clone(), folder.clone());
    }

    /// Where a file was moved last through the gateway.
    pub(crate) fn moved_to(&self, file: &FileId) -> Option<FolderId> {
        self.moved.get(file)
    }

    /// Which files the user's uploads have led to, and may lead to.
    pub(crate) fn pending_uploads(&self) -> &PendingUploads {
        &self.pending_uploads
    }
}

/// The problem of a write that waited in vain for others of its user.
fn overloaded() -> Problem {
    let detail = "Other writes to the same account took too long. Nothing was done.";
    Problem::new(Code::Overloaded, detail).retryable().retry_after(RETRY_AFTER)
}

/// The users of all accounts, each once.
#[derive(Default)]
pub(crate) struct Users(Mutex<HashMap<Arc<str>, Weak<User>>>);

impl Users {
    /// Returns the user with this digest: the one that another account has already, or a new one.
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
    fn accounts_of_one_user_share_it() {
        let (users, state) = (Users::default(), State::in_memory());
        let (first, second) = (users.get("u", &state), users.get("u", &state));
        assert!(Arc::ptr_eq(&first, &second));
        assert!(!Arc::ptr_eq(&first, &users.get("v", &state)));
    }
}
