//! Heads of HTTP/1 requests that two readers could take differently. The HTTP library takes them one way and forgets
//! that there was another; a proxy in front of the gateway may have taken the other, and then a part of one caller's
//! body is the next caller's request to one of them. So they are refused.

/// The longest name that matters, and its colon.
const LONGEST: usize = "transfer-encoding:".len();
/// How HTTP/2 begins.
const HTTP_2: &[u8] = b"PRI * HTTP/2.0";

/// How a head could be taken differently.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ambiguity {
    /// A line that ends without a carriage return.
    BareLineFeed,
    /// A length, and chunks as well.
    LengthAndChunks,
    /// A length or an encoding that is told more than once.
    ToldTwice,
}

impl Ambiguity {
    /// The field that it is about, and what is wrong with it.
    pub(crate) fn fault(self) -> (&'static str, &'static str) {
        match self {
            Self::BareLineFeed => ("head", "must end its lines with CR and LF"),
            Self::LengthAndChunks => ("Content-Length", "must not be there beside Transfer-Encoding"),
            Self::ToldTwice => ("Content-Length, Transfer-Encoding", "must be there once at most"),
        }
    }
}

/// A head, as far as it has come.
#[derive(Debug, Default)]
pub(super) struct Head {
    /// The beginning of the line that is being read.
    line: Vec<u8>,
    /// How long that line is so far.
    length: usize,
    last: Option<u8>,
    lines: usize,
    lengths: usize,
    encodings: usize,
    has_bare_line_feed: bool,
    is_over: bool,
    is_http_2: bool,
}

impl Head {
    /// Begins with the next head of the connection.
    pub(super) fn begin_next(&mut self) {
        *self = Self { is_http_2: self.is_http_2, ..Self::default() };
    }

    /// Whether not even the request line has come whole.
    pub(super) fn is_in_request_line(&self) -> bool {
        self.lines == 0 && self.length > 0
    }

    /// Reads on, and says what speaks against the head when it has become whole.
    pub(super) fn read(&mut self, bytes: &[u8]) -> Option<Ambiguity> {
        if self.is_over {
            return None;
        }
        for &byte in bytes {
            if self.is_over || self.is_http_2 {
                break;
            }
            match byte {
                // The first byte may be the end of something that was read before.
                b'\n' => {
                    self.has_bare_line_feed |= !matches!(self.last, Some(b'\r') | None);
                    self.end_line();
                }
                b'\r' => {}
                _ => {
                    self.length += 1;
                    if self.line.len() < LONGEST {
                        self.line.push(byte.to_ascii_lowercase());
                    }
                }
            }
            self.last = Some(byte);
        }
        self.ambiguity().filter(|_| self.is_over)
    }

    fn end_line(&mut self) {
        let is_empty = std::mem::take(&mut self.length) == 0;
        if is_empty {
            // Empty lines before the first are passed over, as by everybody.
            self.is_over = self.lines > 0;
            return;
        }
        if self.lines == 0 {
            self.is_http_2 = self.line.eq_ignore_ascii_case(HTTP_2);
        }
        self.lines += 1;
        self.lengths += usize::from(self.line.starts_with(b"content-length:"));
        self.encodings += usize::from(self.line.starts_with(b"transfer-encoding:"));
        self.line.clear();
    }

    fn ambiguity(&self) -> Option<Ambiguity> {
        if self.has_bare_line_feed {
            Some(Ambiguity::BareLineFeed)
        } else if self.lengths > 0 && self.encodings > 0 {
            Some(Ambiguity::LengthAndChunks)
        } else if self.lengths > 1 || self.encodings > 1 {
            Some(Ambiguity::ToldTwice)
        } else {
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is said of a head that comes in pieces of every size.
    fn said_of(head: &str) -> Option<Ambiguity> {
        let said = |size: usize| {
            let mut reader = Head::default();
            head.as_bytes().chunks(size).fold(None, |said, piece| said.or(reader.read(piece)))
        };
        let whole = said(head.len());
        assert!((1..head.len()).all(|size| said(size) == whole), "{head:?}");
        whole
    }

    #[test]
    fn heads_that_can_be_taken_one_way_are_left_alone() {
        for head in [
            "GET / HTTP/1.1\r\nHost: a\r\n\r\n",
            "\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n",
            "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 20\r\n\r\nTransfer-Encoding: a\n",
            "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            "POST / HTTP/1.1\r\nX-Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
            "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\n\ncontent-length: 1\n\n",
        ] {
            assert_eq!(said_of(head), None, "{head:?}");
        }
    }

    #[test]
    fn heads_that_can_be_taken_differently_are_told() {
        let cases = [
            ("GET / HTTP/1.1\nHost: a\r\n\r\n", Ambiguity::BareLineFeed),
            ("GET / HTTP/1.1\r\nHost: a\n\n", Ambiguity::BareLineFeed),
            ("POST / HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", Ambiguity::LengthAndChunks),
            ("POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\nCONTENT-LENGTH: 1\r\n\r\n", Ambiguity::LengthAndChunks),
            ("POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\na", Ambiguity::ToldTwice),
            (
                "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n",
                Ambiguity::ToldTwice,
            ),
        ];
        for (head, ambiguity) in cases {
            assert_eq!(said_of(head), Some(ambiguity), "{head:?}");
        }
    }

    #[test]
    fn the_next_head_is_another() {
        let mut head = Head::default();
        assert_eq!(head.read(b"POST / HTTP/1.1\r\nContent-Length: 1\r\n\r\na"), None);
        head.begin_next();
        assert_eq!(head.read(b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"), None);
    }
}
