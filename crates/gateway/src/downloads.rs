//! A file's bytes on their way through: whole or a part, and never as something that they are not.
//!
//! What is told of a file (its size, its media type, its name) is the API's word; what its server sends is held
//! against that, because sites answer a link that has died with a web page under status 200.

use std::io;

use axum::body::Body;
use axum::http::header::{
    ACCEPT_RANGES, CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE, ETAG, HeaderName,
    IF_NONE_MATCH, IF_RANGE, RANGE, X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse as _, Response};
use bytes::Bytes;
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use headers::{HeaderMapExt as _, IfNoneMatch};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use polyhost_domain::{
    ByteRange, ByteStream, Capability, ContentRange, Download, Error, ErrorKind, File, FileId, FileRef, FileStatus,
    Link, LinkAnswer,
};
use sha2::{Digest as _, Sha256};

use crate::accounts::Account;
use crate::changes::only;
use crate::problem::{Code, Problem};

/// A caller may keep the bytes, and asks each time whether they are still the file's.
const REVALIDATE: HeaderValue = HeaderValue::from_static("private, no-cache");
/// What `filename*` need not escape (RFC 8187, section 3.2.1).
const ATTRIBUTE: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'!')
    .remove(b'#')
    .remove(b'$')
    .remove(b'&')
    .remove(b'+')
    .remove(b'-')
    .remove(b'.')
    .remove(b'^')
    .remove(b'_')
    .remove(b'`')
    .remove(b'|')
    .remove(b'~');

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
    /// All of it.
    Bytes,
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
    conditions: &HeaderMap,
    wanted: Wanted,
) -> Result<Response, Problem> {
    let file = downloadable(account, id).await?;
    let etag = etag(account, &file);
    if is_known(conditions, etag.as_ref()) {
        let headers = etag.map(|etag| (ETAG, etag)).into_iter().chain([(CACHE_CONTROL, REVALIDATE)]).collect();
        return Ok(answer(StatusCode::NOT_MODIFIED, headers, no_body()));
    }
    if wanted == Wanted::Head {
        let headers = described(&file, etag, content_type(&file, None), file.size);
        return Ok(answer(StatusCode::OK, headers, no_body()));
    }
    let range = range(conditions, etag.as_ref(), file.size)?;
    let opened = account.read(account.site().open(&FileRef::Id(id.clone()), range)).await;
    let download = opened.map_err(|error| reached(error, file.size))?;
    check(&file, &download)?;
    let Download { stream, length, range, content_type: told } = download;
    let (stream, length) = match (length, file.size.filter(|_| range.is_none())) {
        (None, Some(size)) => (exactly(stream, size), Some(size)),
        (told, _) => (stream, told),
    };
    let mut headers = described(&file, etag, content_type(&file, told), length);
    headers.extend(range.and_then(|part| content_range(part, file.size)).map(|value| (CONTENT_RANGE, value)));
    let status = if range.is_some() { StatusCode::PARTIAL_CONTENT } else { StatusCode::OK };
    Ok(answer(status, headers, Body::from_stream(stream)))
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

/// Sites give changed bytes a new id, so that a file and its size tell the bytes. Without a size nothing does.
fn etag(account: &Account, file: &File) -> Option<HeaderValue> {
    let profile = account.profile();
    let mut digest = Sha256::new();
    for part in [profile.base_url.as_str(), profile.origin.account.as_str(), file.id.as_str()] {
        digest.update(part);
        digest.update([0]);
    }
    digest.update(file.size?.to_be_bytes());
    let text: String = digest.finalize().iter().take(16).map(|byte| format!("{byte:02x}")).collect();
    HeaderValue::try_from(format!("\"{text}\"")).ok()
}

/// Whether the caller has these bytes already.
fn is_known(conditions: &HeaderMap, etag: Option<&HeaderValue>) -> bool {
    let etag = etag.and_then(|etag| etag.to_str().ok()?.parse().ok());
    let wanted = conditions.contains_key(IF_NONE_MATCH).then(|| conditions.typed_get::<IfNoneMatch>()).flatten();
    wanted.zip(etag).is_some_and(|(condition, etag)| !condition.precondition_passes(&etag))
}

/// The range to ask the site for: its ends are put where the file's are, as far as they are known.
fn range(conditions: &HeaderMap, etag: Option<&HeaderValue>, size: Option<u64>) -> Result<Option<ByteRange>, Problem> {
    let Some(size) = size else { return Ok(None) };
    let Some(text) = conditions.get(RANGE).and_then(|value| value.to_str().ok()) else { return Ok(None) };
    // Dates are no strong validators here, so a condition that is one never holds.
    if conditions.get(IF_RANGE).is_some_and(|condition| Some(condition) != etag) {
        return Ok(None);
    }
    let (first, end) = match one_range(text) {
        Some(ByteRange::From(first, last)) => (first, last.map_or(size, |last| last.saturating_add(1).min(size))),
        Some(ByteRange::Last(count)) => (size.saturating_sub(count), size),
        None => return Ok(None),
    };
    if first < end { Ok(Some(ByteRange::From(first, Some(end - 1)))) } else { Err(Problem::beyond(size)) }
}

/// The range of a `Range` that is well formed, counts bytes and names one part (RFC 9110, section 14.1). A number that
/// is too large for any file stands for the largest.
fn one_range(text: &str) -> Option<ByteRange> {
    let (unit, set) = text.split_once('=')?;
    let (first, last) = set.trim().split_once('-').filter(|_| unit.trim().eq_ignore_ascii_case("bytes"))?;
    let number = |digits: &str| {
        let digits = Some(digits).filter(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()))?;
        Some(digits.parse().unwrap_or(u64::MAX))
    };
    match (first, last) {
        ("", "") => None,
        ("", count) => number(count).map(ByteRange::Last),
        (first, "") => Some(ByteRange::From(number(first)?, None)),
        (first, last) => {
            let (first, last) = (number(first)?, number(last)?);
            (first <= last).then_some(ByteRange::From(first, Some(last)))
        }
    }
}

