//! Bytes to upload: as they should be, too few, too many, broken, and watched.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::{StreamExt, stream};
use polyhost_domain::{ByteSource, ByteStream, SizedStream, UploadBody};
use sha1::{Digest, Sha1};

/// How many bytes come at a time. Odd, so that no boundary of anybody's falls on one of these.
const CHUNK: usize = 7919;

/// Bytes that no other call has given.
pub(crate) fn pattern(length: usize) -> Bytes {
    static COUNTER: AtomicUsize = AtomicUsize::new(1);
    let seed = COUNTER.fetch_add(1, Ordering::Relaxed);
    (0..length).map(|at| (at.wrapping_mul(31).wrapping_add(at >> 8).wrapping_add(seed) & 0xff) as u8).collect()
}

/// The SHA-1 of some bytes, in lower case.
pub(crate) fn sha1_of(bytes: &[u8]) -> String {
    hex::encode(Sha1::digest(bytes))
}

/// What a body gives, whatever it is said to have.
pub(crate) enum Given {
    /// It flows by once.
    Once(ByteStream),
    /// It can be read again.
    Again(Arc<Source>),
}

impl Given {
    /// A body that is said to have so many bytes.
    pub(crate) fn promising(self, length: u64) -> UploadBody {
        match self {
            Self::Once(stream) => UploadBody::once(length, stream),
            Self::Again(source) => UploadBody::Replayable(Arc::new(Promise { length, source })),
        }
    }
}

/// A body that flows by once.
pub(crate) fn once(bytes: &Bytes) -> Given {
    Given::Once(flow(chunks(bytes)))
}

/// A body that flows by once and breaks after its bytes.
pub(crate) fn once_broken(bytes: &Bytes) -> Given {
    Given::Once(flow(broken(bytes)))
}

/// A source that can be read again, and that counts how often it was, and how many pieces were taken from it.
pub(crate) struct Source {
    bytes: Bytes,
    breaks: bool,
    opened: AtomicUsize,
    taken: Arc<AtomicUsize>,
}

impl Source {
    /// A source that gives its bytes.
    pub(crate) fn sound(bytes: &Bytes) -> Arc<Self> {
        Arc::new(Self { bytes: bytes.clone(), breaks: false, opened: AtomicUsize::new(0), taken: Arc::default() })
    }

    /// A source that breaks after its bytes.
    pub(crate) fn breaking(bytes: &Bytes) -> Arc<Self> {
        Arc::new(Self { bytes: bytes.clone(), breaks: true, opened: AtomicUsize::new(0), taken: Arc::default() })
    }

    /// The source as a body.
    pub(crate) fn body(self: &Arc<Self>) -> Given {
        Given::Again(Arc::clone(self))
    }

    /// The source as a body that flows by once.
    pub(crate) fn body_once(&self) -> Given {
        Given::Once(self.stream())
    }

    /// How often it was opened.
    pub(crate) fn opened(&self) -> usize {
        self.opened.load(Ordering::Relaxed)
    }

    /// How many pieces were taken from it.
    pub(crate) fn taken(&self) -> usize {
        self.taken.load(Ordering::Relaxed)
    }

    fn stream(&self) -> ByteStream {
        let pieces = if self.breaks { broken(&self.bytes) } else { chunks(&self.bytes) };
        let taken = Arc::clone(&self.taken);
        let count = move |_: &io::Result<Bytes>| {
            taken.fetch_add(1, Ordering::Relaxed);
        };
        flow(pieces).inspect(count).boxed()
    }
}

/// A source, and what is said of it.
struct Promise {
    length: u64,
    source: Arc<Source>,
}

#[async_trait]
impl ByteSource for Promise {
    async fn open(&self) -> io::Result<SizedStream> {
        self.source.opened.fetch_add(1, Ordering::Relaxed);
        Ok(SizedStream { length: self.length, spare: 0, stream: self.source.stream() })
    }
}

fn chunks(bytes: &Bytes) -> Vec<io::Result<Bytes>> {
    bytes.chunks(CHUNK).map(|chunk| Ok(bytes.slice_ref(chunk))).collect()
}

fn broken(bytes: &Bytes) -> Vec<io::Result<Bytes>> {
    let mut pieces = chunks(bytes);
    pieces.push(Err(io::Error::other("the caller went away")));
    pieces
}

fn flow(pieces: Vec<io::Result<Bytes>>) -> ByteStream {
    stream::iter(pieces).boxed()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digests_are_written_in_lower_case() {
        assert_eq!(sha1_of(b"abc"), "a9993e364706816aba3e25717850c26c9cd0d89d");
    }

    #[test]
    fn no_two_patterns_are_equal() {
        assert_ne!(pattern(20_000), pattern(20_000));
        assert_eq!(pattern(20_000).len(), 20_000);
    }
}
