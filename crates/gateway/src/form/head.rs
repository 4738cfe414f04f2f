//! The head of a form: the bytes before the file's bytes. Counts and limits them.

use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use futures_util::{StreamExt as _, stream};
use polyhost_domain::ByteStream;
use tokio::task::yield_now;

use super::malformed;

/// The maximum number of bytes before the file's bytes.
pub(super) const MOST_BEFORE: u64 = 16 * 1024;

/// Counts the bytes before the file, and finds header fields that a part has more than once. Clones share the same
/// state.
///
/// The form's reader reads as many bytes as it can get. This stream yields one byte at a time, so that the reader stops
/// exactly where the file begins.
#[derive(Debug, Clone, Default)]
pub(super) struct Head(Arc<Mutex<Seen>>);

#[derive(Debug, Default)]
struct Seen {
    bytes: Vec<u8>,
    /// The position of the last part's body, once a part has begun.
    body_at: Option<usize>,
    has_ended: bool,
}

impl Head {
    /// Returns the body, byte by byte until [`Head::end`] is called.
    ///
    /// The stream returns `Pending` once before every piece. Otherwise the reader would collect the whole body before
    /// it parses anything.
    pub(super) fn watch(&self, body: ByteStream) -> impl stream::Stream<Item = io::Result<Bytes>> + Send + 'static {
        let initial = (self.clone(), body, Bytes::new());
        stream::unfold(initial, |(head, mut body, mut rest)| async move {
            yield_now().await;
            if rest.is_empty() {
                rest = match body.next().await? {
                    Ok(bytes) => bytes,
                    Err(error) => return Some((Err(error), (head, body, rest))),
                };
            }
            let piece = head.take(&mut rest);
            Some((piece, (head, body, rest)))
        })
    }

    fn take(&self, rest: &mut Bytes) -> io::Result<Bytes> {
        let mut seen = self.seen();
        if seen.has_ended {
            return Ok(std::mem::take(rest));
        }
        if seen.bytes.len() as u64 >= MOST_BEFORE {
            return Err(malformed("has more than 16 KiB before its file").into());
        }
        let piece = rest.split_to(rest.len().min(1));
        seen.bytes.extend_from_slice(&piece);
        Ok(piece)
    }

    /// Returns the name of a header field that occurs more than once in the part whose header fields were read last.
    /// Call this once for each part. It is needed because the form's reader keeps only the last of repeated fields.
    pub(super) fn repeated_field(&self, boundary: &str) -> Option<String> {
        let mut seen = self.seen();
        // The first delimiter may be at the very beginning. A later one ends a body, so a line break precedes it.
        let (from, delimiter) = match seen.body_at {
            None => (0, format!("--{boundary}")),
            Some(body_at) => (body_at, format!("\r\n--{boundary}")),
        };
        let rest = seen.bytes.get(from..).unwrap_or_default();
        let at = rest.windows(delimiter.len()).position(|window| window == delimiter.as_bytes())?;
        let behind_delimiter = rest.get(at + delimiter.len()..).unwrap_or_default();
        let mut names: Vec<String> = Vec::new();
        // Skip the rest of the delimiter's line, which is white space.
        for line in behind_delimiter.split(|byte| *byte == b'\n').skip(1) {
            let Some(colon) = line.iter().position(|byte| *byte == b':') else { continue };
            let name = String::from_utf8_lossy(&line[..colon]).into_owned();
            if names.iter().any(|other| other.eq_ignore_ascii_case(&name)) {
                return Some(name);
            }
            names.push(name);
        }
        seen.body_at = Some(seen.bytes.len());
        None
    }

    /// Ends the head and returns its length in bytes. From now on, [`Head::watch`] yields whole pieces.
    pub(super) fn end(&self) -> u64 {
        let mut seen = self.seen();
        seen.has_ended = true;
        std::mem::take(&mut seen.bytes).len() as u64
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
