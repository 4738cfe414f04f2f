//! Downloads: the bytes of a file, fetched from the site's file server and checked to be that file.
//!
//! The file server's answer is compared with the size and media type that the site's API reports. The reason: for an
//! expired link, sites answer with a web page under status 200.

use std::io;

use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use polyhost_domain::{
    ByteRange, ByteStream, Capability, Download, Error, ErrorKind, File, FileId, FileRef, FileStatus, Link, LinkAnswer,
};

use crate::accounts::Account;
use crate::problem::{Code, Problem};

/// Returns a URL from which a file can be downloaded.
///
/// # Errors
/// The site's errors; `upstream_rate_limited` if the site requires a wait before the download.
pub async fn link(account: &Account, file: &FileRef) -> Result<Link, Problem> {
    account.require(Capability::FilesDownload)?;
    match account.link(file).await {
        Ok(LinkAnswer::Ready(link)) => Ok(link),
        // Sites give the same answer for a file in the trash as for a file that they refuse to send.
        Err(error) if error.kind() == ErrorKind::Rejected => Err(match file {
            FileRef::Id(id) => downloadable(account, id).await.err().filter(is_missing).unwrap_or(error.into()),
            FileRef::ShortCode(_) => error.into(),
        }),
        Err(error) => Err(error.into()),
        Ok(LinkAnswer::NotReady { after }) => {
            let detail =
                "The site requires a wait before it gives a link to the file. Wait as long as Retry-After says.";
            Err(Problem::new(Code::UpstreamRateLimited, detail).retryable().retry_after(after))
        }
    }
}

fn is_missing(problem: &Problem) -> bool {
    problem.code() == Code::FileNotFound
}

/// Returns the bytes of a file, or a range of them. The length is set if the file's size is known or its server reports
/// the length.
///
/// # Errors
/// The site's errors; `upstream_invalid_response` if the file's server sends something else.
pub async fn fetch(account: &Account, file: &File, range: Option<ByteRange>) -> Result<Download, Problem> {
    let opened = match open(account, file, range).await {
        // A link may expire early. The second attempt uses a new one.
        Err(Unopened::DeadLink(_)) => open(account, file, range).await,
        opened => opened,
    };
    let Download { stream, length, range, content_type } = opened.map_err(Unopened::into_problem)?;
    let (stream, length) = match (length, file.size.filter(|_| range.is_none())) {
        (None, Some(size)) => (exactly(stream, size), Some(size)),
        (reported, _) => (stream, reported),
    };
    Ok(Download { stream, length, range, content_type })
}

/// Returns the file if it can be downloaded. If the site cannot read single files, returns only the id, unchecked.
///
/// # Errors
/// `file_not_found` for a file in the trash or a deleted one; else the site's errors.
pub async fn downloadable(account: &Account, id: &FileId) -> Result<File, Problem> {
    account.require(Capability::FilesDownload)?;
    if !account.capabilities().supports(Capability::FilesRead) {
        return Ok(File::bare(&account.profile().origin, id.clone()));
    }
    let file = account.file(id).await?;
    match file.status {
        FileStatus::Trashed | FileStatus::Deleted => {
            Err(account.nothing_has(Code::FileNotFound, "file", id.as_str()).and("It was deleted."))
        }
        _ => Ok(file),
    }
}

/// The failure of an attempt to open a download.
enum Unopened {
    /// The link may have expired: the site reports the file, but the file server does not find it, or sends something
    /// else.
    DeadLink(Problem),
    /// A cause other than the link. A new link would not help.
    Otherwise(Problem),
}

impl Unopened {
    fn into_problem(self) -> Problem {
        match self {
            Self::DeadLink(problem) | Self::Otherwise(problem) => problem,
        }
    }
}

/// Opens the download with a new link, and checks that the answer can be the file.
async fn open(account: &Account, file: &File, range: Option<ByteRange>) -> Result<Download, Unopened> {
    match account.open(&FileRef::Id(file.id.clone()), range).await {
        Ok(download) => {
            check_is_file(file, &download).map_err(Unopened::DeadLink)?;
            let stream = first_chunk_read(download.stream).await;
            let stream = stream.map_err(|error| Unopened::Otherwise(broken_off(file, &error)))?;
            Ok(Download { stream, ..download })
        }
        Err(error) if is_denied(&error) => Err(Unopened::DeadLink(error.into())),
        Err(error) => Err(Unopened::Otherwise(without_false_range_error(error, file.size).into())),
    }
}

