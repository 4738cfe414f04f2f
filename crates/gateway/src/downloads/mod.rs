//! Responses with a file's bytes, whole or a part.
//!
//! The header fields use the size, the media type and the name that the site's API reports, not those that the file's
//! server sends.

mod conditions;
mod describe;
mod passing;

use std::io;
use std::time::Duration;

use axum::body::Body;
use axum::http::header::{CACHE_CONTROL, CONTENT_RANGE, ETAG, LAST_MODIFIED};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse as _, Response};
use bytes::Bytes;
use futures_util::stream;
use polyhost_domain::{Download, FileId};
use polyhost_engine::accounts::Account;
use polyhost_engine::catalogue::Tagged as _;
use polyhost_engine::downloads::{downloadable, fetch};
use polyhost_engine::entity_tags;
use polyhost_engine::preconditions::{Outcome, Preconditions, Validators};
use polyhost_engine::problem::Problem;

use conditions::range;
use describe::{Fields, REVALIDATE, content_fields, content_range, content_type};
use passing::{portioned, with_idle_timeout};

/// The requested part of the response.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Requested {
    /// The header fields and the bytes.
    Bytes {
        /// The download is dropped after the caller reads nothing for this long.
        idle: Duration,
    },
    /// The header fields only, which need no request to the file's server.
    Head,
}

/// Returns the response with a file's bytes, or with the one part of them that the request asks for.
///
/// The response is the whole file if the request asks for several parts, its range is malformed, or its `If-Range` does
/// not match the file.
///
/// # Errors
/// Errors of the site; 404 for a file in the trash; `range_not_satisfiable`; `upstream_invalid_response` if the file's
/// server sends something else than requested.
pub(crate) async fn content(
    account: &Account,
    id: &FileId,
    headers: &HeaderMap,
    conditions: &Preconditions,
    wanted: Requested,
) -> Result<Response, Problem> {
    let file = downloadable(account, id).await?;
    // Sites give changed bytes a new file id, so the bytes never change after the file is created.
    let tag = entity_tags::of_content(account.profile(), &file);
    let current = Validators::of(tag.as_deref(), file.changed_at()).unchanged_since();
    let validators = validator_fields(tag.as_deref(), &current);
    if conditions.evaluate(|| current.clone())? == Outcome::NotModified {
        let headers = validators.into_iter().chain([(CACHE_CONTROL, REVALIDATE)]).collect();
        return Ok(answer(StatusCode::NOT_MODIFIED, headers, no_body()));
    }
    let Requested::Bytes { idle } = wanted else {
        let headers = content_fields(&file, validators, content_type(&file, None), file.size);
        return Ok(answer(StatusCode::OK, headers, no_body()));
    };
    let range = range(headers, conditions, &current, file.size)?;
    let Download { stream, length, range, content_type: sent_type } = fetch(account, &file, range).await?;
    let mut headers = content_fields(&file, validators, content_type(&file, sent_type.as_deref()), length);
    headers.extend(range.and_then(|part| content_range(part, file.size)).map(|value| (CONTENT_RANGE, value)));
    let status = if range.is_some() { StatusCode::PARTIAL_CONTENT } else { StatusCode::OK };
    Ok(answer(status, headers, Body::from_stream(with_idle_timeout(portioned(stream), idle))))
}

/// Returns `ETag` and `Last-Modified`, as far as they are known.
fn validator_fields(tag: Option<&str>, current: &Validators) -> Fields {
    let tag = tag.and_then(|tag| HeaderValue::try_from(format!("\"{tag}\"")).ok()).map(|tag| (ETAG, tag));
    let modified = current.modified.map(headers::LastModified::from);
    let mut fields: Fields = tag.into_iter().collect();
    if let Some(modified) = modified {
        let mut values = Vec::new();
        headers::Header::encode(&modified, &mut values);
        fields.extend(values.into_iter().map(|value| (LAST_MODIFIED, value)));
    }
    fields
}

/// Returns an empty body of unknown length, so that the response to HEAD or a 304 does not get `Content-Length: 0`.
fn no_body() -> Body {
    Body::from_stream(stream::empty::<io::Result<Bytes>>())
}

fn answer(status: StatusCode, headers: Fields, body: Body) -> Response {
    let mut response = (status, body).into_response();
    response.headers_mut().extend(headers);
    response
}
