//! The rows of the store: folders, files, upload sessions, URL uploads and encodings.

use jiff::Timestamp;

use crate::content::Content;
use crate::progress::Schedule;

/// The owner of an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Owner {
    /// The account of the simulator.
    Account,
    /// Another user.
    Other,
    /// No user: an upload without a valid session.
    Anonymous,
}

#[derive(Debug, Clone)]
pub(crate) struct Folder {
    pub(crate) parent: u64,
    /// The name as stored.
    pub(crate) name: String,
    pub(crate) owner: Owner,
}

#[derive(Debug, Clone)]
pub(crate) struct File {
    pub(crate) code: String,
    /// The creation order.
    pub(crate) number: u64,
    /// The name as stored.
    pub(crate) name: String,
    pub(crate) folder: u64,
    pub(crate) content: Content,
    pub(crate) size: u64,
    pub(crate) content_type: String,
    pub(crate) uploaded: Timestamp,
    pub(crate) owner: Owner,
    pub(crate) tags: String,
    pub(crate) category: String,
    pub(crate) is_public: bool,
    pub(crate) is_adult: bool,
    pub(crate) is_premium: bool,
    pub(crate) views: u64,
    /// Whether the file is taken down for legal reasons: its own status is 451.
    pub(crate) blocked: bool,
    /// The number of further listings that omit the file.
    pub(crate) unlisted_for: u32,
}

impl File {
    pub(crate) fn is_video(&self) -> bool {
        self.content_type.starts_with("video/")
    }

    /// Returns whether browsers can play the original.
    pub(crate) fn is_playable(&self) -> bool {
        self.content_type == "video/mp4"
    }

    pub(crate) fn is_own(&self) -> bool {
        self.owner == Owner::Account
    }
}

/// A file to store, before it has a code.
#[derive(Debug)]
pub(crate) struct NewFile {
    /// The name as stored.
    pub(crate) name: String,
    pub(crate) folder: u64,
    pub(crate) content: Content,
    pub(crate) size: u64,
    pub(crate) content_type: String,
    pub(crate) uploaded: Timestamp,
    pub(crate) owner: Owner,
}

impl NewFile {
    /// Creates a file of the account with these bytes.
    pub(crate) fn of_bytes(folder: u64, name: String, content_type: &str, bytes: &[u8], uploaded: Timestamp) -> Self {
        Self {
            name,
            folder,
            content: Content::Memory(bytes.into()),
            size: bytes.len() as u64,
            content_type: content_type.to_owned(),
            uploaded,
            owner: Owner::Account,
        }
    }
}

/// A session in which files may be uploaded.
#[derive(Debug, Clone)]
pub(crate) struct Session {
    pub(crate) issued: Timestamp,
    pub(crate) uses: u32,
}

/// A file that the site fetches from a URL. Its code is the future file's.
#[derive(Debug, Clone)]
pub(crate) struct UrlUpload {
    pub(crate) number: u64,
    pub(crate) code: String,
    /// The address as the site stored it.
    pub(crate) url: String,
    /// The name of the future file, as stored, if the call set one.
    pub(crate) title: Option<String>,
    pub(crate) folder: u64,
    pub(crate) owner: Owner,
    pub(crate) schedule: Schedule,
    /// The error at the end of its schedule.
    pub(crate) error: Option<String>,
    /// Whether it stops in the middle.
    pub(crate) stalls: bool,
    /// Whether the file was made.
    pub(crate) finished: bool,
}

/// The conversion of a video to quality `h`.
#[derive(Debug, Clone)]
pub(crate) struct Encoding {
    pub(crate) file: String,
    pub(crate) schedule: Schedule,
    pub(crate) error: Option<String>,
    pub(crate) stalls: bool,
}

/// A file that was deleted.
#[derive(Debug, Clone)]
pub(crate) struct Deleted {
    pub(crate) code: String,
    pub(crate) name: String,
    pub(crate) time: Timestamp,
}

/// The number of objects of each kind.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// The account's folders, without the root.
    pub folders: usize,
    /// The account's files.
    pub files: usize,
    /// The files without an owner.
    pub anonymous_files: usize,
    /// The account's URL uploads in the queue, in any state.
    pub remote_uploads: usize,
    /// The encodings in the queue, in any state.
    pub encodings: usize,
    /// The upload sessions that are open.
    pub sessions: usize,
}
