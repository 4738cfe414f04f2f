//! A parser for heads of HTTP/1 requests, beside the HTTP library's own. It determines the length of the body, and
//! detects ambiguous heads. The library reads an ambiguous head in one way. A proxy in front of the gateway may read it
//! in another way. Then a part of one body would be a request for one of them (request smuggling).

use memchr::memchr;
use smallvec::SmallVec;

/// The longest field name that the parser compares.
const LONGEST_NAME: usize = "transfer-encoding".len();
/// The first line of an HTTP/2 connection, in lower case.
const HTTP_2: &[u8] = b"pri * http/2.0";
/// The longest body that the HTTP library can count.
const LONGEST_BODY: u64 = u64::MAX - 2;

/// The reason why two parsers could read a head differently.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ambiguity {
    /// A line that ends without a carriage return.
    BareLineFeed,
    /// Content-Length beside Transfer-Encoding.
    LengthAndChunks,
    /// Content-Length or Transfer-Encoding more than once.
    Repeated,
}

impl Ambiguity {
    /// Returns the name of the faulty field, and the text of the fault.
    #[must_use]
    pub fn fault(self) -> (&'static str, &'static str) {
        match self {
            Self::BareLineFeed => ("head", "must end its lines with CR and LF"),
            Self::LengthAndChunks => ("Content-Length", "must not be combined with Transfer-Encoding"),
            Self::Repeated => ("Content-Length, Transfer-Encoding", "must occur at most once"),
        }
    }
}

/// The kind of data after a head.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum HeadEnd {
    /// A body of this many bytes.
    Length(u64),
    /// A body in chunks.
    Chunked,
    /// Unknown: the HTTP library rejects the head.
    Unreadable,
    /// Nothing: the head is rejected, and the connection closed.
    Ambiguous(Ambiguity),
    /// Frames of HTTP/2.
    Http2,
}

/// A partially read head.
#[derive(Debug, Default)]
pub(crate) struct Head {
    line: Line,
    /// The length of the line so far, without its end.
    length: usize,
    last: Option<u8>,
    lines: usize,
    lengths: usize,
    encodings: usize,
    content_length: Option<Digits>,
    has_bare_line_feed: bool,
}

/// The line that is being read.
#[derive(Debug)]
enum Line {
    /// The request line, or the name of a field, in lower case.
    Name(SmallVec<[u8; LONGEST_NAME]>),
    /// The value of Content-Length.
    Length(Digits),
    /// Any other text. It is skipped.
    Other,
}

/// A partially read value of Content-Length.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Digits {
    None,
    Number(u64),
    /// Not only digits, or more than 64 bits.
    Invalid,
}

impl Default for Line {
    fn default() -> Self {
        Self::Name(SmallVec::new())
    }
}

impl Head {
    /// Returns whether the head has not begun. Empty lines before it are skipped.
    pub(crate) fn is_empty(&self) -> bool {
        self.lines == 0 && self.length == 0
    }

    /// Returns whether the request line has begun and not ended.
    pub(crate) fn is_in_request_line(&self) -> bool {
        self.lines == 0 && self.length > 0
    }

    /// Returns whether the head announces a body that is longer than the HTTP library can count.
    pub(crate) fn announces_too_much(&self) -> bool {
        matches!(self.content_length, Some(Digits::Number(length)) if length > LONGEST_BODY)
    }

    /// Reads bytes, to the end of the head at most. Returns the number of bytes read and, if the head has ended, the
    /// kind of data after it.
    pub(crate) fn read(&mut self, bytes: &[u8]) -> (usize, Option<HeadEnd>) {
        let mut read = 0;
        while let Some(rest) = bytes.get(read..).filter(|rest| !rest.is_empty()) {
            let skipped = if matches!(self.line, Line::Other) { memchr(b'\n', rest).unwrap_or(rest.len()) } else { 0 };
            if skipped > 0 {
                (self.last, read) = (bytes.get(read + skipped - 1).copied(), read + skipped);
                continue;
            }
            let byte = rest[0];
            let before = self.last.replace(byte);
            read += 1;
            match byte {
                b'\n' => {
                    self.has_bare_line_feed |= before != Some(b'\r');
                    if let Some(end) = self.end_line() {
                        return (read, Some(end));
                    }
                }
                b'\r' => {}
                _ => {
                    self.length += 1;
                    self.read_text(byte);
                }
            }
        }
        (bytes.len(), None)
    }

    fn read_text(&mut self, byte: u8) {
        match &mut self.line {
            Line::Name(name) if byte == b':' && self.lines > 0 => {
                let name = std::mem::take(name);
                self.line = self.begin_value(&name);
            }
            Line::Name(name) if name.len() < LONGEST_NAME => name.push(byte.to_ascii_lowercase()),
            Line::Name(_) => self.line = Line::Other,
            Line::Length(digits) => *digits = digits.push(byte),
            Line::Other => {}
        }
    }

