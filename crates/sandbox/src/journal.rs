//! The record of what arrived at a simulator. Tests read it to say what an adapter really sent: which parameters, how
//! many requests, how many bytes of an upload, and that nothing was sent at all.

mod received;

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;

pub(crate) use received::covers;
pub use received::{Ended, Received, ReceivedUpload};

/// How many requests are kept. A sandbox may run for weeks; the oldest entries make room.
const KEPT: usize = 10_000;

/// The record of what arrived. Clones share it, and any thread may read it.
#[derive(Debug, Clone, Default)]
pub struct Journal {
    records: Arc<Mutex<Records>>,
    changed: watch::Sender<()>,
}

#[derive(Debug, Default)]
struct Records {
    kept: VecDeque<Received>,
    numbered: u64,
    since_cleared: usize,
    /// Path and operation of the requests that are under way, which clearing the journal does not end.
    open: BTreeMap<u64, (String, String)>,
}

impl Journal {
    /// Everything that arrived, oldest first: the last 10,000 requests, where there were more.
    pub fn all(&self) -> Vec<Received> {
        self.records().kept.iter().cloned().collect()
    }

    /// How many requests arrived since the start, or since the journal was cleared.
    pub fn count(&self) -> usize {
        self.records().since_cleared
    }

    /// The requests whose path ends with `path_suffix` (at a slash: `info` names `/v1/file/info`), or whose operation is
    /// that: `of("upload")` are the uploads' bytes, wherever they were sent.
    pub fn of(&self, path_suffix: &str) -> Vec<Received> {
        self.records().kept.iter().filter(|received| received.is_of(path_suffix)).cloned().collect()
    }

    /// How many requests are under way that [`of`](Self::of) would name: they have arrived, and have neither been
    /// answered to the end nor broken off.
    pub fn open(&self, path_suffix: &str) -> usize {
        let records = self.records();
        records.open.values().filter(|(path, operation)| covers(path_suffix, path, operation)).count()
    }

    /// Waits until something is so of this journal. It is looked at once now, and then whenever something has arrived,
    /// a part of a body as well, or has ended.
    pub async fn until(&self, is_so: impl Fn(&Self) -> bool) {
        let mut changed = self.changed.subscribe();
        while !is_so(self) {
            // The journal itself is one of the senders, so this cannot fail.
            let _ = changed.changed().await;
        }
    }

    /// Forgets what arrived. Numbers go on counting.
    pub fn clear(&self) {
        let mut records = self.records();
        records.kept.clear();
        records.since_cleared = 0;
    }

    /// Adds a request, and gives the handle by which its body is noted later.
    pub(crate) fn add(&self, mut received: Received) -> Entry {
        let mut records = self.records();
        records.numbered += 1;
        records.since_cleared += 1;
        received.number = records.numbered;
        let number = received.number;
        records.open.insert(number, (received.path.clone(), received.operation.clone()));
        records.kept.push_back(received);
        if records.kept.len() > KEPT {
            records.kept.pop_front();
        }
        drop(records);
        self.changed.send_replace(());
        Entry { journal: self.clone(), number }
    }

    fn records(&self) -> MutexGuard<'_, Records> {
        self.records.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The place of one request in the journal, while that request is being read.
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

    /// Notes how the request ended, the first time that somebody knows.
    pub(crate) fn end(&self, ended: Ended) {
        if self.journal.records().open.remove(&self.number).is_some() {
            self.change(|received| received.ended = Some(ended));
        }
    }

    /// Changes the entry, unless it was cleared meanwhile.
    fn change(&self, change: impl FnOnce(&mut Received)) {
        let mut records = self.journal.records();
        if let Some(received) = records.kept.iter_mut().rev().find(|received| received.number == self.number) {
            change(received);
        }
        drop(records);
        self.journal.changed.send_replace(());
    }
}
