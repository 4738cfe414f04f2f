//! Uploads that must fail, or not do what they were asked for: bodies that do not hold what they promise, digests that
//! are not theirs, credentials and folders that are not there.

use polyhost_domain::{Capability, ErrorKind, FolderId, Upload};

use crate::body::Source;
use crate::check::check;
use crate::scratch::{Scratch, in_scratch, unique, upload};
use crate::uploads::{declares_sha1, stored};
use crate::{Check, Failure, Subject, body, expect, observe, unknown};

pub(crate) const CHECKS: &[Check] = &[
    check!(an_upload_with_a_wrong_digest_leaves_no_file, FilesUpload),
    check!(an_upload_whose_body_ends_early_is_incomplete, FilesUpload),
    check!(an_upload_whose_body_breaks_is_incomplete, FilesUpload),
    check!(an_upload_never_sends_more_than_its_length, FilesUpload),
    check!(an_upload_that_is_refused_has_read_no_byte, FilesUpload),
    check!(an_upload_to_an_unknown_folder_does_not_fail_as_something_else, FilesUpload),
];

/// Where the site can be held to a digest, a file that does not have the caller's is refused.
///
/// # Errors
/// What was otherwise.
pub async fn an_upload_with_a_wrong_digest_leaves_no_file(subject: &Subject) -> Result<(), Failure> {
    if !declares_sha1(subject) {
        return Ok(());
    }
    in_scratch(subject, async |scratch| {
        let bytes = body::pattern(2000);
        let name = unique(".mp4");
        let new = upload(&name, &scratch.base, bytes.len(), body::once(&bytes))?;
        let wrong = body::sha1_of(b"something else").parse().ok();
        let outcome = scratch.upload(Upload { sha1: wrong, ..new }).await;
        expect::that(outcome.is_err(), "uploading with a wrong SHA-1", "an error", &outcome)?;
        left_nothing(scratch, &name).await
    })
    .await
}

/// A body with fewer bytes than were promised makes no file.
///
/// # Errors
/// What was otherwise.
pub async fn an_upload_whose_body_ends_early_is_incomplete(subject: &Subject) -> Result<(), Failure> {
    in_scratch(subject, async |scratch| {
        for (sent, promised) in [(1000, 1001), (100_000, 200_000)] {
            let bytes = body::pattern(sent);
            incomplete(scratch, promised, |name| upload(name, &scratch.base, promised, body::once(&bytes))).await?;
            let source = Source::sound(&bytes);
            incomplete(scratch, promised, |name| upload(name, &scratch.base, promised, source.body())).await?;
            expect::that(source.opened() <= 1, "a body that ended early", "to be opened once", source.opened())?;
        }
        Ok(())
    })
    .await
}

/// A body that breaks makes no file, and is not sent twice.
///
/// # Errors
/// What was otherwise.
pub async fn an_upload_whose_body_breaks_is_incomplete(subject: &Subject) -> Result<(), Failure> {
    in_scratch(subject, async |scratch| {
        let bytes = body::pattern(50_000);
        let length = 2 * bytes.len();
        incomplete(scratch, length, |name| upload(name, &scratch.base, length, body::once_broken(&bytes))).await?;
        let source = Source::breaking(&bytes);
        incomplete(scratch, length, |name| upload(name, &scratch.base, length, source.body())).await?;
        expect::that(source.opened() <= 1, "a body that broke", "to be opened once", source.opened())
    })
    .await
}

/// Of a body with more bytes than were promised, the site gets no more than the promised ones.
///
/// # Errors
/// What was otherwise.
pub async fn an_upload_never_sends_more_than_its_length(subject: &Subject) -> Result<(), Failure> {
    in_scratch(subject, async |scratch| {
        let bytes = body::pattern(30_000);
        let length = 20_000;
        let new = upload(&unique(".mp4"), &scratch.base, length, body::once(&bytes))?;
        match scratch.upload(new).await {
            Ok(file) => stored(subject, &file, &bytes.slice(..length)).await,
            Err(_) => Ok(()),
        }
    })
    .await
}

/// What the site wants before the bytes is got before the first of them is read: wrong credentials cost no byte.
///
/// # Errors
/// What was otherwise.
pub async fn an_upload_that_is_refused_has_read_no_byte(subject: &Subject) -> Result<(), Failure> {
    let bytes = body::pattern(1000);
    let source = Source::sound(&bytes);
    for body in [source.body(), source.body_once()] {
        let new = upload(&unique(".mp4"), &FolderId::Root, bytes.len(), body)?;
        let doing = "uploading with wrong credentials";
        expect::kind(subject.stranger.upload(new).await, ErrorKind::CredentialsRejected, doing)?;
        expect::equal(&source.taken(), &0, "the pieces read from the body of a refused upload")?;
    }
    Ok(())
}

/// A site may take a file for a folder that it does not have; where it does not, it is the folder that is missing.
///
/// # Errors
/// What was otherwise.
pub async fn an_upload_to_an_unknown_folder_does_not_fail_as_something_else(subject: &Subject) -> Result<(), Failure> {
    in_scratch(subject, async |scratch| {
        let bytes = body::pattern(100);
        let new = upload(&unique(".mp4"), &unknown::folder(subject)?, bytes.len(), body::once(&bytes))?;
        match scratch.upload(new).await {
            Ok(_) => Ok(()),
            refusal => expect::kind(refusal, ErrorKind::FolderNotFound, "uploading to an unknown folder"),
        }
    })
    .await
}

/// That an upload ends as incomplete and leaves no file.
async fn incomplete(
    scratch: &Scratch<'_>,
    promised: usize,
    make: impl FnOnce(&str) -> Result<Upload, Failure>,
) -> Result<(), Failure> {
    let name = unique(".mp4");
    let doing = format!("uploading fewer bytes than the {promised} promised");
    expect::kind(scratch.upload(make(&name)?).await, ErrorKind::BodyIncomplete, &doing)?;
    left_nothing(scratch, &name).await
}

/// That no file of a name has appeared.
async fn left_nothing(scratch: &Scratch<'_>, name: &str) -> Result<(), Failure> {
    if !scratch.can(Capability::FoldersList) {
        return Ok(());
    }
    let name = scratch.subject.site.spelling(name);
    let mut left = observe::listing(scratch.subject, &scratch.base).await?.files;
    left.retain(|file| file.name.as_deref() == Some(&name));
    expect::that(left.is_empty(), "the folder after an upload that failed", "no file of that name", left)
}
