//! Builds responses from cache entries, with entity tag, age and source, or 304 according to the preconditions. Also
//! builds the entity tag of the response to a write.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::http::header::{AGE, CACHE_CONTROL, CONTENT_TYPE, ETAG};
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::{AppendHeaders, Response};
use jiff::Timestamp;
use polyhost_domain::{Capability, Digest, File, Folder};
use polyhost_engine::accounts::Account;
use polyhost_engine::catalogue::{Encoded, EncodedFile, Known, Page, Source, Tagged};
use polyhost_engine::changes::Changed;
use polyhost_engine::preconditions::{Outcome, Preconditions, Validators};
use utoipa::IntoResponses;
use utoipa::openapi::{Header, RefOr, Response as Documented, ResponseBuilder};

use crate::pieces::Pieces;
use crate::problem::Failure;

const CACHE_STATUS: HeaderName = HeaderName::from_static("cache-status");
/// The number of header fields that a response will have, roughly.
const FIELDS: usize = 16;

/// The response 304, for the OpenAPI document.
pub(crate) struct Unchanged;

impl IntoResponses for Unchanged {
    fn responses() -> BTreeMap<String, RefOr<Documented>> {
        let response = ResponseBuilder::new()
            .description("The caller's copy is current")
            .header("ETag", Header::default())
            .header("Age", Header::default())
            .header("Cache-Status", Header::default())
            .build();
        BTreeMap::from([("304".to_owned(), RefOr::T(response))])
    }
}

/// Returns the response for a cache entry.
pub(super) fn known<T: Tagged>(
    conditions: &Preconditions,
    known: &Known<Arc<Encoded<T>>>,
) -> Result<Response, Failure> {
    let Encoded { value, json, etag } = &*known.value;
    respond(conditions, Body::from(json.clone()), etag, value.changed_at(), known.age, known.source)
}

/// Returns the response for the cache entry of a file.
pub(super) fn file(conditions: &Preconditions, known: &Known<EncodedFile>) -> Result<Response, Failure> {
    let file = &known.value;
    respond(conditions, Body::from(file.json()), &file.etag(), file.changed_at(), known.age, known.source)
}

/// Returns the response for a page of a listing.
pub(super) fn page(conditions: &Preconditions, page: Known<Page>) -> Result<Response, Failure> {
    let Page { json, etag } = page.value;
    respond(conditions, Body::new(Pieces::new(json)), &etag, None, page.age, page.source)
}

/// Returns the `ETag` of a created or changed file, if the site has reported all the fields that a later read will
/// have.
pub(super) fn tag_of_file(
    account: &Account,
    changed: &Changed<File>,
) -> AppendHeaders<Option<(HeaderName, HeaderValue)>> {
    let File { name, size, content_type, sha1, .. } = &changed.now;
    let has_digest = sha1.is_some() || !account.profile().digests.contains(&Digest::Sha1);
    let is_complete = changed.is_whole && name.is_some() && size.is_some() && content_type.is_some() && has_digest;
    tag_field(is_complete.then(|| changed.now.tag(account)).flatten())
}

/// Returns the `ETag` of a created or changed folder, if the site has reported all the fields that a later read will
/// have.
pub(super) fn tag_of_folder(
    account: &Account,
    changed: &Changed<Folder>,
) -> AppendHeaders<Option<(HeaderName, HeaderValue)>> {
    let Folder { name, visibility, password_protected, .. } = &changed.now;
    let is_known = |is_reported: bool, capability| is_reported || !account.capabilities().supports(capability);
    let is_complete = changed.is_whole
        && name.is_some()
        && is_known(visibility.is_some(), Capability::FoldersVisibility)
        && is_known(password_protected.is_some(), Capability::FoldersPassword);
    tag_field(is_complete.then(|| changed.now.tag(account)).flatten())
}

fn tag_field(tag: Option<String>) -> AppendHeaders<Option<(HeaderName, HeaderValue)>> {
    let value = tag.and_then(|tag| HeaderValue::try_from(format!("\"{tag}\"")).ok());
    AppendHeaders(value.map(|value| (ETAG, value)))
}

fn respond(
    conditions: &Preconditions,
    json: Body,
    etag: &str,
    changed_at: Option<Timestamp>,
    age: Duration,
    source: Source,
) -> Result<Response, Failure> {
    let mut response = Response::default();
    let headers = response.headers_mut();
    headers.reserve(FIELDS);
    let outcome = conditions.evaluate(|| Validators::of(Some(etag), changed_at))?;
    if outcome == Outcome::Proceed {
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    }
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
    headers.insert(AGE, HeaderValue::from(age.as_secs()));
    // Cannot fail: both consist of hexadecimal digits, numbers and fixed words.
    for (name, value) in [(ETAG, format!("\"{etag}\"")), (CACHE_STATUS, cache_status(source))] {
        if let Ok(value) = HeaderValue::try_from(value) {
            headers.insert(name, value);
        }
    }
    match outcome {
        Outcome::NotModified => *response.status_mut() = StatusCode::NOT_MODIFIED,
        Outcome::Proceed => *response.body_mut() = json,
    }
    Ok(response)
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
