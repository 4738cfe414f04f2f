//! Checks of successful uploads: bytes, name, folder and digest.

use bytes::Bytes;
use polyhost_domain::{Digest, File, FolderId, Upload};

use crate::body::Source;
use crate::check::check;
use crate::scratch::{in_scratch, unique, upload};
use crate::{Check, Failure, Subject, body, expect, files, observe};

pub(crate) const CHECKS: &[Check] = &[
    check!(an_upload_is_stored_unchanged, FilesUpload),
    check!(an_upload_keeps_its_name, FilesUpload),
    check!(an_upload_goes_to_the_requested_folder, FilesUpload),
    check!(an_upload_from_a_source_is_stored_unchanged, FilesUpload),
    check!(an_upload_has_the_digest_that_the_profile_declares, FilesUpload),
];

/// Names that a form, a header or a lenient server could garble.
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

/// The site stores the bytes that were sent, and the answer has their size.
///
/// # Errors
/// The first expectation that does not hold.
pub async fn an_upload_is_stored_unchanged(subject: &Subject) -> Result<(), Failure> {
    in_scratch(subject, async |scratch| {
        for length in [1, 1000, 150_001] {
            let bytes = body::pattern(length);
            let sample = scratch.file_of(&unique(".mp4"), &scratch.base, bytes).await?;
            files::well_formed(subject, &sample.file, "an uploaded file")?;
            files::expect_size(subject, &sample.file, length, "an uploaded file")?;
            stored(subject, &sample.file, &sample.bytes).await?;
        }
        Ok(())
    })
    .await
}

/// The site stores a given name unchanged, with all characters that the profile's grammar of names accepts.
///
/// # Errors
/// The first expectation that does not hold.
pub async fn an_upload_keeps_its_name(subject: &Subject) -> Result<(), Failure> {
    in_scratch(subject, async |scratch| {
        let usual = NAMES.iter().map(|ending| unique(ending));
        let hidden = std::iter::once(format!(".{}", unique(".mp4")));
        let is_stored_unchanged = |name: &String| subject.provider.profile().names.name(name).is_ok();
        for name in usual.chain(hidden).filter(is_stored_unchanged) {
            let sample = scratch.file_of(&name, &scratch.base, body::pattern(10)).await?;
            let name = Some(sample.name.as_str());
            expect::equal(&sample.file.name.as_deref(), &name, "the name in the answer to an upload")?;
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

/// A file is in the folder that it was uploaded to, the root or another, and the answer names that folder.
///
/// # Errors
/// The first expectation that does not hold.
pub async fn an_upload_goes_to_the_requested_folder(subject: &Subject) -> Result<(), Failure> {
    in_scratch(subject, async |scratch| {
        for folder in [&FolderId::Root, &scratch.base] {
            let sample = scratch.file_in(folder).await?;
            expect::equal(&sample.file.folder_id.as_ref(), &Some(folder), "the folder in the answer to an upload")?;
            observe::holds(subject, folder, &sample.id).await?;
        }
        Ok(())
    })
    .await
}

/// A body that can be opened again is uploaded like one that can be read once.
///
/// # Errors
/// The first expectation that does not hold.
pub async fn an_upload_from_a_source_is_stored_unchanged(subject: &Subject) -> Result<(), Failure> {
    in_scratch(subject, async |scratch| {
        let bytes = body::pattern(150_001);
        let source = Source::complete(&bytes);
        let new = upload(&unique(".mp4"), &scratch.base, bytes.len(), source.body())?;
        let file = expect::ok(scratch.upload(new).await, "uploading from a source")?;
        stored(subject, &file, &bytes).await
    })
    .await
}

/// If the profile declares a SHA-1, it is the SHA-1 of the bytes. A correct SHA-1 from the caller does no harm.
///
/// # Errors
/// The first expectation that does not hold.
pub async fn an_upload_has_the_digest_that_the_profile_declares(subject: &Subject) -> Result<(), Failure> {
    if !declares_sha1(subject) {
        return Ok(());
    }
    in_scratch(subject, async |scratch| {
        let bytes = body::pattern(20_000);
        let digest = body::sha1_of(&bytes);
        for given in [None, digest.parse().ok()] {
            let new = upload(&unique(".mp4"), &scratch.base, bytes.len(), body::once(&bytes))?;
            let file = expect::ok(scratch.upload(Upload { sha1: given, ..new }).await, "uploading with a digest")?;
            expect::equal(&file.sha1, &Some(digest.clone()), "the SHA-1 in the answer to an upload")?;
            if let Some(found) = observe::file(subject, &file.id).await? {
                expect::equal(&found.sha1, &Some(digest.clone()), "the SHA-1 of an uploaded file")?;
            }
        }
        Ok(())
    })
    .await
}

/// Expects the site to store exactly these bytes for a file.
pub(crate) async fn stored(subject: &Subject, file: &File, bytes: &Bytes) -> Result<(), Failure> {
    let held = expect::some(subject.site.stored(&file.id).await, "the bytes that the site holds for a file")?;
    expect::equal(&held.len(), &bytes.len(), "how many bytes the site holds for a file")?;
    expect::that(held == *bytes, "the bytes that the site holds for a file", "the bytes that were sent", "other bytes")
}

/// Returns whether the profile declares the site's SHA-1 of an upload as reliable.
pub(crate) fn declares_sha1(subject: &Subject) -> bool {
    subject.provider.profile().digests.contains(&Digest::Sha1)
}
