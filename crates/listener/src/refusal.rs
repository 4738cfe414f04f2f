//! Connections and heads that are rejected before they become requests.

use bytes::Bytes;

use crate::head::Head;

/// The reason for an answer that does not come from the service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// No place for the connection is free.
    NoPlace,
    /// The caller did not send HTTP.
    NotHttp,
    /// The announced length of the body is larger than the HTTP library can count.
    BodyTooLarge,
    /// The request line is too long.
    RequestLineTooLong,
    /// The header fields are too large, or too many.
    HeaderFieldsTooLarge,
}

/// Returns the whole answer to a refusal, head and body. The connection is closed after it.
pub type Refuse = fn(Refusal) -> Bytes;

impl Refusal {
    /// Recognizes the HTTP library's own answer to a head that it cannot read. The answer does not name the part of the
    /// head that is too large. The library also reports an uncountable length as a head that is too large. `head`
    /// distinguishes these cases.
    pub(crate) fn of_library_answer(written: &[u8], head: &Head) -> Option<Self> {
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
    fn only_library_answers_to_bad_heads_are_refusals() {
        let own = b"HTTP/1.1 431 Request Header Fields Too Large\r\nconnection: close\r\ncontent-length: 0\r\n\r\n";
        let after = |text: &str| {
            let mut head = Head::default();
            head.read(text.as_bytes());
            head
        };
        let refusal = |head: &str| Refusal::of_library_answer(own, &after(head));
        assert_eq!(refusal("GET /a"), Some(Refusal::RequestLineTooLong));
        let length = "GET / HTTP/1.1\r\nContent-Length: 18446744073709551615\r\n";
        assert_eq!(refusal(length), Some(Refusal::BodyTooLarge));
        assert_eq!(refusal("GET / HTTP/1.1\r\n"), Some(Refusal::HeaderFieldsTooLarge));
        for other in [&b"HTTP/1.1 100 Continue\r\n\r\n"[..], b"HTTP/1.1 400 Bad", b"", b"PRI * HTTP/2.0\r\n\r\n"] {
            assert_eq!(Refusal::of_library_answer(other, &after("")), None);
        }
    }
}
