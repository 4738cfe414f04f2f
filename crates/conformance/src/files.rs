//! Checks of file lookups, single and many at once, and of thumbnails.

use std::collections::HashSet;

use polyhost_domain::{Capability, ErrorKind, File, FileId, FileLookup, FileStatus};

use crate::check::check;
use crate::scratch::in_scratch;
use crate::{Check, Failure, Subject, expect, observe, unknown};

pub(crate) const CHECKS: &[Check] = &[
    check!(a_lookup_finds_the_file_requested, FilesRead, FilesUpload),
    check!(an_unknown_file_is_not_found, FilesRead),
    check!(a_lookup_of_many_answers_each_id_in_order, FilesRead, FilesLookup, FilesUpload),
    check!(a_lookup_of_many_is_batched, FilesRead, FilesLookup),
    check!(a_lookup_of_two_is_refused_or_answered, FilesRead),
    check!(a_broken_file_is_returned_as_broken, FilesRead),
    check!(a_blocked_file_is_a_legal_block, FilesRead),
    check!(a_lookup_without_ids_sends_no_request, FilesRead),
    check!(a_thumbnail_has_its_own_address, FilesThumbnail, FilesUpload),
    check!(the_thumbnail_of_an_unknown_file_is_not_found, FilesThumbnail),
];

/// The number of ids in the long lookups. At 50 ids a request, as a site may allow, it takes three requests.
const MANY: usize = 120;

/// A lookup returns a file as it was uploaded.
///
/// # Errors
/// The first expectation that does not hold.
pub async fn a_lookup_finds_the_file_requested(subject: &Subject) -> Result<(), Failure> {
    in_scratch(subject, async |scratch| {
        let sample = scratch.file().await?;
        let found = expect::some(observe::file(subject, &sample.id).await?, "an uploaded file")?;
        well_formed(subject, &found, "a file looked up")?;
        expect::equal(&found.id, &sample.id, "the id of a file looked up")?;
        expect::equal(&found.name.as_deref(), &Some(sample.name.as_str()), "the name of a file looked up")?;
        expect_size(subject, &found, sample.bytes.len(), "a file looked up")?;
        let unusable = [FileStatus::Trashed, FileStatus::Deleted, FileStatus::Failed];
        expect::that(!unusable.contains(&found.status), "the status of a new file", "a usable one", found.status)?;
        let folder = subject.provider.profile().reports_folder.then(|| scratch.base.clone());
        expect::equal(&found.folder_id, &folder, "the folder of a file looked up")
    })
    .await
}

/// An unknown id is `FileNotFound`.
///
/// # Errors
/// The first expectation that does not hold.
pub async fn an_unknown_file_is_not_found(subject: &Subject) -> Result<(), Failure> {
    observe::not_found(&observe::lookup(subject, &unknown::file(subject, 0)?).await?, "looking up an unknown file")
}

/// Among many ids, most of them unknown, each known file is found at its position. Batch boundaries make no difference.
///
/// # Errors
/// The first expectation that does not hold.
pub async fn a_lookup_of_many_answers_each_id_in_order(subject: &Subject) -> Result<(), Failure> {
    in_scratch(subject, async |scratch| {
        let mut ids = unknown_ids(subject)?;
        let mut known = HashSet::new();
        // The ids are filled from the end, so the newest file comes first. There is one on both sides of each possible
        // batch boundary.
        for place in [0, 1, 49, 50, 51, 99, 100, MANY - 1] {
            if let Some(id) = ids.iter_mut().rev().nth(place) {
                *id = scratch.file().await?.id;
                known.insert(id.clone());
            }
        }
        let answers = expect::ok(subject.provider.files(&ids).await, "looking up many files")?;
        expect::equal(&answers.len(), &ids.len(), "the number of answers to a lookup of many")?;
        for (place, (id, answer)) in ids.iter().zip(&answers).enumerate() {
            match answer {
                FileLookup::Found(file) => {
                    well_formed(subject, file, "a file among many")?;
                    expect::equal(&file.id, id, &format!("the file in place {place} of the answers"))?;
                }
                other if known.contains(id) => {
                    let what = format!("the known file in place {place} of the answers");
                    return Err(Failure::new(what, "the file", format!("{other:?}")));
                }
                other => observe::not_found(other, &format!("the unknown file in place {place} of the answers"))?,
            }
        }
        Ok(())
    })
    .await
}

/// A site that looks up many files in one request is not sent one request for each file.
///
/// # Errors
/// The first expectation that does not hold.
pub async fn a_lookup_of_many_is_batched(subject: &Subject) -> Result<(), Failure> {
    let ids = unknown_ids(subject)?;
    let before = subject.site.requests().await;
    expect::ok(subject.provider.files(&ids).await, "looking up many files")?;
    let sent = subject.site.requests().await.saturating_sub(before);
    let what = format!("the requests for a lookup of {} files", ids.len());
    expect::that(sent < ids.len() || ids.len() < 2, &what, "fewer than files", sent)
}

