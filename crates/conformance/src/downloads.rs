//! Checks of downloads: links, whole files and byte ranges.

use futures_util::TryStreamExt;
use polyhost_domain::{ByteRange, Download, ErrorKind, FileId, FileRef, LinkAnswer};

use crate::check::check;
use crate::scratch::in_scratch;
use crate::{Check, Failure, Subject, expect, observe, unknown};

pub(crate) const CHECKS: &[Check] = &[
    check!(a_link_is_for_the_file, FilesDownload, FilesUpload),
    check!(a_file_downloads_unchanged, FilesDownload, FilesUpload),
    check!(a_range_returns_the_part_requested, FilesDownload, FilesUpload),
    check!(a_range_past_the_end_cannot_be_satisfied, FilesDownload, FilesUpload),
    check!(an_unknown_file_cannot_be_downloaded, FilesDownload),
];

/// The answer is a link with a web address for the requested file, or a wait.
///
/// # Errors
/// The first expectation that does not hold.
pub async fn a_link_is_for_the_file(subject: &Subject) -> Result<(), Failure> {
    in_scratch(subject, async |scratch| {
        let sample = scratch.file().await?;
        for reference in references(subject, &sample.id).await? {
            let answer = subject.provider.link(&reference).await;
            let Some(answer) = unless_short_code_rejected(&reference, answer, "requesting a link")? else { continue };
            let LinkAnswer::Ready(link) = answer else { continue };
            let scheme = link.url.scheme();
            expect::that(matches!(scheme, "http" | "https"), "the scheme of a link", "http or https", scheme)?;
            expect::equal(link.file_id.as_ref().unwrap_or(&sample.id), &sample.id, "the file of a link")?;
            expect::equal(link.name.as_ref().unwrap_or(&sample.name), &sample.name, "the name of a link's file")?;
            expect::time(link.expires_at, "the expires_at of a link")?;
        }
        Ok(())
    })
    .await
}

/// A download returns the bytes that were uploaded.
///
/// # Errors
/// The first expectation that does not hold.
pub async fn a_file_downloads_unchanged(subject: &Subject) -> Result<(), Failure> {
    in_scratch(subject, async |scratch| {
        let sample = scratch.file().await?;
        for reference in references(subject, &sample.id).await? {
            let download = subject.provider.open(&reference, None).await;
            let Some(download) = unless_short_code_rejected(&reference, download, "downloading a file")? else {
                continue;
            };
            expect::equal(&download.range, &None, "the range of a whole download")?;
            assert_content(download, &sample.bytes).await?;
        }
        Ok(())
    })
    .await
}

/// A range request returns the requested bytes, and the answer names the range.
///
/// # Errors
/// The first expectation that does not hold.
pub async fn a_range_returns_the_part_requested(subject: &Subject) -> Result<(), Failure> {
    in_scratch(subject, async |scratch| {
        let sample = scratch.file().await?;
        let size = sample.bytes.len();
        let ranges = [
            (ByteRange::From(0, Some(0)), 0, 1),
            (ByteRange::From(10, Some(99)), 10, 100),
            (ByteRange::From(900, None), 900, size),
            (ByteRange::Last(7), size - 7, size),
        ];
        for (range, first, end) in ranges {
            let reference = FileRef::Id(sample.id.clone());
            let download = subject.provider.open(&reference, Some(range)).await;
            let download = expect::ok(download, "downloading a part of a file")?;
            let range = expect::some(download.range, "the range of a part")?;
            expect::equal(&(range.first, range.last), &(first as u64, end as u64 - 1), "the range of a part")?;
            expect::equal(
                &range.size.unwrap_or(size as u64),
                &(size as u64),
                "the size of the whole file in a part's answer",
            )?;
            assert_content(download, &sample.bytes.slice(first..end)).await?;
        }
        Ok(())
    })
    .await
}

/// A range that begins at or after the file's end is an error: neither an empty part nor the whole file.
///
/// # Errors
/// The first expectation that does not hold.
pub async fn a_range_past_the_end_cannot_be_satisfied(subject: &Subject) -> Result<(), Failure> {
    in_scratch(subject, async |scratch| {
        let sample = scratch.file().await?;
        let size = sample.bytes.len() as u64;
        for range in [ByteRange::From(size, None), ByteRange::From(size + 1, Some(size + 10))] {
            let answer = subject.provider.open(&FileRef::Id(sample.id.clone()), Some(range)).await;
            expect::kind(answer, ErrorKind::RangeNotSatisfiable, "downloading a part past the end of a file")?;
        }
        Ok(())
    })
    .await
}

/// An unknown file can be neither linked to nor downloaded.
///
/// # Errors
/// The first expectation that does not hold.
pub async fn an_unknown_file_cannot_be_downloaded(subject: &Subject) -> Result<(), Failure> {
    let unknown = FileRef::Id(unknown::file(subject, 0)?);
    let answer = subject.provider.link(&unknown).await;
    expect::kind(answer, ErrorKind::FileNotFound, "requesting a link to an unknown file")?;
    let answer = subject.provider.open(&unknown, None).await;
    expect::kind(answer, ErrorKind::FileNotFound, "downloading an unknown file")
}

/// Returns the ways to refer to a file: its id, and its short code if it has one.
async fn references(subject: &Subject, file: &FileId) -> Result<Vec<FileRef>, Failure> {
    let short = observe::file(subject, file).await?.and_then(|found| found.short_code);
    let short = short.and_then(|code| subject.provider.profile().ids.short_code(&code).ok()).map(FileRef::ShortCode);
    Ok(std::iter::once(FileRef::Id(file.clone())).chain(short).collect())
}

/// Returns the answer, or `None` for a rejected short code: some sites have short codes but do not accept them as ids.
fn unless_short_code_rejected<T>(
    reference: &FileRef,
    answer: polyhost_domain::Result<T>,
    doing: &str,
) -> Result<Option<T>, Failure> {
    match (reference, answer) {
        (FileRef::ShortCode(_), Err(error)) if error.kind() == ErrorKind::Rejected => Ok(None),
        (_, answer) => expect::ok(answer, doing).map(Some),
    }
}

/// Checks that a download has exactly these bytes.
async fn assert_content(download: Download, bytes: &[u8]) -> Result<(), Failure> {
    let length = bytes.len() as u64;
    expect::equal(&download.length.unwrap_or(length), &length, "the length of a download")?;
    let pieces: Vec<_> = download
        .stream
        .try_collect()
        .await
        .map_err(|fault| Failure::new("a download", "a stream that ends without an error", fault.to_string()))?;
    let arrived = pieces.concat();
    expect::equal(&arrived.len(), &bytes.len(), "how many bytes a download gave")?;
    expect::that(arrived == bytes, "the bytes of a download", "the bytes that were uploaded", "other bytes")
}
