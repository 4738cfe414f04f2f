//! What can be watched.

use polyhost_domain::{FileId, RemoteUploadId};

use crate::accounts::Account;
use crate::problem::{Code, Problem};

/// Something that can be watched. Their order is the one in which a stream tells of them at its beginning.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Subject {
    /// A remote upload.
    RemoteUpload(RemoteUploadId),
    /// The conversions of a file.
    Conversions(FileId),
}

impl Subject {
    /// What the events about it are called.
    #[must_use]
    pub fn event(&self) -> &'static str {
        match self {
            Self::RemoteUpload(_) => "remote_upload.updated",
            Self::Conversions(_) => "conversion.updated",
        }
    }

    /// Its id at the site.
    #[must_use]
    pub fn id(&self) -> &str {
        match self {
            Self::RemoteUpload(id) => id.as_str(),
            Self::Conversions(file) => file.as_str(),
        }
    }

    /// The answer where the site does not know it.
    pub(super) fn missing(&self, account: &Account) -> Problem {
        match self {
            Self::RemoteUpload(id) => account.nothing_has(Code::RemoteUploadNotFound, "remote upload", id.as_str()),
            Self::Conversions(file) => account.nothing_has(Code::FileNotFound, "file", file.as_str()),
        }
    }
}
