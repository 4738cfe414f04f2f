//! The rows of the store: folders, files, upload URLs, remote uploads and conversions.

use jiff::Timestamp;

use crate::content::{self, Content};
use crate::progress::Schedule;

#[derive(Debug, Clone)]
pub(crate) struct Folder {
    pub(crate) parent: u64,
    pub(crate) name: String,
}

#[derive(Debug, Clone)]
pub(crate) struct File {
    pub(crate) id: String,
    /// The creation order, by which listings are sorted.
    pub(crate) number: u64,
    pub(crate) name: String,
    pub(crate) folder: u64,
    pub(crate) content: Content,
    pub(crate) size: u64,
    pub(crate) sha1: String,
    pub(crate) content_type: String,
    pub(crate) uploaded_at: Timestamp,
    pub(crate) condition: Condition,
    pub(crate) suspended: bool,
    /// Whether the file belongs to this account.
    pub(crate) own: bool,
    /// The newest conversion.
    pub(crate) conversion: Option<u64>,
    /// The number of further listings that omit the file.
    pub(crate) unlisted_for: u32,
}

/// The condition that a file's own `status` in `file/info` reports.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Condition {
    /// 200.
    Sound,
    /// 500: the file exists, but its size is unknown.
    Broken,
    /// 451: taken down for legal reasons.
    Blocked,
}

/// The site's message for the address of a remote upload that it does not try to fetch.
pub(crate) const INVALID_URL: &str = "Invalid URL";

/// A URL to which one file may be uploaded.
#[derive(Debug, Clone)]
pub(crate) struct Ticket {
    pub(crate) folder: u64,
    pub(crate) sha1: Option<String>,
    pub(crate) valid_until: Timestamp,
}

#[derive(Debug, Clone)]
pub(crate) struct RemoteUpload {
    pub(crate) url: String,
    pub(crate) folder: u64,
    pub(crate) headers: Vec<String>,
    pub(crate) schedule: Schedule,
    /// The error at the end of its schedule, or `None` if it succeeds.
    pub(crate) error: Option<String>,
    /// The file that it created.
    pub(crate) file: Option<String>,
}

#[derive(Debug, Clone)]
pub(crate) struct Conversion {
    pub(crate) file: String,
    pub(crate) schedule: Schedule,
    pub(crate) fails: bool,
    pub(crate) retries: u32,
}

/// A file to store, before it has an id.
#[derive(Debug)]
pub(crate) struct NewFile {
    pub(crate) name: String,
    pub(crate) folder: u64,
    pub(crate) content: Content,
    pub(crate) size: u64,
    pub(crate) sha1: String,
    pub(crate) content_type: String,
    pub(crate) uploaded_at: Timestamp,
}

/// The number of objects of each kind.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// All folders, without the root.
    pub folders: usize,
    /// All files, including those of other accounts.
    pub files: usize,
    /// All remote uploads, in any state.
    pub remote_uploads: usize,
    /// The conversions of all files that still exist.
    pub conversions: usize,
    /// The upload URLs that were issued but not used.
    pub upload_urls: usize,
}

impl NewFile {
    /// Creates a file with these bytes.
    pub(crate) fn of_bytes(folder: u64, name: &str, bytes: &[u8], uploaded_at: Timestamp) -> Self {
        Self {
            name: name.to_owned(),
            folder,
            size: bytes.len() as u64,
            sha1: content::sha1_of(bytes),
            content_type: content::type_by_name(name).to_owned(),
            content: Content::Memory(bytes.into()),
            uploaded_at,
        }
    }
}
