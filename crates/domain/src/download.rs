//! A file on its way back from a site.

use std::fmt;
use std::time::Duration;

use jiff::Timestamp;
use url::Url;

use crate::{ByteStream, FileId, HeaderFields, ShortCode};

/// What names a file that is to be downloaded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FileRef {
    /// Its id.
    Id(FileId),
    /// The short code of its public address.
    ShortCode(ShortCode),
}

/// The answer to a wish for a link.
#[derive(Debug, Clone)]
pub enum LinkAnswer {
    /// The link.
    Ready(Link),
    /// The site wants the caller to wait before it gives one.
    NotReady {
        /// How long.
        after: Duration,
    },
}

/// An address that gives a file's bytes.
#[derive(Clone)]
pub struct Link {
    /// The address. Whoever has it has the file.
    pub url: Url,
    /// The file's id, where the answer tells it.
    pub file_id: Option<FileId>,
    /// The file's name, where the answer tells it.
    pub name: Option<String>,
    /// Until when the link works.
    pub expires_at: Option<Timestamp>,
    /// Header fields that must be sent along.
    pub headers: HeaderFields,
}

impl fmt::Debug for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Link").field("file_id", &self.file_id).field("expires_at", &self.expires_at).finish()
    }
}

/// A range of bytes: from the first to the last, both counted from 0 and included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ByteRange {
    /// From a byte to another, or to the end.
    From(u64, Option<u64>),
    /// The last so many bytes.
    Last(u64),
}

/// The part of a file that is answered: first and last byte, both counted from 0 and included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ContentRange {
    /// The first byte.
    pub first: u64,
    /// The last byte.
    pub last: u64,
    /// The size of the whole file, where the site says.
    pub size: Option<u64>,
}

/// A file's bytes as they arrive.
pub struct Download {
    /// The bytes: exactly `length`, or an error where they end early.
    pub stream: ByteStream,
    /// How many there are, where the site says.
    pub length: Option<u64>,
    /// The part of the file that they are; `None`: all of it.
    pub range: Option<ContentRange>,
    /// The media type, where the site says.
    pub content_type: Option<String>,
}

impl fmt::Debug for Download {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Download").field("length", &self.length).field("range", &self.range).finish_non_exhaustive()
    }
}
