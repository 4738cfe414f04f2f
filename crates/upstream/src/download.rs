//! Downloads: a file is fetched from the address that the site has handed out. The requests carry no credentials and no
//! cookies, and never go to a prohibited network. A body that is shorter than announced is an error.

use std::io;
use std::time::{Duration, SystemTime};

use futures_util::{StreamExt, TryStreamExt, stream};
use headers::{ContentRange as ContentRangeField, HeaderMapExt};
use polyhost_domain::{
    ByteRange, ByteStream, ContentRange, Download, Error, ErrorKind, MediaType, Result, UpstreamAnswer,
};
use reqwest::header::{ACCEPT_ENCODING, CONTENT_ENCODING, CONTENT_TYPE, HeaderValue, LOCATION, RANGE};
use reqwest::{Request, Response, StatusCode};
use tokio::time::{Instant, timeout};
use url::Url;

use crate::attempts::Attempt;
use crate::client::{Client, Observed};
use crate::failure::Failure;
use crate::header::retry_after;
use crate::turns::Turn;
use crate::{Call, CallKind, SecretUrl};

/// The maximum number of redirects that are followed.
const MAX_REDIRECTS: usize = 5;

impl Client {
    /// Fetches a file, or a part of it, from an address that the site has handed out.
    ///
    /// Returns when the head of the answer has arrived. The stream reads the bytes on demand. It ends with an error if
    /// no byte arrives for `idle_timeout`, or if the body is shorter or longer than announced. It holds one of the
    /// account's places for requests in flight until it ends or is dropped.
    ///
    /// # Errors
    /// - `Unavailable`, `Timeout`, retryable: the file's server cannot be reached, or does not answer.
    /// - `RangeNotSatisfiable`: the file ends before the range begins.
    /// - `FileNotFound`, `LegalBlock`, `RateLimited`, `SiteFailed`: as the HTTP status says.
    /// - `Overloaded`, retryable: too many requests of the account are in flight.
    /// - `InvalidResponse`: too many redirects, a redirect to no address or a prohibited one, or an answer that is not
    ///   the requested range.
    pub async fn open(&self, operation: &'static str, url: Url, range: Option<ByteRange>) -> Result<Download> {
        let url = &url;
        let first = Call::get(operation, CallKind::Read, SecretUrl::handed_out(url.clone()));
        let attempt = |attempt: Attempt| async move {
            let Attempt { turn, limit, resends } = attempt;
            Ok::<_, Error>((self.follow(operation, url.clone(), range, Instant::now() + limit, resends).await?, turn))
        };
        let (response, turn) = self.attempts(&first, attempt).await?;
        let file_answer = FileAnswer { client: self, operation, status: response.status() };
        let extent = file_answer.extent(&response, range)?;
        // The announced length and range do not apply to a compressed body.
        if !is_plain(&response) {
            return Err(file_answer.invalid("compresses the file although the request forbids it"));
        }
        let length = response.content_length().or(extent.map(length_of));
        // A part that is the whole file is reported as a part only if a range was requested.
        let part = extent.filter(|part| range.is_some_and(|wanted| fits(*part, wanted)));
        let content_type =
            response.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).map(str::to_owned);
        let received = self.meter().received();
        let stream = bytes(response, length, self.settings().idle_timeout, turn);
        let stream = stream.inspect_ok(move |chunk| received.increment(chunk.len() as u64)).boxed();
        Ok(Download { stream, length, range: part, content_type })
    }

    /// Follows redirects, and returns the head of the final answer: the file, or a part of it.
    async fn follow(
        &self,
        operation: &'static str,
        mut url: Url,
        range: Option<ByteRange>,
        deadline: Instant,
        resends: u32,
    ) -> Result<Response> {
        for _ in 0..=MAX_REDIRECTS {
            let call = Call::get(operation, CallKind::Read, SecretUrl::handed_out(url.clone()));
            let mut request = self.file_request(&call)?;
            set_headers(&mut request, range);
            let response = self.head(&call, request, deadline, resends).await?;
            if !response.status().is_redirection() {
                return Ok(response);
            }
            let location = response.headers().get(LOCATION).and_then(|value| value.to_str().ok());
            let file_answer = FileAnswer { client: self, operation, status: response.status() };
            let next = location.and_then(|location| url.join(location).ok());
            url = next.ok_or_else(|| file_answer.invalid("redirects to no address"))?;
        }
        let file_answer = FileAnswer { client: self, operation, status: StatusCode::FOUND };
        Err(file_answer.invalid("redirects more than five times"))
    }

    /// Sends one request, and returns the head of an answer that is a redirect or has the file.
    async fn head(&self, call: &Call, mut request: Request, deadline: Instant, resends: u32) -> Result<Response> {
        let span = self.span(call, resends);
        span.propagate(request.headers_mut());
        let limit = deadline.saturating_duration_since(Instant::now());
        let answer = timeout(limit, self.files().execute(request));
        let answer = async {
            match answer.await {
                Ok(answer) => answer.map_err(Failure::sending),
                Err(_) => Err(Failure::slow(limit)),
            }
        };
        let judge = |answer: Result<Response>| {
            let response = answer?;
            let status = response.status();
            let has_file = matches!(status, StatusCode::OK | StatusCode::PARTIAL_CONTENT);
            let file_answer = FileAnswer { client: self, operation: call.operation, status };
            if has_file || status.is_redirection() { Ok(response) } else { Err(file_answer.refusal(&response)) }
        };
        self.observe(call, span, answer, judge).await
    }
}