    fn begin_value(&mut self, name: &[u8]) -> Line {
        match name {
            b"content-length" => {
                self.lengths += 1;
                return Line::Length(Digits::None);
            }
            b"transfer-encoding" => self.encodings += 1,
            _ => {}
        }
        Line::Other
    }

    /// Returns the kind of data after the head, if this was the empty line at its end.
    fn end_line(&mut self) -> Option<HeadEnd> {
        let (line, length) = (std::mem::take(&mut self.line), std::mem::take(&mut self.length));
        if length == 0 {
            // Empty lines before the request line are skipped, as in other servers.
            return (self.lines > 0).then(|| self.end());
        }
        self.lines += 1;
        match line {
            Line::Name(text) if self.lines == 1 && *text == *HTTP_2 => return Some(HeadEnd::Http2),
            Line::Length(digits) => self.content_length = Some(digits),
            Line::Name(_) | Line::Other => {}
        }
        None
    }

    fn end(&self) -> HeadEnd {
        if self.has_bare_line_feed {
            return HeadEnd::Ambiguous(Ambiguity::BareLineFeed);
        }
        match (self.lengths, self.encodings, self.content_length) {
            (0, 0, _) => HeadEnd::Length(0),
            (0, 1, _) => HeadEnd::Chunked,
            (1, 0, Some(Digits::Number(length))) if length <= LONGEST_BODY => HeadEnd::Length(length),
            (1, 0, _) => HeadEnd::Unreadable,
            (0, _, _) | (_, 0, _) => HeadEnd::Ambiguous(Ambiguity::Repeated),
            _ => HeadEnd::Ambiguous(Ambiguity::LengthAndChunks),
        }
    }
}

impl Digits {
    fn push(self, byte: u8) -> Self {
        let digit = u64::from(byte.wrapping_sub(b'0'));
        match self {
            // White space around a value is ignored. The HTTP library rejects a head with white space inside it.
            _ if matches!(byte, b' ' | b'\t') => self,
            Self::None | Self::Number(_) if digit < 10 => {
                let before = if let Self::Number(number) = self { number } else { 0 };
                let number = before.checked_mul(10).and_then(|number| number.checked_add(digit));
                number.map_or(Self::Invalid, Self::Number)
            }
            _ => Self::Invalid,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns the end of a head. Checks that it is the same for every piece size.
    fn end_of(head: &str) -> Option<HeadEnd> {
        let end = |size: usize| {
            let mut reader = Head::default();
            head.as_bytes().chunks(size).find_map(|piece| reader.read(piece).1)
        };
        let whole = end(head.len());
        assert!((1..head.len()).all(|size| end(size) == whole), "{head:?}");
        whole
    }

    #[test]
    fn unambiguous_head_determines_its_body() {
        for (head, end) in [
            ("GET / HTTP/1.1\r\nHost: a\r\n\r\n", HeadEnd::Length(0)),
            ("\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", HeadEnd::Length(0)),
            ("POST / HTTP/1.1\r\nContent-Length:\t007 \r\n\r\nTransfer-Encoding: a\n", HeadEnd::Length(7)),
            ("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", HeadEnd::Chunked),
            ("POST / HTTP/1.1\r\nX-Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", HeadEnd::Chunked),
            ("POST / HTTP/1.1\r\nContent-Length: 1x\r\n\r\n", HeadEnd::Unreadable),
            ("POST / HTTP/1.1\r\nContent-Length:\r\n\r\n", HeadEnd::Unreadable),
            ("POST / HTTP/1.1\r\nContent-Length: 99999999999999999999\r\n\r\n", HeadEnd::Unreadable),
            ("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\n\ncontent-length: 1\n\n", HeadEnd::Http2),
        ] {
            assert_eq!(end_of(head), Some(end), "{head:?}");
        }
    }

    #[test]
    fn ambiguous_head_is_detected() {
        let cases = [
            ("GET / HTTP/1.1\nHost: a\r\n\r\n", Ambiguity::BareLineFeed),
            ("GET / HTTP/1.1\r\nHost: a\n\n", Ambiguity::BareLineFeed),
            ("\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", Ambiguity::BareLineFeed),
            ("POST / HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", Ambiguity::LengthAndChunks),
            ("POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\nCONTENT-LENGTH: 1\r\n\r\n", Ambiguity::LengthAndChunks),
            ("POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\na", Ambiguity::Repeated),
            (
                "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n",
                Ambiguity::Repeated,
            ),
        ];
        for (head, ambiguity) in cases {
            assert_eq!(end_of(head), Some(HeadEnd::Ambiguous(ambiguity)), "{head:?}");
        }
    }

    #[test]
    fn uncountable_length_is_detected() {
        for (length, is_too_much) in [(LONGEST_BODY, false), (LONGEST_BODY + 1, true), (u64::MAX, true)] {
            let mut head = Head::default();
            let (_, end) = head.read(format!("POST / HTTP/1.1\r\nContent-Length: {length}\r\n\r\n").as_bytes());
            assert_eq!((head.announces_too_much(), end == Some(HeadEnd::Unreadable)), (is_too_much, is_too_much));
        }
    }
}
