//! The subjects that a stream of events can watch.

use polyhost_domain::{FileId, RemoteUploadId};

use crate::accounts::Account;
use crate::problem::{Code, Problem};

/// A subject that a stream can watch. A stream begins with the states of its subjects in this order.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Subject {
    /// A remote upload.
    RemoteUpload(RemoteUploadId),
    /// The conversions of a file.
    Conversions(FileId),
}

impl Subject {
    /// Returns the name of its events.
    #[must_use]
    pub fn event(&self) -> &'static str {
        match self {
            Self::RemoteUpload(_) => "remote_upload.updated",
            Self::Conversions(_) => "conversion.updated",
        }
    }

    /// Returns its id at the site.
    #[must_use]
    pub fn id(&self) -> &str {
        match self {
            Self::RemoteUpload(id) => id.as_str(),
            Self::Conversions(file) => file.as_str(),
        }
    }

    /// Returns the problem for a subject that does not exist at the site.
    pub(super) fn missing(&self, account: &Account) -> Problem {
        match self {
            Self::RemoteUpload(id) => account.nothing_has(Code::RemoteUploadNotFound, "remote upload", id.as_str()),
            Self::Conversions(file) => account.nothing_has(Code::FileNotFound, "file", file.as_str()),
        }
    }
}
