//! Responses to connections that the listener refuses and to bytes that are not a valid HTTP request. They are problems
//! like any other, but serialized here, because the HTTP library cannot send a response in these cases.

use std::time::Duration;

use axum::http::{HeaderMap, Method, StatusCode};
use bytes::Bytes;
use polyhost_config::AccessLog;
use polyhost_engine::problem::{Code, Occurrence, Problem, ProblemBody};
use polyhost_listener::{Refusal, Refuse};

use crate::access_log::Line;
use crate::context::RequestId;
use crate::heads;
use crate::measure::Answered;

/// Returns the function that answers refusals.
pub(crate) fn answers(access_log: AccessLog) -> Refuse {
    match access_log {
        AccessLog::All | AccessLog::Errors => |refusal| answer(refusal, AccessLog::Errors),
        AccessLog::Off => |refusal| answer(refusal, AccessLog::Off),
    }
}

/// Returns the bytes of the whole response, after which the connection is closed. Logs and counts it like every other.
fn answer(refusal: Refusal, access_log: AccessLog) -> Bytes {
    let problem = &problem(refusal);
    let occurrence = &RequestId::of(&HeaderMap::new()).at("", String::new());
    let (code, status) = (problem.code(), problem.code().status());
    // The method is unknown; this placeholder is counted as `other`.
    let method = &Method::from_bytes(b"-").unwrap_or_default();
    Answered { route: "", method, status: status.as_u16(), took: Duration::ZERO, waited: Duration::ZERO }.count();
    if access_log.includes(status) {
        let (code, took) = (Some(&code), Duration::ZERO);
        Line { occurrence, route: "", method, status, code, took, client: "", trace_id: "" }.write();
    }
    serialize(problem, status, occurrence)
}

/// Serializes the response: status line, header fields and body.
fn serialize(problem: &Problem, status: StatusCode, request: &Occurrence) -> Bytes {
    let (body, id) = (ProblemBody::new(problem, request), &request.request_id);
    let retry_after = body.retry_after.map(|seconds| format!("retry-after: {seconds}\r\n")).unwrap_or_default();
    // Cannot fail: the body consists of strings and numbers.
    let body = serde_json::to_string(&body).unwrap_or_default();
    let (reason, length) = (status.canonical_reason().unwrap_or_default(), body.len());
    let head = format!(
        "HTTP/1.1 {} {reason}\r\ncontent-type: application/problem+json\r\ncache-control: no-store\r\n\
         x-content-type-options: nosniff\r\nx-request-id: {id}\r\n{retry_after}connection: close\r\n\
         content-length: {length}\r\n\r\n",
        status.as_u16()
    );
    Bytes::from(head + &body)
}

fn problem(refusal: Refusal) -> Problem {
    match refusal {
        Refusal::NoPlace => Problem::new(Code::Overloaded, "The gateway has reached its limit of connections.")
            .retryable()
            .retry_after(Duration::from_secs(1)),
        Refusal::NotHttp => Problem::new(Code::InvalidRequest, "The request is not well-formed HTTP."),
        Refusal::BodyTooLarge => {
            Problem::new(Code::PayloadTooLarge, "The announced body is larger than the gateway accepts.")
        }
        Refusal::RequestLineTooLong => heads::line_too_long(),
        Refusal::HeaderFieldsTooLarge => heads::fields_too_large(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns the head and the body of the response.
    fn answered(refusal: Refusal) -> (String, serde_json::Value) {
        let text = String::from_utf8(answer(refusal, AccessLog::All).into()).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        assert!(head.contains(&format!("\r\ncontent-length: {}", body.len())), "{head}");
        (head.to_owned(), serde_json::from_str(body).unwrap())
    }

    #[test]
    fn each_refusal_has_its_own_status() {
        let (head, body) = answered(Refusal::HeaderFieldsTooLarge);
        assert!(head.starts_with("HTTP/1.1 431 Request Header Fields Too Large\r\n"), "{head}");
        assert_eq!(body["code"], "header_fields_too_large");
        assert!(head.contains(&format!("x-request-id: {}", body["request_id"].as_str().unwrap())));
        for (refusal, status) in [
            (Refusal::NotHttp, "400"),
            (Refusal::BodyTooLarge, "413"),
            (Refusal::RequestLineTooLong, "414"),
            (Refusal::NoPlace, "503"),
        ] {
            let (head, _) = answered(refusal);
            assert!(head.starts_with(&format!("HTTP/1.1 {status} ")), "{head}");
        }
    }

    #[test]
    fn connection_limit_response_has_retry_after() {
        let (head, body) = answered(Refusal::NoPlace);
        assert!(head.contains("\r\nretry-after: 1\r\n"), "{head}");
        assert_eq!((&body["code"], &body["retryable"]), (&"overloaded".into(), &true.into()));
    }
}
