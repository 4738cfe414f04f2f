//! A file's bytes on their way through: whole or a part, and never as something that they are not.
//!
//! What is told of a file (its size, its media type, its name) is the API's word; what its server sends is held
//! against that, because sites answer a link that has died with a web page under status 200.

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
use polyhost_domain::{
    ByteRange, Capability, Download, Error, ErrorKind, File, FileId, FileRef, FileStatus, Link, LinkAnswer,
};

use crate::accounts::Account;
use crate::catalogue::Tagged as _;
use crate::changes::only;
use crate::entity_tags;
use crate::preconditions::{Outcome, Preconditions, Validators};
use crate::problem::{Code, Problem};
use conditions::range;
use describe::{Fields, REVALIDATE, content_range, content_type, described};
use passing::{attended, begun, exactly, portioned};

/// An address that gives a file's bytes.
///
/// # Errors
/// The site's own; `upstream_rate_limited` where it wants the caller to wait first.
pub async fn link(account: &Account, file: &FileRef) -> Result<Link, Problem> {
    account.require(Capability::FilesDownload)?;
    match account.read(account.site().link(file)).await {
        Ok(LinkAnswer::Ready(link)) => Ok(link),
        // Sites say the same of a file in the trash as of one that they do not like to give.
        Err(error) if error.kind() == ErrorKind::Rejected => Err(match file {
            FileRef::Id(id) => downloadable(account, id).await.err().filter(is_missing).unwrap_or(error.into()),
            FileRef::ShortCode(_) => error.into(),
        }),
        Err(error) => Err(error.into()),
        Ok(LinkAnswer::NotReady { after }) => {
            let detail = "The site wants the caller to wait before it gives the file.";
            Err(Problem::new(Code::UpstreamRateLimited, detail).retryable().retry_after(after))
        }
    }
}

fn is_missing(problem: &Problem) -> bool {
    problem.code() == Code::FileNotFound
}

/// What of an answer is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wanted {
    /// All of it, given up where the caller takes no byte for so long.
    Bytes {
        /// How long the bytes may stand still.
        idle: Duration,
    },
    /// Its header fields, for which the file's server need not be asked.
    Head,
}

/// A file's bytes, or the one part of them that is asked for.
///
/// Several parts at once, a range that is none, and one that is for another file than this (`If-Range`) get the whole.
///
/// # Errors
/// The site's own; 404 for a file that is in the trash; `range_not_satisfiable`; `upstream_invalid_response` where the
/// file's server sends something else.
pub async fn content(
    account: &Account,
    id: &FileId,
    headers: &HeaderMap,
    conditions: &Preconditions,
    wanted: Wanted,
) -> Result<Response, Problem> {
    let file = downloadable(account, id).await?;
    // Sites give changed bytes a new id, so the bytes are as old as the file.
    let tag = entity_tags::of_content(account.profile(), &file);
    let current = Validators::of(tag.as_deref(), file.changed_at()).unchanged_since();
    let validators = validator_fields(tag.as_deref(), &current);
    if conditions.evaluate(&current)? == Outcome::NotModified {
        let headers = validators.into_iter().chain([(CACHE_CONTROL, REVALIDATE)]).collect();
        return Ok(answer(StatusCode::NOT_MODIFIED, headers, no_body()));
    }
    let Wanted::Bytes { idle } = wanted else {
        let headers = described(&file, validators, content_type(&file, None), file.size);
        return Ok(answer(StatusCode::OK, headers, no_body()));
    };
    let range = range(headers, conditions, &current, file.size)?;
    let download = match open(account, &file, range).await {
        // Links die before their time; another one may live.
        Err(Unopened::DeadLink(_)) => open(account, &file, range).await,
        opened => opened,
    };
    let download = download.map_err(Unopened::into_problem)?;
    let Download { stream, length, range, content_type: sent_type } = download;
    let (stream, length) = match (length, file.size.filter(|_| range.is_none())) {
        (None, Some(size)) => (exactly(stream, size), Some(size)),
        (told, _) => (stream, told),
    };
    let mut headers = described(&file, validators, content_type(&file, sent_type.as_deref()), length);
    headers.extend(range.and_then(|part| content_range(part, file.size)).map(|value| (CONTENT_RANGE, value)));
    let status = if range.is_some() { StatusCode::PARTIAL_CONTENT } else { StatusCode::OK };
    Ok(answer(status, headers, Body::from_stream(attended(portioned(stream), idle))))
}