impl Observed for Response {
    fn http_status(&self) -> u16 {
        self.status().as_u16()
    }

    /// Only the head is in memory; the body is streamed.
    fn length(&self) -> usize {
        0
    }
}

/// The answer of a file's server: the context of the errors that are built from it.
struct FileAnswer<'a> {
    client: &'a Client,
    operation: &'static str,
    status: StatusCode,
}

impl FileAnswer<'_> {
    /// Returns the range of the file in the answer, if the answer names one: the requested bytes, or all of them.
    ///
    /// Some servers answer every range request with 206, the whole file and the whole file's range.
    fn extent(&self, response: &Response, wanted: Option<ByteRange>) -> Result<Option<ContentRange>> {
        let field = response.headers().typed_get::<ContentRangeField>();
        let stated = field.and_then(|field| {
            let (first, last) = field.bytes_range()?;
            Some(ContentRange { first, last, size: field.bytes_len() }).filter(|_| first <= last)
        });
        if self.status != StatusCode::PARTIAL_CONTENT {
            let is_piece = |part: &ContentRange| part.size.map_or(part.first > 0, |_| !is_whole(*part));
            return match stated.filter(is_piece) {
                Some(_) => Err(self.invalid("answers with a part of the file as if it were the whole file")),
                None => Ok(None),
            };
        }
        let media = response.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok()?.parse().ok());
        if media.is_some_and(|media: MediaType| media.is("multipart/byteranges")) {
            return Err(self.invalid("answers with several parts of the file"));
        }
        let part = stated.ok_or_else(|| self.invalid("does not say which part of the file its answer has"))?;
        let as_long = response.content_length().is_none_or(|length| length_of(part) == length);
        let is_wanted = is_whole(part) || wanted.is_some_and(|wanted| fits(part, wanted));
        if is_wanted && as_long { Ok(Some(part)) } else { Err(self.invalid("answers with another part of the file")) }
    }

    /// Returns the error of an answer whose status is not that of a file.
    fn refusal(&self, response: &Response) -> Error {
        let (kind, detail) = match self.status.as_u16() {
            404 | 410 => (ErrorKind::FileNotFound, "The file's server does not have the file."),
            416 => (ErrorKind::RangeNotSatisfiable, "The file ends before the range begins."),
            429 | 509 => (ErrorKind::RateLimited, "The limit of the file's server is reached."),
            451 => (ErrorKind::LegalBlock, "The site blocks this for legal reasons."),
            400.. => (ErrorKind::SiteFailed, "The file's server rejected the request for the file."),
            _ => return self.invalid("does not answer with the file"),
        };
        let retryable = self.status.is_server_error() || kind == ErrorKind::RateLimited;
        let wait = retry_after(response.headers(), SystemTime::now());
        let wait = wait.or((kind == ErrorKind::RateLimited).then_some(Duration::from_secs(1)));
        self.error(kind).retryable(retryable).with_retry_after(wait).with_detail(detail)
    }

    fn invalid(&self, what: &str) -> Error {
        self.error(ErrorKind::InvalidResponse).retryable(true).with_detail(format!("The file's server {what}."))
    }

    fn error(&self, kind: ErrorKind) -> Error {
        let answer = UpstreamAnswer { http_status: Some(self.status.as_u16()), ..UpstreamAnswer::default() };
        Error::new(kind).at(&self.client.origin().provider, self.operation).with_answer(answer)
    }
}

