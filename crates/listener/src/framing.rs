//! The boundaries of messages on an HTTP/1 connection (RFC 9112). They allow passing one message at a time to the HTTP
//! library, so that every head on a connection is treated the same.

use crate::head::{Head, HeadEnd};

/// The position in the bytes of a connection.
#[derive(Debug, Default)]
pub(crate) struct Framing {
    part: Part,
    head: Head,
}

/// The part of a message that is being read.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Part {
    /// A head, possibly begun.
    #[default]
    Head,
    /// A body with this many bytes left.
    Length(u64),
    Chunk(Chunk),
    /// All further bytes: HTTP/2, or a connection that the HTTP library closes after this message.
    Rest,
}

/// The part of a chunked body that is being read, in the steps of the HTTP library's own decoder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Chunk {
    Size(u64),
    Extension(u64),
    Data(u64),
    DataEnd,
    TrailerStart,
    Trailer,
    TrailerLineFeed,
    EndLineFeed,
}

/// The parsed content of one read.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Advance {
    /// The number of bytes that belong to the message that was being read.
    pub(crate) taken: usize,
    /// The kind of data after the head, if the head ended within these bytes.
    pub(crate) head: Option<HeadEnd>,
}

impl Framing {
    /// Returns whether the next byte begins a message.
    pub(crate) fn is_between_messages(&self) -> bool {
        self.part == Part::Head && self.head.is_empty()
    }

    /// Returns whether a head has begun and not ended.
    pub(crate) fn is_in_head(&self) -> bool {
        self.part == Part::Head && !self.head.is_empty()
    }

    /// The current or the latest head.
    pub(crate) fn head(&self) -> &Head {
        &self.head
    }

    /// Reads bytes, to the end of the message at most.
    pub(crate) fn advance(&mut self, bytes: &[u8]) -> Advance {
        let (mut taken, mut head) = (0, None);
        while taken < bytes.len() {
            let rest = bytes.get(taken..).unwrap_or_default();
            match self.part {
                Part::Head => {
                    let (count, end) = self.head.read(rest);
                    taken += count;
                    let Some(end) = end else { continue };
                    self.end_head(end);
                    head = Some(end);
                }
                Part::Length(left) => {
                    let count = usize::try_from(left).map_or(rest.len(), |left| left.min(rest.len()));
                    taken += count;
                    self.part = Part::Length(left - count as u64);
                }
                Part::Chunk(Chunk::Data(left)) => {
                    let count = usize::try_from(left).map_or(rest.len(), |left| left.min(rest.len()));
                    taken += count;
                    let left = left - count as u64;
                    self.part = Part::Chunk(if left == 0 { Chunk::DataEnd } else { Chunk::Data(left) });
                }
                Part::Chunk(chunk) => {
                    taken += 1;
                    self.part = rest.first().map_or(self.part, |byte| chunk.next(*byte));
                }
                Part::Rest => taken = bytes.len(),
            }
            if self.ends_message() {
                break;
            }
        }
        Advance { taken, head }
    }

    fn end_head(&mut self, end: HeadEnd) {
        self.part = match end {
            HeadEnd::Length(length) => Part::Length(length),
            HeadEnd::Chunked => Part::Chunk(Chunk::Size(0)),
            HeadEnd::Http2 | HeadEnd::Unreadable | HeadEnd::Ambiguous(_) => Part::Rest,
        };
    }

    /// Returns whether the message has ended, and then prepares for the next head.
    fn ends_message(&mut self) -> bool {
        let ends = self.part == Part::Length(0);
        if ends {
            self.part = Part::Head;
            self.head = Head::default();
        }
        ends
    }
}

