//! What is known of a subject: the objects that callers are shown, and what stands in the way of newer ones.

use std::sync::Arc;
use std::time::Duration;

use polyhost_domain::{Conversion, Error, JobState, RemoteUpload};
use serde::Serialize;
use sha2::{Digest as _, Sha256};

use crate::problem::Problem;

/// A digest of what matters in an object.
pub(super) type Mark = [u8; 32];

/// What is known of a subject at present. Neither a state nor a trouble: the site has not been asked yet.
#[derive(Debug, Clone, Default)]
pub(super) struct Standing {
    /// As the site has last told it.
    pub(super) state: Option<Arc<State>>,
    /// Why it cannot be told anew.
    pub(super) trouble: Option<Arc<Trouble>>,
}

/// A subject, as the site tells it.
#[derive(Debug, Default)]
pub(super) struct State {
    /// The objects, by their ids: one remote upload, or each conversion of a file.
    pub(super) items: Vec<Item>,
    /// Whether nothing more will happen to any of them.
    pub(super) is_final: bool,
}

/// One object.
#[derive(Debug)]
pub(super) struct Item {
    /// Its id at the site.
    pub(super) id: Box<str>,
    /// The object as the other endpoints give it: one line of JSON.
    pub(super) json: Arc<str>,
    /// Differs where callers are to be told.
    pub(super) mark: Mark,
}

/// Why a subject cannot be asked for.
#[derive(Debug)]
pub(super) struct Trouble {
    /// What callers are told.
    pub(super) problem: Problem,
    /// Whether asking again is of no use.
    pub(super) is_final: bool,
    /// How long the site wants to be left alone.
    pub(super) wait: Option<Duration>,
}

impl State {
    pub(super) fn of_remote_upload(upload: &RemoteUpload) -> serde_json::Result<Self> {
        let without_time = RemoteUpload { updated_at: None, ..upload.clone() };
        let item = Item::new(upload.id.as_str(), upload, &without_time)?;
        Ok(Self { items: vec![item], is_final: is_final(upload.state) })
    }

    /// Of a file without conversions nothing is told, and some may yet come.
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

    /// Whether callers who were told of the one need not be told of the other.
    pub(super) fn is_like(&self, other: &Self) -> bool {
        self.items.len() == other.items.len()
            && self.items.iter().zip(&other.items).all(|(one, other)| one.id == other.id && one.mark == other.mark)
    }
}

impl Item {
    /// `significant` is the object without the time of its last change. Some sites move that with every question, and
    /// nothing can be done with an event that says no more.
    fn new<T: Serialize>(id: &str, object: &T, significant: &T) -> serde_json::Result<Self> {
        let json = serde_json::to_string(object)?;
        let mark = Sha256::digest(serde_json::to_vec(significant)?).into();
        Ok(Self { id: id.into(), json: json.into(), mark })
    }
}

impl From<Error> for Trouble {
    fn from(error: Error) -> Self {
        Self { is_final: !error.is_retryable(), wait: error.retry_after(), problem: error.into() }
    }
}

impl From<Problem> for Trouble {
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
