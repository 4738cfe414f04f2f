//! The download of a file from a site: the link, the range and the bytes.

use std::fmt;
use std::time::Duration;

use jiff::Timestamp;
use url::Url;

use crate::{ByteStream, FileId, HeaderFields, ShortCode};

/// A reference to the file to download.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FileRef {
    /// The file's id.
    Id(FileId),
    /// The short code of its public address.
    ShortCode(ShortCode),
}

/// A site's answer to a request for a link.
#[derive(Debug, Clone)]
pub enum LinkAnswer {
    /// The link.
    Ready(Link),
    /// The site gives a link only after a wait.
    NotReady {
        /// The wait before the next request.
        after: Duration,
    },
}

/// An address from which a file's bytes can be downloaded.
#[derive(Clone)]
pub struct Link {
    /// The address. It is a secret, because anyone with it can download the file.
    pub url: Url,
    /// The file's id, where the site's answer contains it.
    pub file_id: Option<FileId>,
    /// The file's name, where the site's answer contains it.
    pub name: Option<String>,
    /// The time at which the link expires.
    pub expires_at: Option<Timestamp>,
    /// Header fields that the download request must contain.
    pub headers: HeaderFields,
}

impl fmt::Debug for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Link").field("file_id", &self.file_id).field("expires_at", &self.expires_at).finish()
    }
}

/// A range of bytes to download. Positions are counted from 0, and the last byte is included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ByteRange {
    /// From the first byte to the last one, or to the end of the file.
    From(u64, Option<u64>),
    /// This many bytes at the end of the file.
    Last(u64),
}

/// The part of a file that the site sends. Positions are counted from 0, and the last byte is included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ContentRange {
    /// The first byte.
    pub first: u64,
    /// The last byte.
    pub last: u64,
    /// The size of the whole file, where the site reports it.
    pub size: Option<u64>,
}

/// A file's bytes, streamed as they arrive.
pub struct Download {
    /// The bytes. The stream has exactly `length` bytes, or ends with an error.
    pub stream: ByteStream,
    /// The number of bytes in the stream, where the site reports it.
    pub length: Option<u64>,
    /// The part of the file that the stream contains; `None` for the whole file.
    pub range: Option<ContentRange>,
    /// The media type, where the site reports it.
    pub content_type: Option<String>,
}

impl fmt::Debug for Download {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Download").field("length", &self.length).field("range", &self.range).finish_non_exhaustive()
    }
}
