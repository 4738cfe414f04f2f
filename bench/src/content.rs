//! The bytes of every file that is sent: one block, repeated, so that generating them costs no time.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::LazyLock;
use std::task::{Context, Poll};

use bytes::Bytes;
use hyper::body::{Body, Frame, SizeHint};

use crate::digests::{Digests, Hashers};

/// The length of the block. It is a prime just below 256 KiB. If buffers of any usual size were lost, doubled or
/// swapped on the way, the bytes would therefore differ.
const BLOCK: usize = 262_139;

static BYTES: LazyLock<Bytes> = LazyLock::new(|| {
    let mut state = 0x9E37_79B9_7F4A_7C15_u64;
    let next = || {
        // An xorshift generator: neither compression nor zero pages can make these bytes cheaper than those of a video.
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()[0]
    };
    std::iter::repeat_with(next).take(BLOCK).collect()
});

/// Returns the block. Clones share the bytes.
pub(crate) fn block() -> Bytes {
    BYTES.clone()
}

/// Returns the digests of a file of this size in bytes.
pub(crate) fn digests(size: u64) -> Digests {
    let mut hashers = Hashers::default();
    let mut left = size;
    while left > 0 {
        let piece = piece(left);
        hashers.update(&piece);
        left -= piece.len() as u64;
    }
    hashers.finish()
}

/// Returns the next bytes of a file that has this many bytes left.
pub(crate) fn piece(left: u64) -> Bytes {
    let block = block();
    match usize::try_from(left) {
        Ok(left) if left < block.len() => block.slice(..left),
        _ => block,
    }
}

/// A file as the body of a request, with optional bytes before and after it.
pub(crate) struct Content {
    before: Bytes,
    left: u64,
    after: Bytes,
}

impl Content {
    /// Creates a body with a file of this size in bytes.
    pub(crate) fn new(size: u64) -> Self {
        Self { before: Bytes::new(), left: size, after: Bytes::new() }
    }

    /// Adds bytes before and after the file, such as those of a form.
    pub(crate) fn framed(self, before: impl Into<Bytes>, after: impl Into<Bytes>) -> Self {
        Self { before: before.into(), after: after.into(), ..self }
    }

    fn next(&mut self) -> Option<Bytes> {
        if !self.before.is_empty() {
            return Some(std::mem::take(&mut self.before));
        }
        if self.left > 0 {
            let piece = piece(self.left);
            self.left -= piece.len() as u64;
            return Some(piece);
        }
        Some(std::mem::take(&mut self.after)).filter(|after| !after.is_empty())
    }
}

impl Body for Content {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        Poll::Ready(self.next().map(|piece| Ok(Frame::data(piece))))
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact((self.before.len() + self.after.len()) as u64 + self.left)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn framed_file_has_its_size_and_bytes() {
        let size = 2 * BLOCK as u64 + 7;
        let mut content = Content::new(size).framed("<", ">");
        assert_eq!(content.size_hint().exact(), Some(size + 2));

        let mut pieces = Vec::new();
        while let Some(piece) = content.next() {
            pieces.push(piece);
        }
        let whole = pieces.concat();
        assert_eq!(whole.len() as u64, size + 2);
        assert_eq!((whole[0], whole[whole.len() - 1]), (b'<', b'>'));

        let mut hashers = Hashers::default();
        hashers.update(&whole[1..whole.len() - 1]);
        assert_eq!(hashers.finish(), digests(size));
    }
}
