//! The latest state of a subject, and the failure of its last poll.

use std::sync::Arc;
use std::time::Duration;

use polyhost_domain::{Conversion, Error, JobState, RemoteUpload};
use serde::Serialize;
use sha2::{Digest as _, Sha256};

use crate::problem::Problem;

/// A digest of the fields of an object whose changes are events.
pub(super) type Fingerprint = [u8; 32];

/// The latest state and failure of a subject. Both are `None` before the first poll.
#[derive(Debug, Clone, Default)]
pub(super) struct Latest {
    /// The state that the site has reported last.
    pub(super) state: Option<Arc<SubjectState>>,
    /// The failure of the last poll, if it has failed.
    pub(super) failure: Option<Arc<Failure>>,
}

/// The state of a subject at the site.
#[derive(Debug, Default)]
pub(super) struct SubjectState {
    /// The objects, sorted by id: one remote upload, or each conversion of a file.
    pub(super) items: Vec<Item>,
    /// Whether none of the objects will change again.
    pub(super) is_final: bool,
}

/// A remote upload or a conversion.
#[derive(Debug)]
pub(super) struct Item {
    /// Its id at the site.
    pub(super) id: Box<str>,
    /// The object as other routes return it: one line of JSON.
    pub(super) json: Arc<str>,
    /// Differs between two versions if the change is an event.
    pub(super) fingerprint: Fingerprint,
}

/// The failure of a poll for a subject.
#[derive(Debug)]
pub(super) struct Failure {
    /// The problem that streams send.
    pub(super) problem: Problem,
    /// Whether another poll would fail in the same way.
    pub(super) is_final: bool,
    /// The wait that the site requests.
    pub(super) wait: Option<Duration>,
}

impl SubjectState {
    pub(super) fn of_remote_upload(upload: &RemoteUpload) -> serde_json::Result<Self> {
        let without_time = RemoteUpload { updated_at: None, ..upload.clone() };
        let item = Item::new(upload.id.as_str(), upload, &without_time)?;
        Ok(Self { items: vec![item], is_final: is_final(upload.state) })
    }

    /// A file without conversions has no items, and is not final: conversions may be added.
    pub(super) fn of_conversions(conversions: &[Conversion]) -> serde_json::Result<Self> {
        let item = |conversion: &Conversion| {
            let without_time = Conversion { updated_at: None, ..conversion.clone() };
            Item::new(&conversion.id, conversion, &without_time)
        };
        let mut items = conversions.iter().map(item).collect::<serde_json::Result<Vec<_>>>()?;
        items.sort_by(|a, b| a.id.cmp(&b.id));
        items.dedup_by(|later, earlier| later.id == earlier.id);
        let is_final = !items.is_empty() && conversions.iter().all(|conversion| is_final(conversion.state));
        Ok(Self { items, is_final })
    }

    /// Returns whether the change from one state to the other is no event.
    pub(super) fn is_equivalent_to(&self, other: &Self) -> bool {
        self.items.len() == other.items.len()
            && self
                .items
                .iter()
                .zip(&other.items)
                .all(|(one, other)| one.id == other.id && one.fingerprint == other.fingerprint)
    }
}

impl Item {
    /// `significant` is the object without the time of its last change. Some sites update that time with every read,
    /// and an event with no other change would be useless.
    fn new<T: Serialize>(id: &str, object: &T, significant: &T) -> serde_json::Result<Self> {
        let json = serde_json::to_string(object)?;
        let fingerprint = Sha256::digest(serde_json::to_vec(significant)?).into();
        Ok(Self { id: id.into(), json: json.into(), fingerprint })
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self { is_final: !error.is_retryable(), wait: error.retry_after(), problem: error.into() }
    }
}

impl From<Problem> for Failure {
    fn from(problem: Problem) -> Self {
        Self { problem, is_final: true, wait: None }
    }
}

fn is_final(state: JobState) -> bool {
    match state {
        JobState::Succeeded | JobState::Failed | JobState::Cancelled => true,
        JobState::Queued | JobState::Running | JobState::Unknown => false,
    }
}
