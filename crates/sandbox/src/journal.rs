//! The record of what arrived at a simulator. Tests read it to say what an adapter really sent: which parameters, how
//! many requests, how many bytes of an upload, and that nothing was sent at all.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde::{Deserialize, Serialize};

/// How many requests are kept. A sandbox may run for weeks; the oldest entries make room.
const KEPT: usize = 10_000;

/// One request, as it arrived.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Received {
    /// Counts up from 1 over the life of the simulator.
    pub number: u64,
    /// What was asked for, such as `file/info`; `upload` for the bytes of an upload.
    pub operation: String,
    /// `GET`, `POST`, …
    pub method: String,
    /// The path as sent, such as `/v1/file/info`.
    pub path: String,
    /// The pairs of the query, decoded, in the order sent.
    pub query: Vec<(String, String)>,
    /// The pairs of an urlencoded form, decoded, or the text fields of a multipart one, in the order sent.
    pub form: Vec<(String, String)>,
    /// The headers, names in lower case, in the order sent; bytes that are not UTF-8 are replaced.
    pub headers: Vec<(String, String)>,
    /// What came as the body of an upload.
    pub upload: Option<ReceivedUpload>,
}

/// The body of an upload, as it arrived.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReceivedUpload {
    /// The multipart field's name.
    pub field: Option<String>,
    /// The file name that the part declared.
    pub file_name: Option<String>,
    /// The content type that the part declared.
    pub content_type: Option<String>,
    /// The request's Content-Length: the whole body, not the file alone.
    pub declared_length: Option<u64>,
    /// How many bytes of the file came.
    pub bytes: u64,
    /// Whether the body came to its end.
    pub complete: bool,
}

impl Received {
    /// The value of a parameter, from the form or else the query; of several, the last.
    pub fn parameter(&self, name: &str) -> Option<&str> {
        let last = |pairs: &'_ [(String, String)]| pairs.iter().rposition(|(key, _)| key == name);
        match (last(&self.form), last(&self.query)) {
            (Some(at), _) => self.form.get(at),
            (None, Some(at)) => self.query.get(at),
            (None, None) => None,
        }
        .map(|(_, value)| value.as_str())
    }

    /// The value of a header, by its name in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    fn is_of(&self, suffix: &str) -> bool {
        covers(suffix, &self.path, &self.operation)
    }
}

/// Whether a suffix, such as `file/info`, names a request: by the end of its path, at a slash, or by its operation.
pub(crate) fn covers(suffix: &str, path: &str, operation: &str) -> bool {
    let suffix = suffix.trim_start_matches('/');
    operation == suffix || path.strip_suffix(suffix).is_some_and(|before| before.is_empty() || before.ends_with('/'))
}

/// The record of what arrived. Clones share it, and any thread may read it.
#[derive(Debug, Clone, Default)]
pub struct Journal(Arc<Mutex<Records>>);

#[derive(Debug, Default)]
struct Records {
    kept: VecDeque<Received>,
    numbered: u64,
    since_cleared: usize,
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
        records.kept.push_back(received);
        if records.kept.len() > KEPT {
            records.kept.pop_front();
        }
        drop(records);
        Entry { journal: self.clone(), number }
    }

    fn records(&self) -> MutexGuard<'_, Records> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
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

    /// Changes the entry, unless it was cleared meanwhile.
    fn change(&self, change: impl FnOnce(&mut Received)) {
        let mut records = self.journal.records();
        if let Some(received) = records.kept.iter_mut().rev().find(|received| received.number == self.number) {
            change(received);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::covers;

    #[test]
    fn a_suffix_matches_whole_segments_only() {
        assert!(covers("file/info", "/v1/file/info", ""));
        assert!(covers("/info", "/v1/file/info", ""));
        assert!(covers("upload", "/ul/x", "upload"));
        assert!(!covers("file/info", "/v1/profile/info", ""));
        assert!(!covers("rename", "/v1/file/renamefolder", "file/renamefolder"));
    }
}
