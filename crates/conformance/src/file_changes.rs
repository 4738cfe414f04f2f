//! Checks of changes to a file: rename, media type, move, copy and deletion.

use polyhost_domain::{Capability, DeleteSemantics, Error, ErrorKind, File, FileEdit, FolderId};

use crate::check::check;
use crate::scratch::{Sample, Scratch, entry_name, in_scratch, unique};
use crate::{Check, Failure, Subject, expect, files, observe, unknown, uploads};

pub(crate) const CHECKS: &[Check] = &[
    check!(a_renamed_file_changes_only_its_name, FilesRename, FilesUpload),
    check!(a_new_media_type_changes_nothing_else, FilesSetContentType, FilesUpload),
    check!(an_unknown_file_cannot_be_renamed, FilesRename),
    check!(a_moved_file_is_only_in_its_new_folder, FilesMove, FilesUpload, FoldersCreate),
    check!(an_unknown_file_cannot_be_moved, FilesMove),
    check!(a_file_moved_to_an_unknown_folder_stays, FilesMove, FilesUpload),
    check!(a_copy_is_another_file_with_the_same_bytes, FilesCopy, FilesUpload),
    check!(an_unknown_file_cannot_be_copied, FilesCopy),
    check!(a_deleted_file_is_gone_or_in_the_trash, FilesDelete, FilesUpload),
    check!(an_unknown_file_cannot_be_deleted, FilesDelete),
];

/// A rename changes the name and nothing else, and no other file.
///
/// # Errors
/// The first expectation that does not hold.
pub async fn a_renamed_file_changes_only_its_name(subject: &Subject) -> Result<(), Failure> {
    in_scratch(subject, async |scratch| {
        let sample = scratch.file().await?;
        let bystander = scratch.file().await?;
        for name in [unique(" renamed.mp4"), unique(" “été” & 100%.mp4"), format!(".{}", unique(".mkv"))] {
            let edit = FileEdit { name: Some(entry_name(&name)?), content_type: None };
            let answer = expect::ok(subject.provider.edit_file(&sample.id, edit).await, "renaming a file")?;
            let renamed = Sample { name: subject.site.spelling(&name), ..sample.clone() };
            check_answer(subject, answer.as_ref(), &renamed, "a renamed file")?;
            unchanged(scratch, &renamed, &scratch.base).await?;
        }
        unchanged(scratch, &bystander, &scratch.base).await
    })
    .await
}

/// A change of the media type takes effect and changes nothing else.
///
/// # Errors
/// The first expectation that does not hold.
pub async fn a_new_media_type_changes_nothing_else(subject: &Subject) -> Result<(), Failure> {
    in_scratch(subject, async |scratch| {
        let sample = scratch.file().await?;
        for wanted in ["video/webm", "video/mp4"] {
            let edit = FileEdit { name: None, content_type: Some(wanted.to_owned()) };
            let answer = subject.provider.edit_file(&sample.id, edit).await;
            let answer = expect::ok(answer, "changing a file's media type")?;
            check_answer(subject, answer.as_ref(), &sample, "a file with a changed media type")?;
            unchanged(scratch, &sample, &scratch.base).await?;
            let views = [answer, observe::file(subject, &sample.id).await?];
            for view in views.into_iter().flatten() {
                expect::equal(&view.content_type.as_deref(), &Some(wanted), "the media type of a file")?;
            }
        }
        Ok(())
    })
    .await
}

/// Renaming an unknown file fails as `FileNotFound`.
///
/// # Errors
/// The first expectation that does not hold.
pub async fn an_unknown_file_cannot_be_renamed(subject: &Subject) -> Result<(), Failure> {
    let edit = FileEdit { name: Some(entry_name(&unique(".mp4"))?), content_type: None };
    let answer = subject.provider.edit_file(&unknown::file(subject, 0)?, edit).await;
    expect::kind(answer, ErrorKind::FileNotFound, "renaming an unknown file")
}

/// A file moves to a folder, to a subfolder and back to the root. Each time it is no longer in the previous folder. If
/// it gets another id, the old one is unknown. A site may be unable to move a file to the root.
///
/// # Errors
/// The first expectation that does not hold.
pub async fn a_moved_file_is_only_in_its_new_folder(subject: &Subject) -> Result<(), Failure> {
    in_scratch(subject, async |scratch| {
        let mut sample = scratch.file_in(&FolderId::Root).await?;
        let below = scratch.folder_in(&scratch.base).await?.id;
        let mut from = FolderId::Root;
        for to in [scratch.base.clone(), below, FolderId::Root] {
            let answer = subject.provider.move_file(&sample.id, &to).await;
            let is_unsupported = |error: &Error| error.kind() == ErrorKind::Unsupported(Capability::FilesMove);
            if to == FolderId::Root && answer.as_ref().is_err_and(is_unsupported) {
                return Ok(());
            }
            let answer = expect::ok(answer, "moving a file")?;
            if let Some(moved) = answer.as_ref().filter(|moved| moved.id != sample.id) {
                observe::gone(subject, &sample.id, &from).await?;
                scratch.remember_file(&moved.id);
                sample = Sample { id: moved.id.clone(), file: moved.clone(), ..sample };
            }
            check_answer(subject, answer.as_ref(), &sample, "a moved file")?;
            if let Some(folder) = answer.and_then(|file| file.folder_id) {
                expect::equal(&folder, &to, "the folder in the answer to a move")?;
            }
            unchanged(scratch, &sample, &to).await?;
            observe::lacks(subject, &from, &sample.id).await?;
            from = to;
        }
        Ok(())
    })
    .await
}

