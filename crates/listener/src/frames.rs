//! The frames of an HTTP/2 connection, parsed only to count answers that have begun and not ended. If a caller stops
//! reading near the end of an answer, the last bytes stay in the HTTP library. No other code can count them there.

use std::collections::HashSet;

/// The length of a frame's header.
const HEAD: usize = 9;
const DATA: u8 = 0;
const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
const END_STREAM: u8 = 1;
/// The length of the preface, which a caller sends before its first frame.
const PREFACE: usize = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".len();

/// The frames of both directions of a connection.
#[derive(Debug)]
pub(crate) struct Frames {
    incoming: Reader,
    outgoing: Reader,
    unfinished: HashSet<u32>,
}

/// The type, flags and stream of a frame.
#[derive(Debug, Clone, Copy)]
struct Kind {
    of: u8,
    flags: u8,
    stream: u32,
}

/// The position in the frames of one direction.
#[derive(Debug, Default)]
struct Reader {
    head: [u8; HEAD],
    length: usize,
    skip: usize,
}

impl Frames {
    pub(crate) fn new() -> Self {
        let incoming = Reader { skip: PREFACE, ..Reader::default() };
        Self { incoming, outgoing: Reader::default(), unfinished: HashSet::new() }
    }

    /// Returns the number of answers that have begun and not ended.
    pub(crate) fn unfinished(&self) -> usize {
        self.unfinished.len()
    }

    /// Reads bytes from the caller.
    pub(crate) fn received(&mut self, bytes: &[u8]) {
        let unfinished = &mut self.unfinished;
        self.incoming.read(bytes, |kind| {
            if kind.of == RST_STREAM {
                unfinished.remove(&kind.stream);
            }
        });
    }

    /// Reads bytes to the caller. Returns whether they include data of an answer.
    pub(crate) fn sent(&mut self, bytes: &[u8]) -> bool {
        let (unfinished, mut has_data) = (&mut self.unfinished, false);
        self.outgoing.read(bytes, |kind| {
            has_data |= kind.of == DATA;
            let ends = kind.of == RST_STREAM || (matches!(kind.of, DATA | HEADERS) && kind.flags & END_STREAM != 0);
            if ends {
                unfinished.remove(&kind.stream);
            } else if kind.of == HEADERS {
                unfinished.insert(kind.stream);
            }
        });
        has_data
    }
}

impl Reader {
    fn read(&mut self, mut bytes: &[u8], mut note: impl FnMut(Kind)) {
        while !bytes.is_empty() {
            let skipped = self.skip.min(bytes.len());
            self.skip -= skipped;
            bytes = bytes.get(skipped..).unwrap_or_default();
            let wanted = HEAD - self.length;
            let Some((taken, rest)) = bytes.split_at_checked(wanted.min(bytes.len())) else { return };
            if let Some(place) = self.head.get_mut(self.length..self.length + taken.len()) {
                place.copy_from_slice(taken);
            }
            (self.length, bytes) = (self.length + taken.len(), rest);
            if self.length == HEAD {
                let [a, b, c, of, flags, stream @ ..] = self.head;
                (self.length, self.skip) = (0, u32::from_be_bytes([0, a, b, c]) as usize);
                note(Kind { of, flags, stream: u32::from_be_bytes(stream) & (u32::MAX >> 1) });
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(of: u8, flags: u8, stream: u8, length: u8) -> Vec<u8> {
        [&[0, 0, length, of, flags, 0, 0, 0, stream][..], &vec![1; length.into()]].concat()
    }

    #[test]
    fn unfinished_answers_are_counted_at_every_piece_size() {
        let sent = [
            frame(4, 0, 0, 6),
            frame(HEADERS, 4, 1, 20),
            frame(DATA, 0, 1, 30),
            frame(HEADERS, 4 | END_STREAM, 3, 0),
            frame(HEADERS, 4, 5, 1),
            frame(DATA, END_STREAM, 5, 0),
            frame(HEADERS, 4, 7, 5),
            frame(RST_STREAM, 0, 7, 4),
            frame(HEADERS, 4, 9, 5),
        ]
        .concat();
        for size in 1..=sent.len() {
            let mut frames = Frames::new();
            let data = sent.chunks(size).filter(|piece| frames.sent(piece)).count();
            assert!((1..=2).contains(&data), "{size}");
            assert_eq!(frames.unfinished(), 2, "{size}");
            let received = [b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_vec(), frame(RST_STREAM, 0, 9, 4)].concat();
            received.chunks(size).for_each(|piece| frames.received(piece));
            assert_eq!(frames.unfinished(), 1, "{size}");
        }
    }
}
