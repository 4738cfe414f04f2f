//! What comes before the file's bytes: counted, and bounded.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use bytes::Bytes;
use futures_util::{StreamExt as _, stream};
use polyhost_domain::ByteStream;

/// The most bytes before those of the file.
pub(super) const MOST_BEFORE: u64 = 16 * 1024;

/// Counts the bytes before the file.
///
/// The form's reader takes all the bytes that it can get. This stream gives it one byte at a time, so that it stops
/// where the file begins.
#[derive(Debug, Clone, Default)]
pub(super) struct Head(Arc<Seen>);

#[derive(Debug, Default)]
struct Seen {
    bytes: AtomicU64,
    ended: AtomicBool,
}

impl Head {
    /// The body, byte by byte until the head has ended.
    ///
    /// It is pending once after every piece. Else the reader would gather all of the body before it looks at any.
    pub(super) fn watch(&self, body: ByteStream) -> impl stream::Stream<Item = io::Result<Bytes>> + Send + 'static {
        let begun = (self.clone(), body, Bytes::new());
        let pieces = stream::unfold(begun, |(head, mut body, mut rest)| async move {
            if rest.is_empty() {
                rest = match body.next().await? {
                    Ok(bytes) => bytes,
                    Err(error) => return Some((Err(error), (head, body, rest))),
                };
            }
            let piece = head.take(&mut rest);
            Some((piece, (head, body, rest)))
        });
        let mut gave = false;
        let mut pieces = pieces.boxed();
        stream::poll_fn(move |context| {
            if std::mem::take(&mut gave) {
                context.waker().wake_by_ref();
                return std::task::Poll::Pending;
            }
            let next = pieces.poll_next_unpin(context);
            gave = next.is_ready();
            next
        })
    }

    fn take(&self, rest: &mut Bytes) -> io::Result<Bytes> {
        if self.0.ended.load(Ordering::Relaxed) {
            return Ok(std::mem::take(rest));
        }
        if self.0.bytes.fetch_add(1, Ordering::Relaxed) >= MOST_BEFORE {
            return Err(io::Error::new(io::ErrorKind::FileTooLarge, "too much comes before the file"));
        }
        Ok(rest.split_to(rest.len().min(1)))
    }

    /// Ends the head; gives its length in bytes.
    pub(super) fn end(&self) -> u64 {
        self.0.ended.store(true, Ordering::Relaxed);
        self.0.bytes.load(Ordering::Relaxed)
    }
}