/// Moving an unknown file fails as `FileNotFound`.
///
/// # Errors
/// The first expectation that does not hold.
pub async fn an_unknown_file_cannot_be_moved(subject: &Subject) -> Result<(), Failure> {
    in_scratch(subject, async |scratch| {
        let answer = subject.provider.move_file(&unknown::file(subject, 0)?, &scratch.base).await;
        expect::kind(answer, ErrorKind::FileNotFound, "moving an unknown file")
    })
    .await
}

/// Moving a file to an unknown folder fails, and the file stays. The site may not say which of the two is unknown.
///
/// # Errors
/// The first expectation that does not hold.
pub async fn a_file_moved_to_an_unknown_folder_stays(subject: &Subject) -> Result<(), Failure> {
    in_scratch(subject, async |scratch| {
        let sample = scratch.file().await?;
        let answer = subject.provider.move_file(&sample.id, &unknown::folder(subject)?).await;
        let kinds = [ErrorKind::FolderNotFound, ErrorKind::FileNotFound];
        expect::one_of(answer, &kinds, "moving a file to an unknown folder")?;
        unchanged(scratch, &sample, &scratch.base).await
    })
    .await
}

/// A copy is a separate file in the requested folder. The site may choose its name.
///
/// # Errors
/// The first expectation that does not hold.
pub async fn a_copy_is_another_file_with_the_same_bytes(subject: &Subject) -> Result<(), Failure> {
    in_scratch(subject, async |scratch| {
        let sample = scratch.file().await?;
        for folder in [&FolderId::Root, &scratch.base] {
            let copy = expect::ok(subject.provider.copy_file(&sample.id, folder).await, "copying a file")?;
            scratch.remember_file(&copy.id);
            files::well_formed(subject, &copy, "a copy")?;
            expect::that(copy.id != sample.id, "the id of a copy", "another than the original's", &copy.id)?;
            let size = copy.size.unwrap_or(sample.bytes.len() as u64);
            expect::equal(&size, &(sample.bytes.len() as u64), "the size of a copy")?;
            expect::equal(copy.folder_id.as_ref().unwrap_or(folder), folder, "the folder of a copy")?;
            observe::holds(subject, folder, &copy.id).await?;
            uploads::stored(subject, &copy, &sample.bytes).await?;
            unchanged(scratch, &sample, &scratch.base).await?;
        }
        Ok(())
    })
    .await
}

/// Copying an unknown file fails as `FileNotFound`.
///
/// # Errors
/// The first expectation that does not hold.
pub async fn an_unknown_file_cannot_be_copied(subject: &Subject) -> Result<(), Failure> {
    let answer = subject.provider.copy_file(&unknown::file(subject, 0)?, &FolderId::Root).await;
    expect::kind(answer, ErrorKind::FileNotFound, "copying an unknown file")
}

/// A deleted file is gone or in the trash, as the profile says. Other files stay.
///
/// # Errors
/// The first expectation that does not hold.
pub async fn a_deleted_file_is_gone_or_in_the_trash(subject: &Subject) -> Result<(), Failure> {
    in_scratch(subject, async |scratch| {
        let sample = scratch.file().await?;
        let bystander = scratch.file().await?;
        expect::ok(subject.provider.delete_file(&sample.id).await, "deleting a file")?;
        match subject.provider.profile().delete {
            DeleteSemantics::Permanent => {
                observe::gone(subject, &sample.id, &scratch.base).await?;
                let again = subject.provider.delete_file(&sample.id).await;
                expect::kind(again, ErrorKind::FileNotFound, "deleting a file that is gone")?;
            }
            DeleteSemantics::Trash => {
                observe::trashed(subject, &sample.id, &scratch.base).await?;
                // A site may accept or refuse a second deletion. Either way the file stays in the trash.
                drop(subject.provider.delete_file(&sample.id).await);
                observe::trashed(subject, &sample.id, &scratch.base).await?;
            }
        }
        unchanged(scratch, &bystander, &scratch.base).await
    })
    .await
}

/// Deleting an unknown file fails as `FileNotFound`.
///
/// # Errors
/// The first expectation that does not hold.
pub async fn an_unknown_file_cannot_be_deleted(subject: &Subject) -> Result<(), Failure> {
    let answer = subject.provider.delete_file(&unknown::file(subject, 0)?).await;
    expect::kind(answer, ErrorKind::FileNotFound, "deleting an unknown file")
}

/// Checks the answer to a change, if there is one, against the file.
fn check_answer(subject: &Subject, answer: Option<&File>, sample: &Sample, what: &str) -> Result<(), Failure> {
    let Some(file) = answer else { return Ok(()) };
    files::well_formed(subject, file, what)?;
    expect::equal(&file.id, &sample.id, &format!("the id of {what}"))?;
    expect::equal(&file.name.as_deref(), &Some(sample.name.as_str()), &format!("the name of {what}"))
}

/// Expects a file to be in a folder with its name, size and bytes.
async fn unchanged(scratch: &Scratch<'_>, sample: &Sample, folder: &FolderId) -> Result<(), Failure> {
    let listed = observe::holds(scratch.subject, folder, &sample.id).await?;
    let found = observe::file(scratch.subject, &sample.id).await?;
    for view in [&listed, &found].into_iter().flatten() {
        expect::equal(&view.name.as_deref(), &Some(sample.name.as_str()), "the name of a file after a change")?;
        let size = sample.bytes.len() as u64;
        expect::equal(&view.size.unwrap_or(size), &size, "the size of a file after a change")?;
        expect::equal(view.folder_id.as_ref().unwrap_or(folder), folder, "the folder of a file after a change")?;
    }
    uploads::stored(scratch.subject, &sample.file, &sample.bytes).await
}
