//! Uploads: the bytes, the name, the folder and the digest as they arrive.

use bytes::Bytes;
use polyhost_domain::{Digest, File, FolderId, Upload};

use crate::body::Source;
use crate::check::check;
use crate::scratch::{in_scratch, unique, upload};
use crate::{Check, Failure, Subject, body, expect, files, observe};

pub(crate) const CHECKS: &[Check] = &[
    check!(an_upload_arrives_byte_for_byte, FilesUpload),
    check!(an_upload_keeps_its_name, FilesUpload),
    check!(an_upload_goes_to_the_folder_asked_for, FilesUpload),
    check!(an_upload_from_a_source_arrives_like_any_other, FilesUpload),
    check!(an_upload_has_the_digest_that_the_profile_declares, FilesUpload),
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

/// That the site holds exactly these bytes for a file.
pub(crate) async fn stored(subject: &Subject, file: &File, bytes: &Bytes) -> Result<(), Failure> {
    let held = expect::some(subject.site.stored(&file.id).await, "the bytes that the site holds for a file")?;
    expect::equal(&held.len(), &bytes.len(), "how many bytes the site holds for a file")?;
    expect::that(held == *bytes, "the bytes that the site holds for a file", "those sent", "others")
}

/// Whether the site's SHA-1 of an upload can be relied on.
pub(crate) fn declares_sha1(subject: &Subject) -> bool {
    subject.provider.profile().digests.contains(&Digest::Sha1)
}
