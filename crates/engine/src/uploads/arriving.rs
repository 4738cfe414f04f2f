//! Bytes on their way in from a caller, and why they were refused where that is found out while they are read.

use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use futures_util::{Stream, StreamExt as _, stream};
use polyhost_domain::{ByteStream, Error, ErrorKind};
use tokio::time::timeout;

use crate::problem::{Fault, Problem};

/// The bytes that a caller sends for a file.
pub struct Arriving {
    /// How many there will be, or the most, where that is known before they come.
    pub length: Option<u64>,
    /// How many fewer there may be.
    pub spare: Spare,
    /// The bytes.
    pub stream: ByteStream,
    /// Why they are refused, if they are.
    pub refusal: Refusal,
}

/// How many bytes fewer than the most a file may have, and has. Clones are about the same body.
#[derive(Debug, Clone, Default)]
pub struct Spare {
    most: u64,
    found: Arc<AtomicU64>,
}

impl Spare {
    /// At most so many.
    #[must_use]
    pub fn up_to(most: u64) -> Self {
        Self { most, found: Arc::default() }
    }

    /// How many there may be.
    #[must_use]
    pub fn most(&self) -> u64 {
        self.most
    }

    /// How many there are, once the whole file was read.
    #[must_use]
    pub fn found(&self) -> u64 {
        self.found.load(Ordering::Relaxed)
    }

    /// Notes how many there are.
    pub fn note(&self, found: u64) {
        self.found.store(found, Ordering::Relaxed);
    }
}

/// Why a body was refused while it was read. Clones are about the same body.
///
/// Whoever reads a body (a site's adapter, in the end) learns only that it failed; this is how the caller is told more.
#[derive(Debug, Clone, Default)]
pub struct Refusal(Arc<Mutex<Option<Problem>>>);

impl Refusal {
    /// Refuses the body: what its readers learn.
    pub fn tell(&self, problem: Problem) -> io::Error {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(problem);
        io::Error::other("the body was refused")
    }

    /// Why it was refused, once.
    #[must_use]
    pub fn take(&self) -> Option<Problem> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

impl Arriving {
    /// A request's body, which may stand still for as long as `idle`.
    pub fn new<S, E>(length: Option<u64>, body: S, idle: Duration) -> Self
    where
        S: Stream<Item = Result<Bytes, E>> + Send + 'static,
        E: std::error::Error + Send + Sync + 'static,
    {
        let refusal = Refusal::default();
        let stream = impatient(body.map(|chunk| chunk.map_err(io::Error::other)).boxed(), idle, refusal.clone());
        Self { length, spare: Spare::default(), stream, refusal }
    }
}

/// The same bytes, or an error where they stand still for so long.
fn impatient(stream: ByteStream, idle: Duration, refusal: Refusal) -> ByteStream {
    let next = move |mut stream: ByteStream| {
        let refusal = refusal.clone();
        async move {
            match timeout(idle, stream.next()).await {
                Ok(next) => next.map(|chunk| (chunk, stream)),
                Err(_) => Some((Err(refusal.tell(incomplete("The bytes of the upload stopped."))), stream)),
            }
        }
    };
    stream::unfold(stream, next).boxed()
}

/// A body that is not what it was said to be, or did not come whole.
#[must_use]
pub fn incomplete(detail: &'static str) -> Problem {
    Error::new(ErrorKind::BodyIncomplete).with_detail(detail).into()
}

/// A file without a byte is none that a site would take.
#[must_use]
pub fn empty(pointer: &str) -> Problem {
    Problem::invalid(vec![Fault::pointer(pointer, "is empty")])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn bytes_that_stand_still_are_told_of() {
        let pieces = stream::iter([io::Result::Ok(Bytes::from_static(b"a"))]).chain(stream::pending()).boxed();
        let Arriving { mut stream, refusal, .. } = Arriving::new(None, pieces, Duration::from_secs(3));
        assert_eq!(stream.next().await.unwrap().unwrap(), "a");
        assert!(refusal.take().is_none());
        assert!(stream.next().await.unwrap().is_err());
        assert_eq!(refusal.take().unwrap().detail(), "The bytes of the upload stopped.");
    }
}
