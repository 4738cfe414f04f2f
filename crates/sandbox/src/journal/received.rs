//! One request, in the record of what arrived.

use serde::{Deserialize, Serialize};

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
    /// How it ended; none while it is under way.
    pub ended: Option<Ended>,
}

/// How a request ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ended {
    /// With an answer that was given whole.
    Answered,
    /// Before that: its body did not come to its end, or the connection was gone before the answer was.
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

    pub(super) fn is_of(&self, suffix: &str) -> bool {
        covers(suffix, &self.path, &self.operation)
    }
}

/// Whether a suffix, such as `file/info`, names a request: by the end of its path, at a slash, or by its operation.
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