/// `ETag` and `Last-Modified`, as far as they are known.
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

/// The file, if its bytes can be had.
async fn downloadable(account: &Account, id: &FileId) -> Result<File, Problem> {
    account.require(Capability::FilesDownload)?;
    if !account.capabilities().supports(Capability::FilesRead) {
        return Ok(File::bare(&account.profile().origin, id.clone()));
    }
    let file = only(account.read(account.site().files(std::slice::from_ref(id))).await?)?;
    match file.status {
        FileStatus::Trashed | FileStatus::Deleted => {
            Err(account.nothing_has(Code::FileNotFound, "file", id.as_str()).and("It was deleted."))
        }
        _ => Ok(file),
    }
}

/// Why a file's bytes cannot be had.
enum Unopened {
    /// Perhaps because the link is dead: the site knows the file, and its server does not, or sends something else.
    DeadLink(Problem),
    /// Not for the link.
    Otherwise(Problem),
}

impl Unopened {
    fn into_problem(self) -> Problem {
        match self {
            Self::DeadLink(problem) | Self::Otherwise(problem) => problem,
        }
    }
}

/// The bytes, under a link of their own, if they can be the file's.
async fn open(account: &Account, file: &File, range: Option<ByteRange>) -> Result<Download, Unopened> {
    match account.read(account.site().open(&FileRef::Id(file.id.clone()), range)).await {
        Ok(download) => {
            check(file, &download).map_err(Unopened::DeadLink)?;
            let stream = begun(download.stream).await.map_err(|error| Unopened::Otherwise(broken_off(file, &error)))?;
            Ok(Download { stream, ..download })
        }
        Err(error) if is_denied(&error) => Err(Unopened::DeadLink(error.into())),
        Err(error) => Err(Unopened::Otherwise(reached(error, file.size).into())),
    }
}

fn broken_off(file: &File, error: &io::Error) -> Problem {
    tracing::debug!(%error, "a file's server has promised bytes and sent none");
    let detail = "The file's server broke off before the first byte.";
    Problem::new(Code::UpstreamInvalidResponse, detail).retryable().caused_at(&file.provider, "download")
}

fn is_denied(error: &Error) -> bool {
    let status = error.answer().and_then(|answer| answer.http_status);
    matches!((error.kind(), status), (ErrorKind::FileNotFound | ErrorKind::SiteFailed, Some(400..=499)))
}

/// A range that the file reaches is not refused for want of bytes, whatever the file's server says.
fn reached(error: Error, size: Option<u64>) -> Error {
    if error.kind() == ErrorKind::RangeNotSatisfiable && size.is_some() {
        let detail = "The file's server does not have the part of the file that was asked for.";
        return error.into_kind(ErrorKind::InvalidResponse).retryable(true).with_detail(detail);
    }
    error
}

/// Refuses what cannot be the file.
fn check(file: &File, download: &Download) -> Result<(), Problem> {
    let size = match download.range {
        Some(part) => part.size,
        None => download.length,
    };
    let same_size = size.zip(file.size).map(|(sent, told)| sent == told);
    let page = |text: &str| text.trim_start().to_ascii_lowercase().starts_with("text/html");
    let other_type = same_size.is_none()
        && download.content_type.as_deref().is_some_and(page)
        && !file.content_type.as_deref().is_some_and(page);
    if same_size == Some(false) || other_type {
        let detail = "The file's server sends something else than the file.";
        return Err(Problem::new(Code::UpstreamInvalidResponse, detail)
            .retryable()
            .caused_at(&file.provider, "download"));
    }
    Ok(())
}

/// Nothing, without saying that nothing would be sent.
fn no_body() -> Body {
    Body::from_stream(stream::empty::<io::Result<Bytes>>())
}

fn answer(status: StatusCode, headers: Fields, body: Body) -> Response {
    let mut response = (status, body).into_response();
    response.headers_mut().extend(headers);
    response
}
