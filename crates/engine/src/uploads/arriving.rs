//! The body of an upload as it arrives from the caller, and the problem that is found while it is read.

use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use futures_util::{Stream, StreamExt as _, stream};
use polyhost_domain::{ByteStream, Error, ErrorKind};
use tokio::time::timeout;

use crate::problem::{Fault, Problem};

/// The detail of a body that has stalled.
const STALLED: &str = "The body of the upload stopped arriving. Send the upload again.";

/// The body of an upload as it arrives from the caller.
pub struct Arriving {
    /// The exact or the greatest length in bytes, if it is known in advance.
    pub length: Option<u64>,
    /// By how many bytes the file may be shorter than `length`.
    pub spare: Spare,
    /// The bytes.
    pub stream: ByteStream,
    /// The problem with which the body is rejected while it is read.
    pub refusal: Refusal,
}

/// The difference between the greatest length of a file and its real length: the upper bound, and the value once it is
/// known. Clones share the value.
#[derive(Debug, Clone, Default)]
pub struct Spare {
    most: u64,
    found: Arc<AtomicU64>,
}

impl Spare {
    /// Returns a spare with this upper bound, in bytes.
    #[must_use]
    pub fn up_to(most: u64) -> Self {
        Self { most, found: Arc::default() }
    }

    /// Returns the upper bound.
    #[must_use]
    pub fn most(&self) -> u64 {
        self.most
    }

    /// Returns the real difference. It is 0 until the whole file was read.
    #[must_use]
    pub fn found(&self) -> u64 {
        self.found.load(Ordering::Relaxed)
    }

    /// Sets the real difference.
    pub fn note(&self, found: u64) {
        self.found.store(found, Ordering::Relaxed);
    }
}

/// The problem with which a body was rejected while it was read. Clones share it.
///
/// The reader of the body, in the end a site's adapter, gets only an I/O error. This value carries the problem for the
/// caller past the adapter.
#[derive(Debug, Clone, Default)]
pub struct Refusal(Arc<Mutex<Option<Problem>>>);

impl Refusal {
    /// Rejects the body. Returns the error for its reader.
    pub fn reject(&self, problem: Problem) -> io::Error {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(problem);
        io::Error::other("the body was rejected")
    }

    /// Takes the problem out, if the body was rejected.
    #[must_use]
    pub fn take(&self) -> Option<Problem> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

impl Arriving {
    /// Wraps the body of a request. It is rejected if no bytes arrive for the time `idle`.
    pub fn new<S, E>(length: Option<u64>, body: S, idle: Duration) -> Self
    where
        S: Stream<Item = Result<Bytes, E>> + Send + 'static,
        E: std::error::Error + Send + Sync + 'static,
    {
        let refusal = Refusal::default();
        let stream =
            with_idle_timeout(body.map(|chunk| chunk.map_err(io::Error::other)).boxed(), idle, refusal.clone());
        Self { length, spare: Spare::default(), stream, refusal }
    }
}

/// Returns the same stream, which ends with an error if no bytes arrive for the time `idle`.
fn with_idle_timeout(stream: ByteStream, idle: Duration, refusal: Refusal) -> ByteStream {
    let next = move |mut stream: ByteStream| {
        let refusal = refusal.clone();
        async move {
            match timeout(idle, stream.next()).await {
                Ok(next) => next.map(|chunk| (chunk, stream)),
                Err(_) => Some((Err(refusal.reject(incomplete(STALLED))), stream)),
            }
        }
    };
    stream::unfold(stream, next).boxed()
}

/// Returns the problem of a body that is incomplete, or does not match its declared length or format.
#[must_use]
pub fn incomplete(detail: &'static str) -> Problem {
    Error::new(ErrorKind::BodyIncomplete).with_detail(detail).into()
}

/// Returns the problem of an empty file, which no site would accept.
#[must_use]
pub fn empty(pointer: &str) -> Problem {
    Problem::invalid(vec![Fault::pointer(pointer, "is empty")])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn stalled_body_is_rejected_after_the_idle_timeout() {
        let pieces = stream::iter([io::Result::Ok(Bytes::from_static(b"a"))]).chain(stream::pending()).boxed();
        let Arriving { mut stream, refusal, .. } = Arriving::new(None, pieces, Duration::from_secs(3));
        assert_eq!(stream.next().await.unwrap().unwrap(), "a");
        assert!(refusal.take().is_none());
        assert!(stream.next().await.unwrap().is_err());
        assert_eq!(refusal.take().unwrap().detail(), "The body of the upload stopped arriving. Send the upload again.");
    }
}
