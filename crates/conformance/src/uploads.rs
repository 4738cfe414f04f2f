//! Uploads: the bytes, the name, the folder and the digest as they arrive, and bodies that do not hold what they promise.

use bytes::Bytes;
use polyhost_domain::{Capability, Digest, ErrorKind, File, FolderId, Upload};

use crate::body::Source;
use crate::check::check;
use crate::scratch::{Scratch, in_scratch, unique, upload};
use crate::{Check, Failure, Subject, body, expect, files, observe, unknown};

pub(crate) const CHECKS: &[Check] = &[
    check!(an_upload_arrives_byte_for_byte, FilesUpload),
    check!(an_upload_keeps_its_name, FilesUpload),
    check!(an_upload_goes_to_the_folder_asked_for, FilesUpload),
    check!(an_upload_from_a_source_arrives_like_any_other, FilesUpload),
    check!(an_upload_has_the_digest_that_the_profile_declares, FilesUpload),
    check!(an_upload_with_a_wrong_digest_leaves_no_file, FilesUpload),
    check!(an_upload_whose_body_ends_early_is_incomplete, FilesUpload),
    check!(an_upload_whose_body_breaks_is_incomplete, FilesUpload),
    check!(an_upload_never_sends_more_than_its_length, FilesUpload),
    check!(an_upload_that_is_refused_has_read_no_byte, FilesUpload),
    check!(an_upload_to_an_unknown_folder_does_not_fail_as_something_else, FilesUpload),
];

/// Names that a form, a header or a lenient server may garble.
const NAMES: [&str; 8] = [
    " plain.mp4",
    " it's \"quoted\".mp4",
    " Le dîner de cons.mp4",
    " 夏目漱石 – こころ.mkv",
    " 🎬.webm",
    " 100%25 + a&b=c; d.mp4",
    " back\\slash.mp4",
    " two  spaces.tar.gz",
];

/// The site holds the bytes that were sent, and the answer says so.
///
/// # Errors
/// What was otherwise.
pub async fn an_upload_arrives_byte_for_byte(subject: &Subject) -> Result<(), Failure> {
    in_scratch(subject, async |scratch| {
        for length in [1, 1000, 150_001] {
            let bytes = body::pattern(length);
            let sample = scratch.file_of(&unique(".mp4"), &scratch.base, bytes).await?;
            files::well_formed(subject, &sample.file, "an uploaded file")?;
            expect::equal(&sample.file.size, &Some(length as u64), "the size that an upload answers")?;
            stored(subject, &sample.file, &sample.bytes).await?;
        }
        Ok(())
    })
    .await
}

/// The site gets the name that was given, whatever is in it.
///
/// # Errors
/// What was otherwise.
pub async fn an_upload_keeps_its_name(subject: &Subject) -> Result<(), Failure> {
    in_scratch(subject, async |scratch| {
        let usual = NAMES.iter().map(|ending| unique(ending));
        let hidden = std::iter::once(format!(".{}", unique(".mp4")));
        for name in usual.chain(hidden) {
            let sample = scratch.file_of(&name, &scratch.base, body::pattern(10)).await?;
            let name = Some(sample.name.as_str());
            expect::equal(&sample.file.name.as_deref(), &name, "the name that an upload answers")?;
            if let Some(found) = observe::file(subject, &sample.id).await? {
                expect::equal(&found.name.as_deref(), &name, "the name of an uploaded file")?;
            }
            if let Some(found) = observe::holds(subject, &scratch.base, &sample.id).await? {
                expect::equal(&found.name.as_deref(), &name, "the listed name of an uploaded file")?;
            }
        }
        Ok(())
    })
    .await
}

/// A file is in the folder that it was sent to, the root or another, and the answer names it.
///
/// # Errors
/// What was otherwise.
pub async fn an_upload_goes_to_the_folder_asked_for(subject: &Subject) -> Result<(), Failure> {
    in_scratch(subject, async |scratch| {
        for folder in [&FolderId::Root, &scratch.base] {
            let sample = scratch.file_in(folder).await?;
            expect::equal(&sample.file.folder_id.as_ref(), &Some(folder), "the folder that an upload answers")?;
            observe::holds(subject, folder, &sample.id).await?;
        }
        Ok(())
    })
    .await
}

/// A source that can be read again is sent as well as one that cannot.
///
/// # Errors
/// What was otherwise.
pub async fn an_upload_from_a_source_arrives_like_any_other(subject: &Subject) -> Result<(), Failure> {
    in_scratch(subject, async |scratch| {
        let bytes = body::pattern(150_001);
        let source = Source::sound(&bytes);
        let new = upload(&unique(".mp4"), &scratch.base, bytes.len(), source.body())?;
        let file = expect::ok(scratch.upload(new).await, "uploading from a source")?;
        stored(subject, &file, &bytes).await
    })
    .await
}

/// Where the site's digest is declared, it is the one of the bytes, and a caller's right digest does no harm.
///
/// # Errors
/// What was otherwise.
pub async fn an_upload_has_the_digest_that_the_profile_declares(subject: &Subject) -> Result<(), Failure> {
    if !declares_sha1(subject) {
        return Ok(());
    }
    in_scratch(subject, async |scratch| {
        let bytes = body::pattern(20_000);
        let digest = body::sha1_of(&bytes);
        for told in [None, digest.parse().ok()] {
            let new = upload(&unique(".mp4"), &scratch.base, bytes.len(), body::once(&bytes))?;
            let file = expect::ok(scratch.upload(Upload { sha1: told, ..new }).await, "uploading with a digest")?;
            expect::equal(&file.sha1, &Some(digest.clone()), "the SHA-1 that an upload answers")?;
            if let Some(found) = observe::file(subject, &file.id).await? {
                expect::equal(&found.sha1, &Some(digest.clone()), "the SHA-1 of an uploaded file")?;
            }
        }
        Ok(())
    })
    .await
}

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

/// That the site holds exactly these bytes for a file.
pub(crate) async fn stored(subject: &Subject, file: &File, bytes: &Bytes) -> Result<(), Failure> {
    let held = expect::some(subject.site.stored(&file.id).await, "the bytes that the site holds for a file")?;
    expect::equal(&held.len(), &bytes.len(), "how many bytes the site holds for a file")?;
    expect::that(held == *bytes, "the bytes that the site holds for a file", "those sent", "others")
}

fn declares_sha1(subject: &Subject) -> bool {
    subject.provider.profile().digests.contains(&Digest::Sha1)
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
