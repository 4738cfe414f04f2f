//! How an answer that is kept goes out: its entity tag, its age, where it came from, and 304 for who has it already.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use axum::http::header::{AGE, CACHE_CONTROL, CONTENT_TYPE, ETAG};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse as _, Response};
use bytes::Bytes;
use headers::{HeaderMapExt as _, IfNoneMatch};
use utoipa::IntoResponses;
use utoipa::openapi::{Header, RefOr, Response as Documented, ResponseBuilder};

use crate::catalogue::{Kept, Known, Page, Source};

const CACHE_STATUS: HeaderName = HeaderName::from_static("cache-status");

/// 304, as it is documented.
pub struct Unchanged;

impl IntoResponses for Unchanged {
    fn responses() -> BTreeMap<String, RefOr<Documented>> {
        let response = ResponseBuilder::new()
            .description("The caller has this answer already")
            .header("ETag", Header::default())
            .header("Age", Header::default())
            .header("Cache-Status", Header::default())
            .build();
        BTreeMap::from([("304".to_owned(), RefOr::T(response))])
    }
}

/// Answers with something that is kept.
pub(super) fn known<T>(request: &HeaderMap, known: &Known<Arc<Kept<T>>>) -> Response {
    let Kept { json, etag, .. } = &*known.value;
    respond(request, json.clone(), etag, known.age, known.source)
}

/// Answers with a page.
pub(super) fn page(request: &HeaderMap, page: Known<Page>) -> Response {
    let Page { json, etag } = page.value;
    respond(request, json, &etag, page.age, page.source)
}

fn respond(request: &HeaderMap, json: Bytes, etag: &str, age: Duration, source: Source) -> Response {
    let quoted = format!("\"{etag}\"");
    let unchanged = request
        .typed_get::<IfNoneMatch>()
        .zip(quoted.parse::<headers::ETag>().ok())
        .is_some_and(|(condition, tag)| !condition.precondition_passes(&tag));
    let mut response = if unchanged {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        ([(CONTENT_TYPE, "application/json")], json).into_response()
    };
    let headers = response.headers_mut();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
    headers.insert(AGE, HeaderValue::from(age.as_secs()));
    // Both are made of hexadecimal digits, numbers and fixed words.
    for (name, value) in [(ETAG, quoted), (CACHE_STATUS, cache_status(source))] {
        if let Ok(value) = HeaderValue::try_from(value) {
            headers.insert(name, value);
        }
    }
    response
}

fn cache_status(source: Source) -> String {
    match source {
        Source::Hit { ttl_seconds } | Source::Stale { ttl_seconds } => format!("polyhost; hit; ttl={ttl_seconds}"),
        Source::Miss => "polyhost; fwd=uri-miss; stored".to_owned(),
        Source::Collapsed => "polyhost; fwd=uri-miss; collapsed".to_owned(),
        Source::Requested { collapsed: false } => "polyhost; fwd=request; stored".to_owned(),
        Source::Requested { collapsed: true } => "polyhost; fwd=request; collapsed".to_owned(),
    }
}
