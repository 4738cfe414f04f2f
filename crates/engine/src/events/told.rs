//! What a stream has told, and the ids of its events, which say it in a few characters.
//!
//! An id is a digest of what was told up to its event: of each object in its latest version, in the order of the
//! subjects. It depends on nothing else, so a caller who comes back with it, to any replica, is told only what is
//! missing: nothing if all is as it was, the rest if the stream broke off in its first round, and everything if what was
//! told is out of date, for a digest does not tell which part of it is.

use std::collections::BTreeMap;

use polyhost_domain::AccountName;
use sha2::{Digest as _, Sha256};

use super::state::{Item, Mark, State};
use super::subject::Subject;

/// How many bytes of the digest an id has.
const ID_BYTES: usize = 16;

/// What a stream has told.
pub(super) struct Told {
    /// The digest of what is watched, to be continued with what was told of it.
    watched: Sha256,
    /// For each subject, the objects that were told, by their ids.
    items: Vec<BTreeMap<Box<str>, Mark>>,
}

impl Told {
    /// Nothing yet, of these subjects in their order.
    pub(super) fn new(account: &AccountName, subjects: &[Subject]) -> Self {
        let mut watched = Sha256::new();
        add(&mut watched, account.as_str().as_bytes());
        for subject in subjects {
            add(&mut watched, subject.event().as_bytes());
            add(&mut watched, subject.id().as_bytes());
        }
        Self { watched, items: vec![BTreeMap::new(); subjects.len()] }
    }

    /// Whether an object of the subject at this place was told as it is.
    pub(super) fn knows(&self, place: usize, item: &Item) -> bool {
        self.items.get(place).and_then(|items| items.get(&item.id)).is_some_and(|mark| *mark == item.mark)
    }

    /// Notes that an object is told, as part of this state of its subject. Gives the event's id.
    pub(super) fn tell(&mut self, place: usize, state: &State, item: &Item) -> String {
        if let Some(items) = self.items.get_mut(place) {
            items.retain(|id, _| state.items.iter().any(|item| item.id == *id));
            items.insert(item.id.clone(), item.mark);
        }
        let mut digest = self.watched.clone();
        for (place, items) in self.items.iter().enumerate() {
            items.iter().for_each(|(id, mark)| continued(&mut digest, place, id, mark));
        }
        id(digest)
    }

    /// Takes up where the stream has ended whose last event had this id, if that can be made out from how things stand.
    pub(super) fn resume(&mut self, states: &[&State], last: &str) {
        let mut digest = self.watched.clone();
        let mut told = vec![BTreeMap::new(); self.items.len()];
        for (place, state) in states.iter().enumerate().take(told.len()) {
            for item in &state.items {
                continued(&mut digest, place, &item.id, &item.mark);
                told[place].insert(item.id.clone(), item.mark);
                if id(digest.clone()) == last {
                    self.items = told;
                    return;
                }
            }
        }
    }
}

fn continued(digest: &mut Sha256, place: usize, id: &str, mark: &Mark) {
    digest.update((place as u64).to_be_bytes());
    add(digest, id.as_bytes());
    digest.update(mark);
}

/// Adds a text and its length, so that no two lists of texts look the same.
fn add(digest: &mut Sha256, text: &[u8]) {
    digest.update((text.len() as u64).to_be_bytes());
    digest.update(text);
}

fn id(digest: Sha256) -> String {
    hex::encode(&digest.finalize()[..ID_BYTES])
}