impl Chunk {
    /// Returns the part after this byte. On an unexpected byte the HTTP library closes the connection.
    fn next(self, byte: u8) -> Part {
        let next = match (self, byte) {
            (Self::Size(size), _) if byte.is_ascii_hexdigit() => {
                let digit = char::from(byte).to_digit(16).unwrap_or_default();
                match size.checked_mul(16).and_then(|size| size.checked_add(u64::from(digit))) {
                    Some(size) => Self::Size(size),
                    None => return Part::Rest,
                }
            }
            (Self::Size(0) | Self::Extension(0), b'\n') => Self::TrailerStart,
            (Self::Size(size) | Self::Extension(size), b'\n') => Self::Data(size),
            (Self::Size(size) | Self::Extension(size), _) => Self::Extension(size),
            (Self::DataEnd, b'\n') => Self::Size(0),
            (Self::TrailerStart, b'\r') => Self::EndLineFeed,
            (Self::Trailer, b'\r') => Self::TrailerLineFeed,
            (Self::TrailerLineFeed, b'\n') => Self::TrailerStart,
            (Self::TrailerStart | Self::Trailer, _) => Self::Trailer,
            (Self::EndLineFeed, b'\n') => return Part::Length(0),
            (Self::DataEnd | Self::Data(_), _) => self,
            (Self::TrailerLineFeed | Self::EndLineFeed, _) => return Part::Rest,
        };
        Part::Chunk(next)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::head::Ambiguity;

    /// Returns the messages of a connection that arrive in pieces of `size`, and the end of each head.
    fn messages(mut bytes: &[u8], size: usize) -> Vec<(String, Option<HeadEnd>)> {
        let (mut framing, mut all) = (Framing::default(), Vec::new());
        let (mut message, mut head) = (Vec::new(), None);
        while !bytes.is_empty() {
            let piece = &bytes[..size.min(bytes.len())];
            let advance = framing.advance(piece);
            message.extend_from_slice(&piece[..advance.taken]);
            head = advance.head.or(head);
            bytes = &bytes[advance.taken..];
            if framing.is_between_messages() && head.is_some() {
                all.push((String::from_utf8(std::mem::take(&mut message)).unwrap(), head.take()));
            }
        }
        if !message.is_empty() {
            all.push((String::from_utf8(message).unwrap(), head));
        }
        all
    }

    #[test]
    fn messages_end_as_their_framing_says() {
        let get = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
        let length = "POST / HTTP/1.1\r\ncontent-length:  5 \r\n\r\nhello";
        let empty = "\r\nPOST / HTTP/1.1\r\nContent-Length: 0\r\n\r\n";
        let chunked =
            "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n5;a=b\r\nhello\r\nA \r\n0123456789\r\n0\r\n\r\n";
        let trailers = "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nA: b\nc\r\nD: e\r\n\r\n";
        let all = [get, length, empty, chunked, trailers, get];
        let ends = [0, 5, 0].map(HeadEnd::Length).into_iter();
        let ends = ends.chain([HeadEnd::Chunked, HeadEnd::Chunked, HeadEnd::Length(0)]);
        let expected: Vec<_> = all.map(str::to_owned).into_iter().zip(ends.map(Some)).collect();
        let bytes = all.concat();
        for size in (1..200).chain([bytes.len()]) {
            assert_eq!(messages(bytes.as_bytes(), size), expected, "{size}");
        }
    }

    #[test]
    fn ambiguous_head_after_another_message_is_detected() {
        let first = "POST / HTTP/1.1\r\nContent-Length: 1\r\n\r\na";
        let second = "POST / HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n";
        let both = format!("{first}{second}");
        for size in 1..=both.len() {
            let all = messages(both.as_bytes(), size);
            assert_eq!(all[1], (second.to_owned(), Some(HeadEnd::Ambiguous(Ambiguity::LengthAndChunks))), "{size}");
        }
    }

    #[test]
    fn http_2_is_passed_on_unsplit() {
        let all = messages(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\nGET / HTTP/1.1\r\n\r\n", 7);
        assert_eq!((all.len(), all[0].1), (1, Some(HeadEnd::Http2)));
    }
}