/// A range that the file reaches is not refused for want of bytes, whatever the file's server says.
fn reached(error: Error, size: Option<u64>) -> Error {
    if error.kind() == ErrorKind::RangeNotSatisfiable && size.is_some() {
        let detail = "The file's server does not have the part of the file that was asked for.";
        return error.into_kind(ErrorKind::InvalidResponse).retryable(true).with_detail(detail);
    }
    error
}

/// The bytes of a file of a known size: as many, or an error. The last of them go on only when it is certain that none
/// comes after, for whoever has as many as were promised takes them for the file.
fn exactly(stream: ByteStream, size: u64) -> ByteStream {
    let other_length = |what: &str| io::Error::new(io::ErrorKind::InvalidData, format!("the file {what}"));
    let counted = stream::try_unfold((stream, size, None), move |(mut stream, mut left, mut held)| async move {
        loop {
            let Some(bytes) = stream.try_next().await? else {
                let last = held.take();
                return if left == 0 {
                    Ok(last.map(|last| (last, (stream, 0, None))))
                } else {
                    Err(other_length("ends early"))
                };
            };
            left = left.checked_sub(bytes.len() as u64).ok_or_else(|| other_length("goes on behind its end"))?;
            if let Some(before) = held.replace(bytes) {
                return Ok(Some((before, (stream, left, held))));
            }
        }
    });
    counted.boxed()
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

fn content_type(file: &File, told: Option<String>) -> HeaderValue {
    let text = file.content_type.clone().or(told);
    let value = text.and_then(|text| HeaderValue::try_from(text).ok());
    value.unwrap_or(HeaderValue::from_static("application/octet-stream"))
}

type Fields = Vec<(HeaderName, HeaderValue)>;

/// What is said of a file's bytes. They come from anybody, so no browser shall take them for a page of the gateway's.
fn described(file: &File, etag: Option<HeaderValue>, content_type: HeaderValue, length: Option<u64>) -> Fields {
    let fixed = [
        (CONTENT_TYPE, content_type),
        (CONTENT_DISPOSITION, disposition(file.name.as_deref())),
        // Where a part would end is not known without a size.
        (ACCEPT_RANGES, HeaderValue::from_static(if file.size.is_some() { "bytes" } else { "none" })),
        (CACHE_CONTROL, REVALIDATE),
        (X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    ];
    let known = [etag.map(|etag| (ETAG, etag)), length.map(|length| (CONTENT_LENGTH, length.into()))];
    fixed.into_iter().chain(known.into_iter().flatten()).collect()
}

fn content_range(part: ContentRange, size: Option<u64>) -> Option<HeaderValue> {
    let size = part.size.or(size).map_or("*".to_owned(), |size| size.to_string());
    HeaderValue::try_from(format!("bytes {}-{}/{size}", part.first, part.last)).ok()
}

/// `attachment; filename="…"; filename*=UTF-8''…`: the first for programs that do not know the second (RFC 6266).
fn disposition(name: Option<&str>) -> HeaderValue {
    let text = name.map(|name| {
        let plain = |c: char| if matches!(c, ' '..='~') && !matches!(c, '"' | '\\' | '%') { c } else { '_' };
        let fallback: String = name.chars().map(plain).collect();
        format!("attachment; filename=\"{fallback}\"; filename*=UTF-8''{}", utf8_percent_encode(name, ATTRIBUTE))
    });
    let value = text.and_then(|text| HeaderValue::try_from(text).ok());
    value.unwrap_or(HeaderValue::from_static("attachment"))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_survives_in_a_header_whatever_it_is_made_of() {
        let cases = [
            ("clip.mp4", "attachment; filename=\"clip.mp4\"; filename*=UTF-8''clip.mp4"),
            ("a \"b\" 100%.mp4", "attachment; filename=\"a _b_ 100_.mp4\"; filename*=UTF-8''a%20%22b%22%20100%25.mp4"),
            ("夏.mp4", "attachment; filename=\"_.mp4\"; filename*=UTF-8''%E5%A4%8F.mp4"),
            ("a\r\nX: y", "attachment; filename=\"a__X: y\"; filename*=UTF-8''a%0D%0AX%3A%20y"),
        ];
        for (name, header) in cases {
            assert_eq!(disposition(Some(name)), header, "{name}");
        }
        assert_eq!(disposition(None), "attachment");
    }

    #[test]
    fn a_range_is_one_part_of_this_file_or_none() {
        let etag = HeaderValue::from_static("\"e\"");
        let range = |text: &'static str, condition: Option<&'static str>| {
            let fields = [Some((RANGE, text)), condition.map(|condition| (IF_RANGE, condition))];
            let headers = fields.into_iter().flatten().map(|(name, text)| (name, HeaderValue::from_static(text)));
            range(&headers.collect(), Some(&etag), Some(100)).map_err(|problem| problem.code())
        };
        let part = |first, last| Ok(Some(ByteRange::From(first, Some(last))));
        assert_eq!(range("bytes=0-9", None), part(0, 9));
        assert_eq!(range("bytes=90-", None), part(90, 99));
        assert_eq!(range("bytes=-7", None), part(93, 99));
        assert_eq!(range("bytes=-700", None), part(0, 99));
        assert_eq!(range("bytes=90-700", None), part(90, 99));
        assert_eq!(range("bytes=0-9", Some("\"e\"")), part(0, 9));
        assert_eq!(range("bytes=0-9", Some("\"other\"")), Ok(None));
        assert_eq!(range("bytes=0-9", Some("Wed, 21 Oct 2015 07:28:00 GMT")), Ok(None));
        assert_eq!(range("Bytes=0-99999999999999999999999", None), part(0, 99));
        assert_eq!(range("bytes=-0", None), Err(Code::RangeNotSatisfiable));
        for none in ["bytes=0-1,5-6", "bytes=9-1", "bytes=", "bytes=-", "lines=1-2", "bytes=a-b", "bytes=+1-2", "bytes"]
        {
            assert_eq!(range(none, None), Ok(None), "{none}");
        }
        assert_eq!(range("bytes=100-", None), Err(Code::RangeNotSatisfiable));
        assert_eq!(range("bytes=500-600", None), Err(Code::RangeNotSatisfiable));
    }
}
