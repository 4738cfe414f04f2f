//! The broken answers.

use std::io::{self, Write as _};
use std::time::Duration;

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use futures_util::stream::{self, StreamExt};
use http::header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE};
use http::{HeaderName, HeaderValue, StatusCode};
use http_body_util::BodyExt;
use serde_json::Value;

use super::Garbage;
use crate::serve;

/// The size of each piece of a very large answer, in bytes.
const PIECE: usize = 64 * 1024;

/// Returns an error answer. Leaves out a status or header that HTTP does not allow.
pub(super) fn error(
    http: u16,
    envelope: Option<Value>,
    headers: &[(String, String)],
    body: Option<String>,
) -> Response {
    let status = StatusCode::from_u16(http).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = match (body, envelope) {
        (Some(body), _) => (status, body).into_response(),
        (None, Some(envelope)) => (status, axum::Json(envelope)).into_response(),
        (None, None) => serve::error_page(status),
    };
    for (name, value) in headers {
        if let (Ok(name), Ok(value)) = (name.parse::<HeaderName>(), HeaderValue::from_str(value)) {
            response.headers_mut().insert(name, value);
        }
    }
    response
}

/// Returns an answer that a client cannot interpret.
pub(super) fn garbage(http: u16, garbage: &Garbage) -> Response {
    let status = StatusCode::from_u16(http).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let json = HeaderValue::from_static("application/json");
    let html = HeaderValue::from_static("text/html; charset=UTF-8");
    let (content_type, body) = match garbage {
        Garbage::Text => (json, Body::from("upstream says: all is well")),
        Garbage::Html => (html, Body::from("<!DOCTYPE html><html><body><h1>Back soon</h1></body></html>")),
        Garbage::NotUtf8 => (json, Body::from(b"{\"status\":200,\"msg\":\"\xff\xfe\",\"result\":true}".as_slice())),
        Garbage::TruncatedJson => (json, Body::from("{\"status\":200,\"msg\":\"OK\",\"result\":{\"id\":\"72f")),
        Garbage::DeepJson { depth } => (json, Body::from("[".repeat(*depth) + &"]".repeat(*depth))),
        Garbage::Huge { bytes } => (json, huge(*bytes)),
        Garbage::Empty => (json, Body::empty()),
    };
    (status, [(CONTENT_TYPE, content_type)], body).into_response()
}

fn huge(bytes: u64) -> Body {
    let pieces = usize::try_from(bytes.div_ceil(PIECE as u64)).unwrap_or(usize::MAX);
    let filling = stream::repeat(Bytes::from(vec![b'a'; PIECE])).take(pieces);
    let start = stream::iter([Bytes::from_static(b"{\"status\":200,\"result\":true,\"msg\":\"")]);
    let end = stream::iter([Bytes::from_static(b"\"}")]);
    Body::from_stream(start.chain(filling).chain(end).map(Ok::<_, io::Error>))
}

/// Returns the answer compressed by gzip, with this name of the coding.
pub(super) async fn gzip(response: Response, coding: &str) -> Response {
    let (mut head, whole) = response.into_parts();
    let Ok(whole) = whole.collect().await else { return serve::error_page(StatusCode::INTERNAL_SERVER_ERROR) };
    let mut packer = GzEncoder::new(Vec::new(), Compression::default());
    let packed = packer.write_all(&whole.to_bytes()).and_then(|()| packer.finish());
    let (Ok(packed), Ok(coding)) = (packed, HeaderValue::from_str(coding)) else {
        return serve::error_page(StatusCode::INTERNAL_SERVER_ERROR);
    };
    head.headers.remove(CONTENT_LENGTH);
    head.headers.insert(CONTENT_ENCODING, coding);
    Response::from_parts(head, Body::from(packed))
}

/// Returns the answer byte by byte, with its original head and length.
pub(super) async fn drip(response: Response, pause: Duration) -> Response {
    let (mut head, whole) = response.into_parts();
    let Ok(whole) = whole.collect().await else { return serve::error_page(StatusCode::INTERNAL_SERVER_ERROR) };
    let bytes = whole.to_bytes();
    head.headers.insert(CONTENT_LENGTH, HeaderValue::from(bytes.len()));
    let drops = stream::iter(0..bytes.len()).then(move |at| {
        let drop = bytes.slice(at..=at);
        async move {
            tokio::time::sleep(pause).await;
            Ok::<_, io::Error>(drop)
        }
    });
    Response::from_parts(head, Body::from_stream(drops))
}
