//! An upload on its way to a site, and a ticket that lets a caller go there directly.

use std::fmt;
use std::io;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::stream::BoxStream;
use jiff::Timestamp;
use serde::Serialize;
use url::Url;
use utoipa::ToSchema;

use crate::{EntryName, FolderId, Sha1Digest};

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
    /// The exact number of bytes that the body gives.
    pub length: u64,
    /// The digest that the file must have, where the caller told one.
    pub sha1: Option<Sha1Digest>,
    /// The bytes.
    pub body: UploadBody,
}

/// Where the bytes of an upload come from.
pub enum UploadBody {
    /// They flow by once.
    Once(ByteStream),
    /// They can be read again.
    Replayable(Arc<dyn ByteSource>),
}

/// Bytes that can be read more than once.
#[async_trait]
pub trait ByteSource: Send + Sync {
    /// The bytes from their beginning.
    async fn open(&self) -> io::Result<ByteStream>;
}

impl UploadBody {
    /// The bytes, and, where they can be read again, the way to do so.
    ///
    /// # Errors
    /// The source's own, where it cannot be opened.
    pub async fn open(self) -> io::Result<(ByteStream, Option<Arc<dyn ByteSource>>)> {
        match self {
            Self::Once(stream) => Ok((stream, None)),
            Self::Replayable(source) => Ok((source.open().await?, Some(source))),
        }
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
