//! An upload on its way to a site, and a ticket that lets a caller go there directly.

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

/// Bytes as they arrive.
pub type ByteStream = BoxStream<'static, io::Result<Bytes>>;

/// A file on its way to a site.
#[derive(Debug)]
pub struct Upload {
    /// The file's name.
    pub name: EntryName,
    /// The folder that is to hold it.
    pub folder: FolderId,
    /// The media type, where the caller told one.
    pub content_type: Option<String>,
    /// The digest that the file must have, where the caller told one.
    pub sha1: Option<Sha1Digest>,
    /// The bytes.
    pub body: UploadBody,
    /// What is observed of the upload while it runs.
    pub report: UploadReport,
}

/// Bytes, and how many they will be.
pub struct SizedStream {
    /// The number of bytes that the stream gives, or the most if `spare` is above 0.
    pub length: u64,
    /// How many bytes fewer the stream may give. It is above 0 only for the file in a caller's form, which ends where
    /// the form's last line begins; how long that line is shows at the end.
    pub spare: u64,
    /// The bytes.
    pub stream: ByteStream,
}

/// Where the bytes of an upload come from. Clones are the same bytes.
#[derive(Clone)]
pub enum UploadBody {
    /// They flow by once.
    Once(Flowing),
    /// They can be read again.
    Replayable(Arc<dyn ByteSource>),
}

/// Bytes that can be read more than once.
#[async_trait]
pub trait ByteSource: Send + Sync {
    /// The bytes from their beginning. The first call may have to wait until all of them are there.
    async fn open(&self) -> io::Result<SizedStream>;
}

/// Bytes that flow by once. Until the first of them has been taken, they can be opened again.
#[derive(Clone)]
pub struct Flowing {
    length: u64,
    spare: u64,
    slot: Arc<Mutex<Slot>>,
}

struct Slot {
    stream: ByteStream,
    /// How often it was opened: only who came last may take from it.
    opened: u64,
    touched: bool,
}

impl UploadBody {
    /// Bytes that flow by once, `length` of them.
    #[must_use]
    pub fn once(length: u64, stream: ByteStream) -> Self {
        Self::once_within(length, 0, stream)
    }

    /// Bytes that flow by once: `most` of them, or up to `spare` fewer.
    #[must_use]
    pub fn once_within(most: u64, spare: u64, stream: ByteStream) -> Self {
        let slot = Arc::new(Mutex::new(Slot { stream, opened: 0, touched: false }));
        Self::Once(Flowing { length: most, spare, slot })
    }

    /// The bytes from their beginning.
    ///
    /// # Errors
    /// The source's own, where it cannot be opened; `NotSeekable` where the bytes have begun to flow by.
    pub async fn open(&self) -> io::Result<SizedStream> {
        match self {
            Self::Once(flowing) => flowing.open(),
            Self::Replayable(source) => source.open().await,
        }
    }

    /// Whether the bytes can still be had from their beginning.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        match self {
            Self::Once(flowing) => !flowing.slot().touched,
            Self::Replayable(_) => true,
        }
    }
}

impl Flowing {
    fn open(&self) -> io::Result<SizedStream> {
        let mut slot = self.slot();
        if slot.touched {
            return Err(io::Error::new(io::ErrorKind::NotSeekable, "the bytes have begun to flow by"));
        }
        slot.opened += 1;
        let lent = Lent { slot: Arc::clone(&self.slot), turn: slot.opened };
        Ok(SizedStream { length: self.length, spare: self.spare, stream: lent.boxed() })
    }

    fn slot(&self) -> MutexGuard<'_, Slot> {
        self.slot.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The bytes, for one who has opened them.
struct Lent {
    slot: Arc<Mutex<Slot>>,
    turn: u64,
}

impl Stream for Lent {
    type Item = io::Result<Bytes>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let mut slot = self.slot.lock().unwrap_or_else(PoisonError::into_inner);
        if slot.opened != self.turn {
            return Poll::Ready(Some(Err(io::Error::other("somebody else has begun anew"))));
        }
        let next = slot.stream.as_mut().poll_next(context);
        slot.touched |= next.is_ready();
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

/// What a ticket is asked for.
#[derive(Debug, Clone)]
pub struct TicketRequest {
    /// The folder that is to hold the file.
    pub folder: FolderId,
    /// The digest that the site shall insist on.
    pub sha1: Option<Sha1Digest>,
    /// How the bytes shall travel.
    pub transport: TicketTransport,
}

/// How the bytes sent with a ticket travel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum TicketTransport {
    /// As the site prefers: encrypted.
    #[default]
    SiteDefault,
    /// Over plain HTTP.
    PlainHttp,
}

/// An address that takes the bytes of one file directly, without Polyhost. Whoever has it may use it, so it is never
/// printed.
#[derive(Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({
    "url": "https://1n8rg48c.example.com/ul/fCgaPthr_ys", "method": "POST", "file_field": "file1",
    "expires_at": "2018-01-09T13:02:00Z"
}))]
pub struct UploadTicket {
    /// Where the bytes go.
    pub url: Url,
    /// The HTTP method to use.
    pub method: &'static str,
    /// The name of the form field that holds the file, in a `multipart/form-data` body.
    pub file_field: String,
    /// Until when the address works.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub expires_at: Option<Timestamp>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::{FutureExt as _, stream};

    #[test]
    fn bytes_that_flow_by_can_be_opened_again_until_the_first_is_taken() {
        let pieces = [Ok(Bytes::from_static(b"a")), Ok(Bytes::from_static(b"b"))];
        let body = UploadBody::once(2, stream::iter(pieces).boxed());
        let open = || body.open().now_or_never().unwrap();
        let next = |opened: &mut SizedStream| opened.stream.next().now_or_never().unwrap();

        let mut first = open().unwrap();
        assert!(body.is_whole());
        let mut second = open().unwrap();
        assert!(next(&mut first).unwrap().is_err(), "only who came last may take");
        assert_eq!(next(&mut second).unwrap().unwrap(), "a");
        assert!(!body.is_whole());
        assert_eq!(open().err().unwrap().kind(), io::ErrorKind::NotSeekable);
        assert_eq!(next(&mut second).unwrap().unwrap(), "b");
    }
}
