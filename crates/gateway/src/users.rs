//! Users at sites. Two accounts of the configuration can be the same user at the same site: a write through one is a
//! write to what the other shows. State that must be the same for both belongs to the user, not to the account.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use moka::sync::Cache;
use polyhost_domain::FileId;
use polyhost_state::{Generations, State};

/// The most uploaded files that are remembered of one user, and for how long.
const MAX_RECEIVED: u64 = 10_000;
const RECEIVED_TTL: Duration = Duration::from_secs(60 * 60);

/// One user at one site, shared by all accounts that are this user.
pub struct User {
    id: Arc<str>,
    generations: Arc<dyn Generations>,
    received: Cache<FileId, ()>,
}

impl User {
    /// A user by its digest (`AccountConfig::user`).
    #[must_use]
    pub fn new(id: &str, state: &State) -> Self {
        Self {
            id: id.into(),
            generations: Arc::clone(&state.generations),
            received: Cache::builder().max_capacity(MAX_RECEIVED).time_to_live(RECEIVED_TTL).build(),
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

    /// Notes that an upload has made a file.
    pub(crate) fn note_received(&self, file: &FileId) {
        self.received.insert(file.clone(), ());
    }

    /// Whether an upload has lately made a file.
    pub(crate) fn has_received(&self, file: &FileId) -> bool {
        self.received.contains_key(file)
    }
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