fn set_headers(request: &mut Request, range: Option<ByteRange>) {
    let headers = request.headers_mut();
    headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
    let range = range.map(|range| match range {
        ByteRange::From(first, Some(last)) => format!("bytes={first}-{last}"),
        ByteRange::From(first, None) => format!("bytes={first}-"),
        ByteRange::Last(count) => format!("bytes=-{count}"),
    });
    if let Some(Ok(range)) = range.map(TryInto::try_into) {
        headers.insert(RANGE, range);
    }
}

fn length_of(part: ContentRange) -> u64 {
    (part.last - part.first).saturating_add(1)
}

fn is_whole(part: ContentRange) -> bool {
    part.first == 0 && part.size == Some(length_of(part))
}

/// Returns whether a part is the requested range, up to the end of the file.
fn fits(part: ContentRange, wanted: ByteRange) -> bool {
    let ends = |last: u64| part.last == last || part.size.is_some_and(|size| part.last + 1 == size && part.last < last);
    part.first <= part.last
        && match wanted {
            ByteRange::From(first, Some(last)) => part.first == first && ends(last),
            ByteRange::From(first, None) => part.first == first && part.size.is_none_or(|size| part.last + 1 == size),
            ByteRange::Last(count) => {
                part.size.is_none_or(|size| part.last + 1 == size && part.first == size.saturating_sub(count))
            }
        }
}

fn is_plain(response: &Response) -> bool {
    let encodings = response.headers().get_all(CONTENT_ENCODING);
    encodings.iter().all(|encoding| encoding.as_bytes().eq_ignore_ascii_case(b"identity"))
}

/// Returns the stream of an answer's body. It has exactly the announced length, or ends with an error.
fn bytes(response: Response, length: Option<u64>, idle: Duration, turn: Turn) -> ByteStream {
    let fault = |kind, what: &str| io::Error::new(kind, format!("the file {what}"));
    let begun = (response, length, turn);
    let counted = stream::try_unfold(begun, move |(mut response, left, turn)| async move {
        let stopped = |_| fault(io::ErrorKind::TimedOut, "stopped arriving");
        let next = timeout(idle, response.chunk()).await.map_err(stopped)?;
        match next.map_err(|error| io::Error::other(error.without_url()))? {
            None if left.is_none_or(|left| left == 0) => Ok(None),
            None => Err(fault(io::ErrorKind::UnexpectedEof, "ended early")),
            Some(chunk) => match left.map(|left| left.checked_sub(chunk.len() as u64)) {
                Some(None) => Err(fault(io::ErrorKind::InvalidData, "is longer than announced")),
                left => Ok(Some((chunk, (response, left.flatten(), turn)))),
            },
        }
    });
    counted.boxed()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn part_fits_the_requested_range_up_to_the_end_of_file() {
        let part = |first, last, size| ContentRange { first, last, size };
        let cases = [
            (ByteRange::From(0, Some(9)), part(0, 9, Some(100)), true),
            (ByteRange::From(0, Some(9)), part(0, 9, None), true),
            (ByteRange::From(90, Some(500)), part(90, 99, Some(100)), true),
            (ByteRange::From(0, Some(9)), part(0, 8, Some(100)), false),
            (ByteRange::From(0, Some(9)), part(1, 9, Some(100)), false),
            (ByteRange::From(0, Some(9)), part(0, 99, Some(100)), false),
            (ByteRange::From(5, None), part(5, 99, Some(100)), true),
            (ByteRange::From(5, None), part(5, 50, Some(100)), false),
            (ByteRange::Last(10), part(90, 99, Some(100)), true),
            (ByteRange::Last(1000), part(0, 99, Some(100)), true),
            (ByteRange::Last(10), part(0, 9, Some(100)), false),
        ];
        for (wanted, part, fitting) in cases {
            assert_eq!(fits(part, wanted), fitting, "{part:?} for {wanted:?}");
        }
    }
}
