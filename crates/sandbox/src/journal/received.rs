//! One request in the journal.

use serde::{Deserialize, Serialize};

/// One request, as it arrived.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Received {
    /// The number of the request, counted from 1 over the life of the simulator.
    pub number: u64,
    /// The operation, such as `file/info`, or `upload` for the bytes of an upload.
    pub operation: String,
    /// `GET`, `POST`, …
    pub method: String,
    /// The path as sent, such as `/v1/file/info`.
    pub path: String,
    /// The pairs of the query, decoded, in the order sent.
    pub query: Vec<(String, String)>,
    /// The pairs of an urlencoded form, decoded, or the text fields of a multipart one, in the order sent.
    pub form: Vec<(String, String)>,
    /// The headers in the order sent, with names in lower case. Bytes that are not UTF-8 are replaced.
    pub headers: Vec<(String, String)>,
    /// The body of an upload.
    pub upload: Option<ReceivedUpload>,
    /// The end of the request, or `None` while it is in progress.
    pub ended: Option<Ended>,
}

/// The end of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ended {
    /// The answer was sent completely.
    Answered,
    /// The request's body was incomplete, or the connection ended before the answer was sent.
    BrokenOff,
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
    /// The number of bytes of the file that arrived.
    pub bytes: u64,
    /// Whether the whole body arrived.
    pub complete: bool,
}

impl Received {
    /// Returns the value of a parameter, from the form or else from the query. If it was sent several times, the last
    /// value counts.
    pub fn parameter(&self, name: &str) -> Option<&str> {
        let last = |pairs: &'_ [(String, String)]| pairs.iter().rposition(|(key, _)| key == name);
        match (last(&self.form), last(&self.query)) {
            (Some(at), _) => self.form.get(at),
            (None, Some(at)) => self.query.get(at),
            (None, None) => None,
        }
        .map(|(_, value)| value.as_str())
    }

    /// Returns the value of a header, by its name in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    pub(super) fn is_of(&self, suffix: &str) -> bool {
        covers(suffix, &self.path, &self.operation)
    }
}

/// Returns whether a suffix such as `file/info` matches a request: it must equal the last segments of the path, or the
/// operation.
pub(crate) fn covers(suffix: &str, path: &str, operation: &str) -> bool {
    let suffix = suffix.trim_start_matches('/');
    operation == suffix || path.strip_suffix(suffix).is_some_and(|before| before.is_empty() || before.ends_with('/'))
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
