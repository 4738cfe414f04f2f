//! An upload to a site, and the ticket with which a caller uploads directly to the site.

use std::fmt;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::stream::{BoxStream, Stream, StreamExt as _};
use jiff::Timestamp;
use serde::Serialize;
use url::Url;
use utoipa::ToSchema;

use crate::{EntryName, FolderId, Sha1Digest, UploadReport};

/// A stream of bytes, in pieces as they arrive.
pub type ByteStream = BoxStream<'static, io::Result<Bytes>>;

/// A file to upload to a site.
#[derive(Debug)]
pub struct Upload {
    /// The file's name.
    pub name: EntryName,
    /// The folder that receives the file.
    pub folder: FolderId,
    /// The media type, where the caller declared one.
    pub content_type: Option<String>,
    /// The digest that the file must have, where the caller declared one.
    pub sha1: Option<Sha1Digest>,
    /// The file's bytes.
    pub body: UploadBody,
    /// The observations that the adapter and the connection make during the upload.
    pub report: UploadReport,
}

/// A stream of bytes with its length.
pub struct SizedStream {
    /// The number of bytes in the stream; the maximum number if `spare` is above 0.
    pub length: u64,
    /// The number of bytes by which the stream may be shorter than `length`. It is above 0 only for the file in a
    /// caller's form: the file ends where the form's last line begins, and the length of that line is known only at the
    /// end.
    pub spare: u64,
    /// The bytes.
    pub stream: ByteStream,
}

/// The source of an upload's bytes. Clones share the same bytes.
#[derive(Clone)]
pub enum UploadBody {
    /// The bytes can be read only once.
    Once(Flowing),
    /// The bytes can be read again.
    Replayable(Arc<dyn ByteSource>),
}

/// Bytes that can be read more than once.
#[async_trait]
pub trait ByteSource: Send + Sync {
    /// Returns the bytes from the beginning. The first call may wait until all of them have arrived.
    async fn open(&self) -> io::Result<SizedStream>;
}

/// Bytes that can be read only once. They can be opened again until the first byte has been read.
#[derive(Clone)]
pub struct Flowing {
    length: u64,
    spare: u64,
    source: Arc<Mutex<Source>>,
}

struct Source {
    stream: ByteStream,
    /// The number of times that the stream was opened. Only the reader that opened it last may read from it.
    opened: u64,
    has_been_read: bool,
}

impl UploadBody {
    /// Returns a body of `length` bytes that can be read only once.
    #[must_use]
    pub fn once(length: u64, stream: ByteStream) -> Self {
        Self::once_within(length, 0, stream)
    }

    /// Returns a body of `most` bytes, or up to `spare` fewer, that can be read only once.
    #[must_use]
    pub fn once_within(most: u64, spare: u64, stream: ByteStream) -> Self {
        let source = Arc::new(Mutex::new(Source { stream, opened: 0, has_been_read: false }));
        Self::Once(Flowing { length: most, spare, source })
    }

    /// Returns the bytes from the beginning.
    ///
    /// # Errors
    /// The source's error where it cannot be opened; `NotSeekable` for a body that can be read only once and was read.
    pub async fn open(&self) -> io::Result<SizedStream> {
        match self {
            Self::Once(flowing) => flowing.open(),
            Self::Replayable(source) => source.open().await,
        }
    }

    /// Returns whether the bytes can still be read from the beginning.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        match self {
            Self::Once(flowing) => !flowing.source().has_been_read,
            Self::Replayable(_) => true,
        }
    }
}

impl Flowing {
    fn open(&self) -> io::Result<SizedStream> {
        let mut source = self.source();
        if source.has_been_read {
            return Err(io::Error::new(io::ErrorKind::NotSeekable, "part of the bytes has already been read"));
        }
        source.opened += 1;
        let reader = Reader { source: Arc::clone(&self.source), opening: source.opened };
        Ok(SizedStream { length: self.length, spare: self.spare, stream: reader.boxed() })
    }

    fn source(&self) -> MutexGuard<'_, Source> {
        self.source.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The stream for one reader. It fails once another reader has opened the source.
struct Reader {
    source: Arc<Mutex<Source>>,
    /// The value of [`Source::opened`] when this reader opened the source.
    opening: u64,
}

impl Stream for Reader {
    type Item = io::Result<Bytes>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let mut source = self.source.lock().unwrap_or_else(PoisonError::into_inner);
        if source.opened != self.opening {
            return Poll::Ready(Some(Err(io::Error::other("the bytes have been opened again by another reader"))));
        }
        let next = source.stream.as_mut().poll_next(context);
        source.has_been_read |= next.is_ready();
        next
    }
}

impl fmt::Debug for UploadTicket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UploadTicket").field("expires_at", &self.expires_at).finish_non_exhaustive()
    }
}

impl fmt::Debug for UploadBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Once(_) => "Once",
            Self::Replayable(_) => "Replayable",
        })
    }
}

/// A request for an upload ticket.
#[derive(Debug, Clone)]
pub struct TicketRequest {
    /// The folder that receives the file.
    pub folder: FolderId,
    /// The digest that the site must verify.
    pub sha1: Option<Sha1Digest>,
    /// The protocol for the bytes.
    pub transport: TicketTransport,
}

/// The protocol for the bytes sent with a ticket.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum TicketTransport {
    /// The site's default, which is HTTPS.
    #[default]
    SiteDefault,
    /// Plain HTTP.
    PlainHttp,
}

/// An address to which a client uploads the bytes of one file directly, without Polyhost. It is a secret, because
/// anyone with the address can use it.
#[derive(Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({
    "url": "https://1n8rg48c.example.com/ul/fCgaPthr_ys", "method": "POST", "file_field": "file1",
    "expires_at": "2018-01-09T13:02:00Z"
}))]
pub struct UploadTicket {
    /// The address that receives the bytes.
    pub url: Url,
    /// The HTTP method to use.
    pub method: &'static str,
    /// The name of the form field for the file, in a `multipart/form-data` body.
    pub file_field: String,
    /// The time at which the address expires.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub expires_at: Option<Timestamp>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::{FutureExt as _, stream};

    #[test]
    fn body_can_be_opened_again_until_its_first_byte_is_read() {
        let pieces = [Ok(Bytes::from_static(b"a")), Ok(Bytes::from_static(b"b"))];
        let body = UploadBody::once(2, stream::iter(pieces).boxed());
        let open = || body.open().now_or_never().unwrap();
        let next = |opened: &mut SizedStream| opened.stream.next().now_or_never().unwrap();

        let mut first = open().unwrap();
        assert!(body.is_whole());
        let mut second = open().unwrap();
        assert!(next(&mut first).unwrap().is_err(), "only the reader that opened the body last may read");
        assert_eq!(next(&mut second).unwrap().unwrap(), "a");
        assert!(!body.is_whole());
        assert_eq!(open().err().unwrap().kind(), io::ErrorKind::NotSeekable);
        assert_eq!(next(&mut second).unwrap().unwrap(), "b");
    }
}
