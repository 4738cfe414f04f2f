//! Checks of uploads that must fail or must not succeed as requested: bodies of the wrong length, wrong digests, wrong
//! credentials and unknown folders.

use polyhost_domain::{Capability, ErrorKind, FolderId, Upload};

use crate::body::Source;
use crate::check::check;
use crate::scratch::{Scratch, in_scratch, unique, upload};
use crate::uploads::{declares_sha1, stored};
use crate::{Check, Failure, Subject, body, expect, observe, unknown};

pub(crate) const CHECKS: &[Check] = &[
    check!(an_upload_with_a_wrong_digest_leaves_no_file, FilesUpload),
    check!(an_upload_whose_body_ends_early_is_incomplete, FilesUpload),
    check!(an_upload_whose_body_fails_is_incomplete, FilesUpload),
    check!(an_upload_never_sends_more_than_its_length, FilesUpload),
    check!(a_refused_upload_reads_no_byte, FilesUpload),
    check!(an_upload_to_an_unknown_folder_has_the_right_error, FilesUpload),
];

/// If the site reports a reliable SHA-1, a file whose SHA-1 differs from the caller's is rejected and not kept.
///
/// # Errors
/// The first expectation that does not hold.
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
        expect_no_file(scratch, &name).await
    })
    .await
}

/// A body with fewer bytes than it declares creates no file.
///
/// # Errors
/// The first expectation that does not hold.
pub async fn an_upload_whose_body_ends_early_is_incomplete(subject: &Subject) -> Result<(), Failure> {
    in_scratch(subject, async |scratch| {
        for (sent, declared) in [(1000, 1001), (100_000, 200_000)] {
            let bytes = body::pattern(sent);
            incomplete(scratch, declared, |name| upload(name, &scratch.base, declared, body::once(&bytes))).await?;
            let source = Source::complete(&bytes);
            incomplete(scratch, declared, |name| upload(name, &scratch.base, declared, source.body())).await?;
            expect::that(
                source.opened() <= 1,
                "how often a body that ended early was opened",
                "at most once",
                source.opened(),
            )?;
        }
        Ok(())
    })
    .await
}

/// A body that fails midway creates no file and is not sent again.
///
/// # Errors
/// The first expectation that does not hold.
pub async fn an_upload_whose_body_fails_is_incomplete(subject: &Subject) -> Result<(), Failure> {
    in_scratch(subject, async |scratch| {
        let bytes = body::pattern(50_000);
        let length = 2 * bytes.len();
        incomplete(scratch, length, |name| upload(name, &scratch.base, length, body::once_failing(&bytes))).await?;
        let source = Source::failing(&bytes);
        incomplete(scratch, length, |name| upload(name, &scratch.base, length, source.body())).await?;
        expect::that(source.opened() <= 1, "how often a body that failed was opened", "at most once", source.opened())
    })
    .await
}

/// If a body has more bytes than it declares, the site receives only the declared number.
///
/// # Errors
/// The first expectation that does not hold.
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

/// The adapter makes all preparatory requests before it reads the body. With wrong credentials it therefore reads no
/// byte.
///
/// # Errors
/// The first expectation that does not hold.
pub async fn a_refused_upload_reads_no_byte(subject: &Subject) -> Result<(), Failure> {
    let bytes = body::pattern(1000);
    let source = Source::complete(&bytes);
    for body in [source.body(), source.body_once()] {
        let new = upload(&unique(".mp4"), &FolderId::Root, bytes.len(), body)?;
        let doing = "uploading with wrong credentials";
        expect::kind(subject.stranger.upload(new).await, ErrorKind::CredentialsRejected, doing)?;
        expect::equal(&source.read(), &0, "the pieces read from the body of a refused upload")?;
    }
    Ok(())
}

/// A site may accept a file for a folder that does not exist. If it refuses, the error is `FolderNotFound`.
///
/// # Errors
/// The first expectation that does not hold.
pub async fn an_upload_to_an_unknown_folder_has_the_right_error(subject: &Subject) -> Result<(), Failure> {
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

/// Expects an upload to fail as incomplete and to leave no file.
async fn incomplete(
    scratch: &Scratch<'_>,
    declared: usize,
    make: impl FnOnce(&str) -> Result<Upload, Failure>,
) -> Result<(), Failure> {
    let name = unique(".mp4");
    let doing = format!("uploading fewer bytes than the {declared} declared");
    expect::kind(scratch.upload(make(&name)?).await, ErrorKind::BodyIncomplete, &doing)?;
    expect_no_file(scratch, &name).await
}

/// Expects that the scratch folder lists no file of this name.
async fn expect_no_file(scratch: &Scratch<'_>, name: &str) -> Result<(), Failure> {
    if !scratch.can(Capability::FoldersList) {
        return Ok(());
    }
    let name = scratch.subject.site.spelling(name);
    let mut left = observe::listing(scratch.subject, &scratch.base).await?.files;
    left.retain(|file| file.name.as_deref() == Some(&name));
    expect::that(left.is_empty(), "the folder after an upload that failed", "no file of that name", left)
}
