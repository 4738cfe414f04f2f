//! The bytes of every file that is sent: one block, over and over, so that making them costs nothing.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::LazyLock;
use std::task::{Context, Poll};

use bytes::Bytes;
use hyper::body::{Body, Frame, SizeHint};

use crate::digests::{Digests, Hashers};

/// How long the block is. A prime, just below 256 KiB: buffers of any usual size that were lost, doubled or swapped on
/// the way would leave other bytes than these.
const BLOCK: usize = 262_139;

static BYTES: LazyLock<Bytes> = LazyLock::new(|| {
    let mut state = 0x9E37_79B9_7F4A_7C15_u64;
    let next = || {
        // An xorshift generator: no compression and no zero page can make these bytes cheaper than a video's.
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()[0]
    };
    std::iter::repeat_with(next).take(BLOCK).collect()
});

/// The block. Clones share the bytes.
pub(crate) fn block() -> Bytes {
    BYTES.clone()
}

/// The digests of a file of this size, in bytes.
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

/// The next bytes of a file of which so many are left.
pub(crate) fn piece(left: u64) -> Bytes {
    let block = block();
    match usize::try_from(left) {
        Ok(left) if left < block.len() => block.slice(..left),
        _ => block,
    }
}

/// A file as the body of a request, alone or with something before and after it.
pub(crate) struct Content {
    before: Bytes,
    left: u64,
    after: Bytes,
}

impl Content {
    /// A file of this size, in bytes.
    pub(crate) fn new(size: u64) -> Self {
        Self { before: Bytes::new(), left: size, after: Bytes::new() }
    }

    /// The same file in a frame, such as a form.
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
    fn a_file_is_as_long_as_it_says_and_stands_whole_in_its_frame() {
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
