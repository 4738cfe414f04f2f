//! A file's bytes, fetched from where its site has them, and never something else than the file.
//!
//! What is told of a file (its size, its media type) is the API's word; what its server sends is held against that,
//! because sites answer a link that has died with a web page under status 200.

use std::io;

use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use polyhost_domain::{
    ByteRange, ByteStream, Capability, Download, Error, ErrorKind, File, FileId, FileRef, FileStatus, Link, LinkAnswer,
};

use crate::accounts::Account;
use crate::problem::{Code, Problem};

/// An address that gives a file's bytes.
///
/// # Errors
/// The site's own; `upstream_rate_limited` where it wants the caller to wait first.
pub async fn link(account: &Account, file: &FileRef) -> Result<Link, Problem> {
    account.require(Capability::FilesDownload)?;
    match account.link(file).await {
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

/// The bytes of a file, or a part of them. Their number is known where the file's size is, or its server tells it.
///
/// # Errors
/// The site's own; `upstream_invalid_response` where the file's server sends something else.
pub async fn fetch(account: &Account, file: &File, range: Option<ByteRange>) -> Result<Download, Problem> {
    let opened = match open(account, file, range).await {
        // Links die before their time; another one may live.
        Err(Unopened::DeadLink(_)) => open(account, file, range).await,
        opened => opened,
    };
    let Download { stream, length, range, content_type } = opened.map_err(Unopened::into_problem)?;
    let (stream, length) = match (length, file.size.filter(|_| range.is_none())) {
        (None, Some(size)) => (exactly(stream, size), Some(size)),
        (told, _) => (stream, told),
    };
    Ok(Download { stream, length, range, content_type })
}

/// The file, if its bytes can be had.
///
/// # Errors
/// 404 for a file that is in the trash; else the site's own.
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
    match account.open(&FileRef::Id(file.id.clone()), range).await {
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

/// The same bytes, of which the first have come: until then nothing was promised to the caller.
///
/// # Errors
/// How the stream begins, where that is an error.
async fn begun(mut stream: ByteStream) -> io::Result<ByteStream> {
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
    async fn a_stream_that_begins_with_an_error_is_none() {
        let broken = || Err(io::Error::from(io::ErrorKind::UnexpectedEof));
        assert!(begun(stream::iter([broken()]).boxed()).await.is_err());
        let pieces = || stream::iter([Ok(Bytes::from_static(b"a")), broken()]).boxed();
        let begun: Vec<io::Result<Bytes>> = begun(pieces()).await.unwrap().collect().await;
        assert!(begun[0].is_ok() && begun[1].is_err() && begun.len() == 2);
    }
}
