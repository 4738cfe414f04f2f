//! Answers to what is no request: problems like any other, written out by hand, for there is nobody else to do it.

use std::time::Duration;

use axum::http::{HeaderMap, Method, StatusCode};
use bytes::Bytes;

use crate::extract::RequestId;
use crate::metrics::Answered;
use crate::problem::{Code, Problem, ProblemBody};
use crate::server::head::Head;

/// The answer that replaces the HTTP library's own to a head that it cannot read. The library does not tell which part
/// of the head is too large, and refuses a length that it cannot count as if the head were.
pub(super) fn in_place_of(written: &[u8], head: &Head) -> Option<Bytes> {
    let status = written.strip_prefix(b"HTTP/1.1 ").filter(|_| written.ends_with(b"\r\n\r\n"))?.get(..3)?;
    let problem = match status {
        b"400" => Problem::new(Code::InvalidRequest, "The request is not well-formed HTTP."),
        b"431" if head.announces_too_much() => {
            Problem::new(Code::PayloadTooLarge, "The announced body is larger than any that can be taken.")
        }
        b"414" | b"431" if head.is_in_request_line() || status == b"414" => {
            Problem::new(Code::UriTooLong, "The request line is longer than 64 KiB.")
        }
        b"431" => Problem::new(Code::HeaderFieldsTooLarge, "The header fields are larger than 64 KiB, or too many."),
        _ => return None,
    };
    Some(answer(&problem))
}

/// What a caller is told for whom there is no place.
pub(super) fn full() -> Bytes {
    let problem = Problem::new(Code::Overloaded, "The gateway has as many connections as it takes.");
    answer(&problem.retryable().retry_after(Duration::from_secs(1)))
}

/// The whole answer, after which the connection is closed. It is logged and counted like every other.
fn answer(problem: &Problem) -> Bytes {
    let (id, code) = (RequestId::of(&HeaderMap::new()), problem.code());
    let status = code.status();
    // No caller can send this method, so it counts as some other.
    let method = Method::from_bytes(b"-").unwrap_or_default();
    Answered { route: "", method: &method, status: status.as_u16(), took: Duration::ZERO, waited: Duration::ZERO }
        .count();
    let span = tracing::info_span!("request", id = id.as_str(), method = "", route = "", trace_id = "");
    let code = code.as_str();
    span.in_scope(|| {
        tracing::info!(status = status.as_u16(), milliseconds = 0.0, client = "", code, "answered");
    });
    written_out(problem, status, id.as_str())
}

fn written_out(problem: &Problem, status: StatusCode, id: &str) -> Bytes {
    let told = ProblemBody::new(problem, "", id);
    let wait = told.retry_after.map(|seconds| format!("retry-after: {seconds}\r\n")).unwrap_or_default();
    // What is made of texts and numbers can be serialized.
    let body = serde_json::to_string(&told).unwrap_or_default();
    let (reason, length) = (status.canonical_reason().unwrap_or_default(), body.len());
    let head = format!(
        "HTTP/1.1 {} {reason}\r\ncontent-type: application/problem+json\r\ncache-control: no-store\r\n\
         x-content-type-options: nosniff\r\nx-request-id: {id}\r\n{wait}connection: close\r\n\
         content-length: {length}\r\n\r\n",
        status.as_u16()
    );
    Bytes::from(head + &body)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_the_library_says_to_bad_heads_is_replaced() {
        let own = b"HTTP/1.1 431 Request Header Fields Too Large\r\nconnection: close\r\ncontent-length: 0\r\n\r\n";
        let after = |text: &str| {
            let mut head = Head::default();
            head.read(text.as_bytes());
            head
        };
        let line = in_place_of(own, &after("GET /a")).unwrap();
        assert!(line.starts_with(b"HTTP/1.1 414 "), "{line:?}");
        let length = in_place_of(own, &after("GET / HTTP/1.1\r\nContent-Length: 18446744073709551615\r\n")).unwrap();
        assert!(length.starts_with(b"HTTP/1.1 413 "), "{length:?}");
        let answer = in_place_of(own, &after("GET / HTTP/1.1\r\n")).unwrap();
        let text = std::str::from_utf8(&answer).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        assert!(head.starts_with("HTTP/1.1 431 Request Header Fields Too Large\r\n"), "{head}");
        assert!(head.contains(&format!("\r\ncontent-length: {}", body.len())), "{head}");
        let body: serde_json::Value = serde_json::from_str(body).unwrap();
        assert_eq!(body["code"], "header_fields_too_large");
        assert!(head.contains(&format!("x-request-id: {}", body["request_id"].as_str().unwrap())));
        for other in [&b"HTTP/1.1 100 Continue\r\n\r\n"[..], b"HTTP/1.1 400 Bad", b"", b"PRI * HTTP/2.0\r\n\r\n"] {
            assert_eq!(in_place_of(other, &after("")), None);
        }
    }

    #[test]
    fn who_finds_no_place_is_told_when_to_come_back() {
        let answer = full();
        let text = std::str::from_utf8(&answer).unwrap();
        assert!(text.starts_with("HTTP/1.1 503 ") && text.contains("\r\nretry-after: 1\r\n"), "{text}");
        assert!(text.contains("\"code\":\"overloaded\"") && text.contains("\"retryable\":true"), "{text}");
    }
}
