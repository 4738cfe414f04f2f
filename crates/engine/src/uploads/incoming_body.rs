//! The body of an upload as it arrives from the caller.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use bytes::Bytes;
use futures_util::{Stream, StreamExt as _, stream};
use polyhost_domain::{ByteStream, Error, ErrorKind};
use tokio::time::timeout;

use crate::problem::{Fault, Problem};

/// The detail of a body that has stalled.
const STALLED: &str = "The body of the upload stopped arriving. Send the upload again.";

/// The body of an upload as it arrives from the caller.
pub struct IncomingBody {
    /// The exact or the greatest length in bytes, if it is known in advance.
    pub length: Option<u64>,
    /// The number of bytes by which the file may be shorter than `length`.
    pub spare: Spare,
    /// The bytes. An error with which the gateway rejects the body carries its [`Problem`].
    pub stream: ByteStream,
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

impl IncomingBody {
    /// Wraps the body of a request. It is rejected if no bytes arrive for the time `idle`.
    pub fn new<S, E>(length: Option<u64>, body: S, idle: Duration) -> Self
    where
        S: Stream<Item = Result<Bytes, E>> + Send + 'static,
        E: std::error::Error + Send + Sync + 'static,
    {
        let stream = with_idle_timeout(body.map(|chunk| chunk.map_err(io::Error::other)).boxed(), idle);
        Self { length, spare: Spare::default(), stream }
    }
}

/// Returns the same stream, which ends with an error if no bytes arrive for the time `idle`.
fn with_idle_timeout(stream: ByteStream, idle: Duration) -> ByteStream {
    let next = move |mut stream: ByteStream| async move {
        match timeout(idle, stream.next()).await {
            Ok(next) => next.map(|chunk| (chunk, stream)),
            Err(_) => Some((Err(incomplete(STALLED).into()), stream)),
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
        let IncomingBody { mut stream, .. } = IncomingBody::new(None, pieces, Duration::from_secs(3));
        assert_eq!(stream.next().await.unwrap().unwrap(), "a");
        let error = stream.next().await.unwrap().unwrap_err();
        assert_eq!(Problem::carried_by(&error).unwrap().detail(), STALLED);
    }
}