/// Without `files.lookup`, a lookup of several files is refused without a request, or answered file by file.
///
/// # Errors
/// The first expectation that does not hold.
pub async fn a_lookup_of_two_is_refused_or_answered(subject: &Subject) -> Result<(), Failure> {
    if subject.can(Capability::FilesLookup) {
        return Ok(());
    }
    let ids = [unknown::file(subject, 1)?, unknown::file(subject, 2)?];
    let doing = "looking up two files without files.lookup";
    let before = subject.site.requests().await;
    match subject.provider.files(&ids).await {
        Ok(answers) => {
            expect::equal(&answers.len(), &ids.len(), "the number of answers to a lookup of two files")?;
            answers.iter().try_for_each(|answer| observe::not_found(answer, doing))
        }
        refusal => {
            expect::kind(refusal, ErrorKind::Unsupported(Capability::FilesLookup), doing)?;
            expect::equal(&subject.site.requests().await, &before, "the requests after a refused lookup")
        }
    }
}

/// A file that the site calls broken is returned as `Broken`, with the status `Failed`.
///
/// # Errors
/// The first expectation that does not hold.
pub async fn a_broken_file_is_returned_as_broken(subject: &Subject) -> Result<(), Failure> {
    let Some(broken) = &subject.known.broken else { return Ok(()) };
    match observe::lookup(subject, broken).await? {
        FileLookup::Broken(file, _) => {
            well_formed(subject, &file, "a broken file")?;
            expect::equal(&file.id, broken, "the id of a broken file")?;
            expect::equal(&file.status, &FileStatus::Failed, "the status of a broken file")
        }
        other => Err(Failure::new("looking up a broken file", "Broken with the file", format!("{other:?}"))),
    }
}

/// A file that is blocked for legal reasons fails as `LegalBlock`, or is returned as suspended with that error.
///
/// # Errors
/// The first expectation that does not hold.
pub async fn a_blocked_file_is_a_legal_block(subject: &Subject) -> Result<(), Failure> {
    let Some(blocked) = &subject.known.blocked else { return Ok(()) };
    match observe::lookup(subject, blocked).await? {
        FileLookup::Failed(error) if error.kind() == ErrorKind::LegalBlock => Ok(()),
        FileLookup::Broken(file, error) if error.kind() == ErrorKind::LegalBlock => {
            expect::equal(&file.status, &FileStatus::Suspended, "the status of a blocked file")
        }
        other => Err(Failure::new("looking up a blocked file", "LegalBlock", format!("{other:?}"))),
    }
}

/// A lookup without ids returns no answers and sends no request.
///
/// # Errors
/// The first expectation that does not hold.
pub async fn a_lookup_without_ids_sends_no_request(subject: &Subject) -> Result<(), Failure> {
    let answers = expect::silent(subject, "looking up no file", subject.provider.files(&[])).await?;
    let answers = expect::ok(answers, "looking up no file")?;
    expect::that(answers.is_empty(), "the answers to a lookup of no file", "none", answers)
}

/// A thumbnail has a web address of its own.
///
/// # Errors
/// The first expectation that does not hold.
pub async fn a_thumbnail_has_its_own_address(subject: &Subject) -> Result<(), Failure> {
    in_scratch(subject, async |scratch| {
        let sample = scratch.file().await?;
        let other = scratch.file().await?;
        let url = expect::ok(subject.provider.thumbnail(&sample.id).await, "requesting a thumbnail")?;
        expect::that(matches!(url.scheme(), "http" | "https"), "the thumbnail's address", "http or https", &url)?;
        let others = expect::ok(subject.provider.thumbnail(&other.id).await, "requesting another thumbnail")?;
        expect::that(url != others, "the thumbnails of two files", "two addresses", url)
    })
    .await
}

/// Requesting the thumbnail of an unknown file fails as `FileNotFound`.
///
/// # Errors
/// The first expectation that does not hold.
pub async fn the_thumbnail_of_an_unknown_file_is_not_found(subject: &Subject) -> Result<(), Failure> {
    let answer = subject.provider.thumbnail(&unknown::file(subject, 0)?).await;
    expect::kind(answer, ErrorKind::FileNotFound, "requesting the thumbnail of an unknown file")
}

/// Expects a file to be of the account, with a valid id and plausible times.
pub(crate) fn well_formed(subject: &Subject, file: &File, what: &str) -> Result<(), Failure> {
    expect::origin(subject, &file.account, &file.provider, what)?;
    let parsed = subject.provider.profile().ids.file(file.id.as_str());
    expect::equal(&parsed.as_ref(), &Ok(&file.id), &format!("the id of {what}, by the profile's grammar"))?;
    expect::time(file.uploaded_at, &format!("the uploaded_at of {what}"))?;
    expect::time(file.last_accessed_at, &format!("the last_accessed_at of {what}"))
}

/// Expects a file to have this size. Where the profile says that listings have no sizes, the size may be unknown.
pub(crate) fn expect_size(subject: &Subject, file: &File, length: usize, what: &str) -> Result<(), Failure> {
    if file.size.is_none() && !subject.provider.profile().reports_sizes() {
        return Ok(());
    }
    expect::equal(&file.size, &Some(length as u64), &format!("the size of {what}"))
}

fn unknown_ids(subject: &Subject) -> Result<Vec<FileId>, Failure> {
    let most = subject.provider.profile().max_batch.min(MANY);
    (1..).take(most).map(|number| unknown::file(subject, number)).collect()
}
