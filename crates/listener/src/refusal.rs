//! What is refused before it is a request.

use bytes::Bytes;

use crate::head::Head;

/// Why a caller gets an answer that no service gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// There is no place for the connection.
    NoPlace,
    /// What was sent is not HTTP.
    NotHttp,
    /// The body that the head announces has a length that cannot be counted.
    BodyTooLarge,
    /// The request line is too long.
    RequestLineTooLong,
    /// The header fields are too large, or too many.
    HeaderFieldsTooLarge,
}

/// Writes out the whole answer to a refusal, head and body. The connection is closed behind it.
pub type Refuse = fn(Refusal) -> Bytes;

impl Refusal {
    /// What the HTTP library refuses by the bytes that it writes: a head that it cannot read. It does not tell which part
    /// of the head is too large, and refuses a length that it cannot count as if the head were.
    pub(crate) fn told_by(written: &[u8], head: &Head) -> Option<Self> {
        let status = written.strip_prefix(b"HTTP/1.1 ").filter(|_| written.ends_with(b"\r\n\r\n"))?.get(..3)?;
        match status {
            b"400" => Some(Self::NotHttp),
            b"431" if head.announces_too_much() => Some(Self::BodyTooLarge),
            b"414" => Some(Self::RequestLineTooLong),
            b"431" if head.is_in_request_line() => Some(Self::RequestLineTooLong),
            b"431" => Some(Self::HeaderFieldsTooLarge),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_the_library_says_to_bad_heads_is_a_refusal() {
        let own = b"HTTP/1.1 431 Request Header Fields Too Large\r\nconnection: close\r\ncontent-length: 0\r\n\r\n";
        let after = |text: &str| {
            let mut head = Head::default();
            head.read(text.as_bytes());
            head
        };
        let told = |head: &str| Refusal::told_by(own, &after(head));
        assert_eq!(told("GET /a"), Some(Refusal::RequestLineTooLong));
        let length = "GET / HTTP/1.1\r\nContent-Length: 18446744073709551615\r\n";
        assert_eq!(told(length), Some(Refusal::BodyTooLarge));
        assert_eq!(told("GET / HTTP/1.1\r\n"), Some(Refusal::HeaderFieldsTooLarge));
        for other in [&b"HTTP/1.1 100 Continue\r\n\r\n"[..], b"HTTP/1.1 400 Bad", b"", b"PRI * HTTP/2.0\r\n\r\n"] {
            assert_eq!(Refusal::told_by(other, &after("")), None);
        }
    }
}
