//! Files as they are looked up, many at once, and their pictures.

use std::collections::HashSet;

use polyhost_domain::{Capability, ErrorKind, File, FileId, FileLookup, FileStatus};

use crate::check::check;
use crate::scratch::in_scratch;
use crate::{Check, Failure, Subject, expect, observe, unknown};

pub(crate) const CHECKS: &[Check] = &[
    check!(a_file_found_is_the_one_asked_for, FilesRead, FilesUpload),
    check!(an_unknown_file_is_not_found, FilesRead),
    check!(many_files_are_answered_one_for_one_in_the_order_asked, FilesRead, FilesLookup, FilesUpload),
    check!(many_files_take_fewer_requests_than_files, FilesRead, FilesLookup),
    check!(many_files_without_the_capability_are_refused_or_answered, FilesRead),
    check!(a_broken_file_is_told_with_what_is_known_of_it, FilesRead),
    check!(a_blocked_file_is_told_as_such, FilesRead),
    check!(no_ids_ask_for_nothing, FilesRead),
    check!(a_file_has_the_address_of_its_picture, FilesThumbnail, FilesUpload),
    check!(the_picture_of_an_unknown_file_is_not_found, FilesThumbnail),
];

/// How many ids the long lookups ask for: three calls of a site that takes 50 in a call.
const MANY: usize = 120;

/// A lookup finds a file as it was uploaded.
///
/// # Errors
/// What was otherwise.
pub async fn a_file_found_is_the_one_asked_for(subject: &Subject) -> Result<(), Failure> {
    in_scratch(subject, async |scratch| {
        let sample = scratch.file().await?;
        let found = expect::some(observe::file(subject, &sample.id).await?, "an uploaded file")?;
        well_formed(subject, &found, "a file looked up")?;
        expect::equal(&found.id, &sample.id, "the id of a file looked up")?;
        expect::equal(&found.name.as_deref(), &Some(sample.name.as_str()), "the name of a file looked up")?;
        expect::equal(&found.size, &Some(sample.bytes.len() as u64), "the size of a file looked up")?;
        let unusable = [FileStatus::Trashed, FileStatus::Deleted, FileStatus::Failed];
        expect::that(!unusable.contains(&found.status), "the status of a new file", "a usable one", found.status)?;
        let told = subject.provider.profile().tells_folder.then(|| scratch.base.clone());
        expect::equal(&found.folder_id, &told, "the folder of a file looked up")
    })
    .await
}

/// An id that nothing has is `FileNotFound`.
///
/// # Errors
/// What was otherwise.
pub async fn an_unknown_file_is_not_found(subject: &Subject) -> Result<(), Failure> {
    observe::not_found(&observe::lookup(subject, &unknown::file(subject, 0)?).await?, "looking up an unknown file")
}

/// Among many ids, most of them unknown, each known file is found in its place; batch borders do not matter.
///
/// # Errors
/// What was otherwise.
pub async fn many_files_are_answered_one_for_one_in_the_order_asked(subject: &Subject) -> Result<(), Failure> {
    in_scratch(subject, async |scratch| {
        let mut ids = unknown_ids(subject)?;
        let mut known = HashSet::new();
        // The newest file first, and on both sides of every border that a site may have.
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

/// What reads many files in a call does not ask for each by itself.
///
/// # Errors
/// What was otherwise.
pub async fn many_files_take_fewer_requests_than_files(subject: &Subject) -> Result<(), Failure> {
    let ids = unknown_ids(subject)?;
    let before = subject.site.requests().await;
    expect::ok(subject.provider.files(&ids).await, "looking up many files")?;
    let sent = subject.site.requests().await.saturating_sub(before);
    let what = format!("the requests for a lookup of {} files", ids.len());
    expect::that(sent < ids.len() || ids.len() < 2, &what, "fewer than files", sent)
}

/// Where the site reads one file in a call, a lookup of several is refused without a request, or done one by one.
///
/// # Errors
/// What was otherwise.
pub async fn many_files_without_the_capability_are_refused_or_answered(subject: &Subject) -> Result<(), Failure> {
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

/// A file that the site calls broken is there, and marked; the others are not touched by it.
///
/// # Errors
/// What was otherwise.
pub async fn a_broken_file_is_told_with_what_is_known_of_it(subject: &Subject) -> Result<(), Failure> {
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

/// A file that is blocked for legal reasons fails as that.
///
/// # Errors
/// What was otherwise.
pub async fn a_blocked_file_is_told_as_such(subject: &Subject) -> Result<(), Failure> {
    let Some(blocked) = &subject.known.blocked else { return Ok(()) };
    match observe::lookup(subject, blocked).await? {
        FileLookup::Failed(error) if error.kind() == ErrorKind::LegalBlock => Ok(()),
        other => Err(Failure::new("looking up a blocked file", "LegalBlock", format!("{other:?}"))),
    }
}

/// A lookup of nothing is answered with nothing, without a request.
///
/// # Errors
/// What was otherwise.
pub async fn no_ids_ask_for_nothing(subject: &Subject) -> Result<(), Failure> {
    let answers = expect::silent(subject, "looking up no file", subject.provider.files(&[])).await?;
    let answers = expect::ok(answers, "looking up no file")?;
    expect::that(answers.is_empty(), "the answers to a lookup of no file", "none", answers)
}

/// A picture has an address that a browser can go to.
///
/// # Errors
/// What was otherwise.
pub async fn a_file_has_the_address_of_its_picture(subject: &Subject) -> Result<(), Failure> {
    in_scratch(subject, async |scratch| {
        let sample = scratch.file().await?;
        let other = scratch.file().await?;
        let url = expect::ok(subject.provider.thumbnail(&sample.id).await, "asking for a picture")?;
        expect::that(matches!(url.scheme(), "http" | "https"), "the picture's address", "http or https", &url)?;
        let others = expect::ok(subject.provider.thumbnail(&other.id).await, "asking for another picture")?;
        expect::that(url != others, "the pictures of two files", "two addresses", url)
    })
    .await
}

/// A file that is not there has no picture.
///
/// # Errors
/// What was otherwise.
pub async fn the_picture_of_an_unknown_file_is_not_found(subject: &Subject) -> Result<(), Failure> {
    let answer = subject.provider.thumbnail(&unknown::file(subject, 0)?).await;
    expect::kind(answer, ErrorKind::FileNotFound, "asking for the picture of an unknown file")
}

/// That a file comes from the account, and that its id and times can be.
pub(crate) fn well_formed(subject: &Subject, file: &File, what: &str) -> Result<(), Failure> {
    expect::origin(subject, &file.account, &file.provider, what)?;
    let parsed = subject.provider.profile().ids.file(file.id.as_str());
    expect::equal(&parsed.as_ref(), &Ok(&file.id), &format!("the id of {what}, by the profile's grammar"))?;
    expect::time(file.uploaded_at, &format!("when {what} was uploaded"))?;
    expect::time(file.last_accessed_at, &format!("when {what} was last accessed"))
}

fn unknown_ids(subject: &Subject) -> Result<Vec<FileId>, Failure> {
    let most = subject.provider.profile().max_batch.min(MANY);
    (1..).take(most).map(|number| unknown::file(subject, number)).collect()
}
