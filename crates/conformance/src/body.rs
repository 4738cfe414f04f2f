//! Upload bodies for the checks: correct, too short, too long or failing midway. They count their reads.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::{StreamExt, stream};
use polyhost_domain::{ByteSource, ByteStream, SizedStream, UploadBody};
use sha1::{Digest, Sha1};

/// The size of each piece of a body. It is an odd number, so that pieces do not end at the boundaries of other buffers.
const CHUNK: usize = 7919;

/// Returns bytes that differ from those of every other call.
pub(crate) fn pattern(length: usize) -> Bytes {
    static COUNTER: AtomicUsize = AtomicUsize::new(1);
    let seed = COUNTER.fetch_add(1, Ordering::Relaxed);
    (0..length).map(|at| (at.wrapping_mul(31).wrapping_add(at >> 8).wrapping_add(seed) & 0xff) as u8).collect()
}

/// Returns the SHA-1 of some bytes, in lower case.
pub(crate) fn sha1_of(bytes: &[u8]) -> String {
    hex::encode(Sha1::digest(bytes))
}

/// The content of an upload body, independent of the length that the body declares.
pub(crate) enum Content {
    /// A stream that can be read once.
    Once(ByteStream),
    /// A source that can be opened again.
    Again(Arc<Source>),
}

impl Content {
    /// Returns an upload body that declares this length.
    pub(crate) fn declaring(self, length: u64) -> UploadBody {
        match self {
            Self::Once(stream) => UploadBody::once(length, stream),
            Self::Again(source) => UploadBody::Replayable(Arc::new(DeclaredLength { length, source })),
        }
    }
}

/// Returns a body that can be read once.
pub(crate) fn once(bytes: &Bytes) -> Content {
    Content::Once(stream_of(chunks(bytes)))
}

/// Returns a body that can be read once and fails after its bytes.
pub(crate) fn once_failing(bytes: &Bytes) -> Content {
    Content::Once(stream_of(failing_chunks(bytes)))
}

/// A source that can be opened again. It counts its openings and the pieces read.
pub(crate) struct Source {
    bytes: Bytes,
    fails: bool,
    opened: AtomicUsize,
    read: Arc<AtomicUsize>,
}

impl Source {
    /// Returns a source that ends after its bytes.
    pub(crate) fn complete(bytes: &Bytes) -> Arc<Self> {
        Arc::new(Self { bytes: bytes.clone(), fails: false, opened: AtomicUsize::new(0), read: Arc::default() })
    }

    /// Returns a source that fails after its bytes.
    pub(crate) fn failing(bytes: &Bytes) -> Arc<Self> {
        Arc::new(Self { bytes: bytes.clone(), fails: true, opened: AtomicUsize::new(0), read: Arc::default() })
    }

    /// Returns the source as a body that can be opened again.
    pub(crate) fn body(self: &Arc<Self>) -> Content {
        Content::Again(Arc::clone(self))
    }

    /// Returns the source as a body that can be read once.
    pub(crate) fn body_once(&self) -> Content {
        Content::Once(self.stream())
    }

    /// Returns the number of times that the source was opened.
    pub(crate) fn opened(&self) -> usize {
        self.opened.load(Ordering::Relaxed)
    }

    /// Returns the number of pieces that were read from the source.
    pub(crate) fn read(&self) -> usize {
        self.read.load(Ordering::Relaxed)
    }

    fn stream(&self) -> ByteStream {
        let pieces = if self.fails { failing_chunks(&self.bytes) } else { chunks(&self.bytes) };
        let read = Arc::clone(&self.read);
        let count = move |_: &io::Result<Bytes>| {
            read.fetch_add(1, Ordering::Relaxed);
        };
        stream_of(pieces).inspect(count).boxed()
    }
}

/// A source with the length that its body declares.
struct DeclaredLength {
    length: u64,
    source: Arc<Source>,
}

#[async_trait]
impl ByteSource for DeclaredLength {
    async fn open(&self) -> io::Result<SizedStream> {
        self.source.opened.fetch_add(1, Ordering::Relaxed);
        Ok(SizedStream { length: self.length, spare: 0, stream: self.source.stream() })
    }
}

fn chunks(bytes: &Bytes) -> Vec<io::Result<Bytes>> {
    bytes.chunks(CHUNK).map(|chunk| Ok(bytes.slice_ref(chunk))).collect()
}

fn failing_chunks(bytes: &Bytes) -> Vec<io::Result<Bytes>> {
    let mut pieces = chunks(bytes);
    pieces.push(Err(io::Error::other("the client disconnected")));
    pieces
}

fn stream_of(pieces: Vec<io::Result<Bytes>>) -> ByteStream {
    stream::iter(pieces).boxed()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digest_is_in_lower_case() {
        assert_eq!(sha1_of(b"abc"), "a9993e364706816aba3e25717850c26c9cd0d89d");
    }

    #[test]
    fn two_patterns_differ() {
        assert_ne!(pattern(20_000), pattern(20_000));
        assert_eq!(pattern(20_000).len(), 20_000);
    }
}
