//! The record of the requests that a simulator received. Tests use it to check the requests of an adapter: their
//! number, their parameters, and the bytes of an upload.

mod received;

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;

pub(crate) use received::covers;
pub use received::{Ended, Received, ReceivedUpload};

/// The maximum number of requests in the journal. A sandbox may run for weeks, so the oldest entries are dropped.
const CAPACITY: usize = 10_000;

/// The record of the requests that a simulator received. Clones share it, and any thread may read it.
#[derive(Debug, Clone, Default)]
pub struct Journal {
    records: Arc<Mutex<Records>>,
    changed: watch::Sender<()>,
}

#[derive(Debug, Default)]
struct Records {
    received: VecDeque<Received>,
    last_number: u64,
    since_cleared: usize,
    /// Path and operation of the requests in progress. Clearing the journal does not remove them.
    open: BTreeMap<u64, (String, String)>,
}

impl Journal {
    /// Returns the requests, oldest first. If there were more than 10,000, returns the last 10,000.
    pub fn all(&self) -> Vec<Received> {
        self.records().received.iter().cloned().collect()
    }

    /// Returns the number of requests that arrived since the start, or since the journal was cleared.
    pub fn count(&self) -> usize {
        self.records().since_cleared
    }

    /// Returns the requests whose path ends with `path_suffix` after a slash, or whose operation is `path_suffix`.
    /// `info` matches `/v1/file/info`; `upload` matches the requests with an upload's bytes, on any path.
    pub fn of(&self, path_suffix: &str) -> Vec<Received> {
        self.records().received.iter().filter(|received| received.is_of(path_suffix)).cloned().collect()
    }

    /// Returns the number of requests in progress that match `path_suffix` as in [`of`](Self::of). Such a request has
    /// arrived, but has not been answered completely and has not been aborted.
    pub fn open(&self, path_suffix: &str) -> usize {
        let records = self.records();
        records.open.values().filter(|(path, operation)| covers(path_suffix, path, operation)).count()
    }

    /// Waits until a condition on this journal holds. It is evaluated immediately, and again after each change: a
    /// request arrives, a part of its body arrives, or a request ends.
    pub async fn until(&self, condition: impl Fn(&Self) -> bool) {
        let mut changed = self.changed.subscribe();
        while !condition(self) {
            // The journal itself holds a sender, so this cannot fail.
            let _ = changed.changed().await;
        }
    }

    /// Removes the recorded requests. The numbering continues.
    pub fn clear(&self) {
        let mut records = self.records();
        records.received.clear();
        records.since_cleared = 0;
    }

    /// Adds a request, and returns the handle that records its body later.
    pub(crate) fn add(&self, mut received: Received) -> Entry {
        let mut records = self.records();
        records.last_number += 1;
        records.since_cleared += 1;
        received.number = records.last_number;
        let number = received.number;
        records.open.insert(number, (received.path.clone(), received.operation.clone()));
        records.received.push_back(received);
        if records.received.len() > CAPACITY {
            records.received.pop_front();
        }
        drop(records);
        self.changed.send_replace(());
        Entry { journal: self.clone(), number }
    }

    fn records(&self) -> MutexGuard<'_, Records> {
        self.records.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A handle to the journal's entry of a request, for recording its body and its end.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    journal: Journal,
    number: u64,
}

impl Entry {
    pub(crate) fn note_form(&self, form: &[(String, String)]) {
        self.change(|received| received.form = form.to_vec());
    }

    pub(crate) fn note_field(&self, name: &str, value: &str) {
        self.change(|received| received.form.push((name.to_owned(), value.to_owned())));
    }

    pub(crate) fn note_upload(&self, upload: ReceivedUpload) {
        self.change(|received| received.upload = Some(upload));
    }

    pub(crate) fn change_upload(&self, change: impl FnOnce(&mut ReceivedUpload)) {
        self.change(|received| change(received.upload.get_or_insert_default()));
    }

    /// Records the end of the request. Only the first call has an effect.
    pub(crate) fn end(&self, ended: Ended) {
        if self.journal.records().open.remove(&self.number).is_some() {
            self.change(|received| received.ended = Some(ended));
        }
    }

    /// Changes the entry, unless it was removed in the meantime.
    fn change(&self, change: impl FnOnce(&mut Received)) {
        let mut records = self.journal.records();
        if let Some(received) = records.received.iter_mut().rev().find(|received| received.number == self.number) {
            change(received);
        }
        drop(records);
        self.journal.changed.send_replace(());
    }
}