fn broken_off(file: &File, error: &io::Error) -> Problem {
    tracing::debug!(%error, "the file's server answered with success and closed the connection before the first byte");
    let detail = "The file's server closed the connection before the first byte. Send the request again.";
    Problem::new(Code::UpstreamInvalidResponse, detail).retryable().caused_at(&file.provider, "download")
}

fn is_denied(error: &Error) -> bool {
    let status = error.answer().and_then(|answer| answer.http_status);
    matches!((error.kind(), status), (ErrorKind::FileNotFound | ErrorKind::SiteFailed, Some(400..=499)))
}

/// Replaces `RangeNotSatisfiable` if the file's size is known: the gateway has already checked the range against it, so
/// the file's server is wrong.
fn without_false_range_error(error: Error, size: Option<u64>) -> Error {
    if error.kind() == ErrorKind::RangeNotSatisfiable && size.is_some() {
        let detail = "The file's server rejected a range that lies within the file.";
        return error.into_kind(ErrorKind::InvalidResponse).retryable(true).with_detail(detail);
    }
    error
}

/// Rejects an answer of the file's server that cannot be the file.
fn check_is_file(file: &File, download: &Download) -> Result<(), Problem> {
    let size = match download.range {
        Some(part) => part.size,
        None => download.length,
    };
    let same_size = size.zip(file.size).map(|(sent, reported)| sent == reported);
    let page = |text: &str| text.trim_start().to_ascii_lowercase().starts_with("text/html");
    let other_type = same_size.is_none()
        && download.content_type.as_deref().is_some_and(page)
        && !file.content_type.as_deref().is_some_and(page);
    if same_size == Some(false) || other_type {
        let detail = "The file's server sent something other than the file, even with a new link. Try again later.";
        return Err(Problem::new(Code::UpstreamInvalidResponse, detail)
            .retryable()
            .caused_at(&file.provider, "download"));
    }
    Ok(())
}

/// Returns a stream that yields exactly `size` bytes, or ends with an error. It holds back the last chunk until the end
/// of `stream`, because a client that has received the announced length takes the download for complete.
fn exactly(stream: ByteStream, size: u64) -> ByteStream {
    let other_length = |what: &str| io::Error::new(io::ErrorKind::InvalidData, format!("the file {what}"));
    let counted = stream::try_unfold((stream, size, None), move |(mut stream, mut left, mut held)| async move {
        loop {
            let Some(bytes) = stream.try_next().await? else {
                let last = held.take();
                return if left == 0 {
                    Ok(last.map(|last| (last, (stream, 0, None))))
                } else {
                    Err(other_length("is shorter than its size"))
                };
            };
            left = left.checked_sub(bytes.len() as u64).ok_or_else(|| other_length("is longer than its size"))?;
            if let Some(before) = held.replace(bytes) {
                return Ok(Some((before, (stream, left, held))));
            }
        }
    });
    counted.boxed()
}

/// Waits for the first chunk, and returns the same stream. Until then the response has not started, so an error can
/// still become a problem.
///
/// # Errors
/// The error with which the stream begins.
async fn first_chunk_read(mut stream: ByteStream) -> io::Result<ByteStream> {
    Ok(match stream.try_next().await? {
        Some(first) => stream::iter([Ok(first)]).chain(stream).boxed(),
        None => stream,
    })
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;

    #[tokio::test]
    async fn stream_that_begins_with_an_error_is_rejected() {
        let broken = || Err(io::Error::from(io::ErrorKind::UnexpectedEof));
        assert!(first_chunk_read(stream::iter([broken()]).boxed()).await.is_err());
        let pieces = || stream::iter([Ok(Bytes::from_static(b"a")), broken()]).boxed();
        let chunks: Vec<io::Result<Bytes>> = first_chunk_read(pieces()).await.unwrap().collect().await;
        assert!(chunks[0].is_ok() && chunks[1].is_err() && chunks.len() == 2);
    }
}
