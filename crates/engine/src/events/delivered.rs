//! The objects that a stream has delivered, and the event ids that identify them.
//!
//! An event id is a digest of all objects delivered up to the event, each in its latest version, in the order of the
//! subjects. It depends on nothing else, so any replica can resume a stream from it. A resumed stream sends:
//! - nothing, if no object has changed since;
//! - the remaining objects, if the stream was interrupted while it sent its first states;
//! - all objects, if any has changed, because a digest does not show which one.

use std::collections::BTreeMap;

use polyhost_domain::AccountName;
use sha2::{Digest as _, Sha256};

use super::state::{Fingerprint, Item, SubjectState};
use super::subject::Subject;

/// The number of bytes of the digest in an event id.
const ID_BYTES: usize = 16;

/// The objects that a stream has delivered.
pub(super) struct Delivered {
    /// The digest of the account and the subjects. Event ids continue it with the delivered objects.
    subjects: Sha256,
    /// For each subject, the delivered objects by their ids.
    items: Vec<BTreeMap<Box<str>, Fingerprint>>,
}

impl Delivered {
    /// Returns the record of a new stream, which has delivered nothing.
    pub(super) fn new(account: &AccountName, subjects: &[Subject]) -> Self {
        let mut digest = Sha256::new();
        add(&mut digest, account.as_str().as_bytes());
        for subject in subjects {
            add(&mut digest, subject.event().as_bytes());
            add(&mut digest, subject.id().as_bytes());
        }
        Self { subjects: digest, items: vec![BTreeMap::new(); subjects.len()] }
    }

    /// Returns whether an object of the subject at this index was delivered in this version.
    pub(super) fn contains(&self, index: usize, item: &Item) -> bool {
        self.items
            .get(index)
            .and_then(|items| items.get(&item.id))
            .is_some_and(|fingerprint| *fingerprint == item.fingerprint)
    }

    /// Records that an object of this state is delivered. Returns the id of the event.
    pub(super) fn record(&mut self, index: usize, state: &SubjectState, item: &Item) -> String {
        if let Some(items) = self.items.get_mut(index) {
            items.retain(|id, _| state.items.iter().any(|item| item.id == *id));
            items.insert(item.id.clone(), item.fingerprint);
        }
        let mut digest = self.subjects.clone();
        for (index, items) in self.items.iter().enumerate() {
            items.iter().for_each(|(id, fingerprint)| continue_digest(&mut digest, index, id, fingerprint));
        }
        id(digest)
    }

    /// Resumes after the event with this id, if the current states show which objects it stands for. Otherwise nothing
    /// counts as delivered.
    pub(super) fn resume(&mut self, states: &[&SubjectState], last: &str) {
        let mut digest = self.subjects.clone();
        let mut delivered = vec![BTreeMap::new(); self.items.len()];
        for (index, state) in states.iter().enumerate().take(delivered.len()) {
            for item in &state.items {
                continue_digest(&mut digest, index, &item.id, &item.fingerprint);
                delivered[index].insert(item.id.clone(), item.fingerprint);
                if id(digest.clone()) == last {
                    self.items = delivered;
                    return;
                }
            }
        }
    }
}

fn continue_digest(digest: &mut Sha256, index: usize, id: &str, fingerprint: &Fingerprint) {
    digest.update((index as u64).to_be_bytes());
    add(digest, id.as_bytes());
    digest.update(fingerprint);
}

/// Adds a text after its length, so that different lists of texts have different digests.
fn add(digest: &mut Sha256, text: &[u8]) {
    digest.update((text.len() as u64).to_be_bytes());
    digest.update(text);
}

fn id(digest: Sha256) -> String {
    hex::encode(&digest.finalize()[..ID_BYTES])
}
