//! Changes to a folder: its name, visibility and password, its place, its end.

use polyhost_domain::{
    Capability, DeleteSemantics, ErrorKind, Folder, FolderEdit, FolderId, PasswordChange, Visibility,
};

use crate::check::check;
use crate::scratch::{Scratch, entry_name, in_scratch, unique};
use crate::{Check, Failure, Subject, expect, folders, observe, unknown, uploads};

pub(crate) const CHECKS: &[Check] = &[
    check!(a_renamed_folder_keeps_its_place_and_content, FoldersRename, FoldersCreate),
    check!(an_unknown_folder_cannot_be_renamed, FoldersRename),
    check!(a_folder_is_given_another_visibility, FoldersVisibility, FoldersCreate),
    check!(a_folder_is_given_a_password_and_rid_of_it, FoldersPassword, FoldersCreate),
    check!(a_moved_folder_is_in_its_new_parent_alone, FoldersMove, FoldersCreate),
    check!(an_unknown_folder_cannot_be_moved_nor_moved_to, FoldersMove, FoldersCreate),
    check!(a_deleted_folder_takes_its_content_along, FoldersDelete, FoldersCreate),
    check!(an_unknown_folder_cannot_be_deleted, FoldersDelete),
];

/// A rename changes a folder's name; it stays where it is, and so does what is in it.
///
/// # Errors
/// What was otherwise.
pub async fn a_renamed_folder_keeps_its_place_and_content(subject: &Subject) -> Result<(), Failure> {
    in_scratch(subject, async |scratch| {
        let made = scratch.folder_in(&scratch.base).await?;
        let bystander = scratch.folder_in(&scratch.base).await?;
        let content = Content::put_into(scratch, &made.id).await?;
        for ending in [" renamed", " “été” & 100%25"] {
            let name = unique(ending);
            let answer = subject.provider.edit_folder(&made.id, renamed(&name)?).await;
            let answer = expect::ok(answer, "renaming a folder")?;
            answered(subject, answer.as_ref(), &made.id, "a renamed folder")?;
            let name = Some(subject.site.spelling(&name));
            let views = observe::folder(subject, &scratch.base, &made.id).await?;
            for view in views.into_iter().chain(answer) {
                expect::equal(&view.name, &name, "the name of a renamed folder")?;
            }
            content.check_in(scratch, &made.id).await?;
        }
        for view in observe::folder(subject, &scratch.base, &bystander.id).await? {
            expect::equal(&view.name, &bystander.name, "the name of a folder beside a renamed one")?;
        }
        Ok(())
    })
    .await
}

/// What is not there has no name to change.
///
/// # Errors
/// What was otherwise.
pub async fn an_unknown_folder_cannot_be_renamed(subject: &Subject) -> Result<(), Failure> {
    let answer = subject.provider.edit_folder(&unknown::folder(subject)?, renamed(&unique(""))?).await;
    expect::kind(answer, ErrorKind::FolderNotFound, "renaming an unknown folder")
}

/// Another visibility is taken; the name stays.
///
/// # Errors
/// What was otherwise.
pub async fn a_folder_is_given_another_visibility(subject: &Subject) -> Result<(), Failure> {
    in_scratch(subject, async |scratch| {
        let made = scratch.folder_in(&scratch.base).await?;
        for visibility in [Visibility::Public, Visibility::Unlisted, Visibility::Private] {
            let edit = FolderEdit { visibility: Some(visibility), ..FolderEdit::default() };
            let answer = subject.provider.edit_folder(&made.id, edit).await;
            let answer = expect::ok(answer, "giving a folder another visibility")?;
            answered(subject, answer.as_ref(), &made.id, "a folder of another visibility")?;
            for view in observe::folder(subject, &scratch.base, &made.id).await?.into_iter().chain(answer) {
                expect::equal(&view.visibility, &Some(visibility), "the visibility of a folder")?;
                expect::equal(&view.name, &made.name, "the name of a folder of another visibility")?;
            }
        }
        Ok(())
    })
    .await
}

/// A password is set and removed, as far as the site says; the name stays.
///
/// # Errors
/// What was otherwise.
pub async fn a_folder_is_given_a_password_and_rid_of_it(subject: &Subject) -> Result<(), Failure> {
    in_scratch(subject, async |scratch| {
        let made = scratch.folder_in(&scratch.base).await?;
        let changes = [(PasswordChange::Set("open sesame".into()), true), (PasswordChange::Remove, false)];
        for (password, guarded) in changes {
            let edit = FolderEdit { password: Some(password), ..FolderEdit::default() };
            let answer = subject.provider.edit_folder(&made.id, edit).await;
            let answer = expect::ok(answer, "changing a folder's password")?;
            answered(subject, answer.as_ref(), &made.id, "a folder of another password")?;
            for view in observe::folder(subject, &scratch.base, &made.id).await?.into_iter().chain(answer) {
                let told = view.password_protected.unwrap_or(guarded);
                expect::equal(&told, &guarded, "whether a password guards a folder")?;
                expect::equal(&view.name, &made.name, "the name of a folder of another password")?;
            }
        }
        Ok(())
    })
    .await
}

/// A folder goes below another and back to the root with what is in it, and each time leaves where it was.
///
/// # Errors
/// What was otherwise.
pub async fn a_moved_folder_is_in_its_new_parent_alone(subject: &Subject) -> Result<(), Failure> {
    in_scratch(subject, async |scratch| {
        let made = scratch.folder_in(&scratch.base).await?;
        let target = scratch.folder_in(&scratch.base).await?.id;
        let content = Content::put_into(scratch, &made.id).await?;
        let mut from = scratch.base.clone();
        for to in [target, FolderId::Root, scratch.base.clone()] {
            let answer = expect::ok(subject.provider.move_folder(&made.id, &to).await, "moving a folder")?;
            answered(subject, answer.as_ref(), &made.id, "a moved folder")?;
            for view in observe::folder(subject, &to, &made.id).await?.into_iter().chain(answer) {
                expect::equal(view.parent_id.as_ref().unwrap_or(&to), &to, "the parent of a moved folder")?;
                expect::equal(&view.name, &made.name, "the name of a moved folder")?;
            }
            observe::lacks_folder(subject, &from, &made.id).await?;
            content.check_in(scratch, &made.id).await?;
            from = to;
        }
        Ok(())
    })
    .await
}

/// A folder that is not there can neither be moved nor take another.
///
/// # Errors
/// What was otherwise.
pub async fn an_unknown_folder_cannot_be_moved_nor_moved_to(subject: &Subject) -> Result<(), Failure> {
    in_scratch(subject, async |scratch| {
        let unknown = unknown::folder(subject)?;
        let answer = subject.provider.move_folder(&unknown, &scratch.base).await;
        expect::kind(answer, ErrorKind::FolderNotFound, "moving an unknown folder")?;
        let made = scratch.folder_in(&scratch.base).await?;
        let answer = subject.provider.move_folder(&made.id, &unknown).await;
        expect::kind(answer, ErrorKind::FolderNotFound, "moving a folder to an unknown one")?;
        observe::listed_folder(subject, &scratch.base, &made.id).await.map(drop)
    })
    .await
}

/// A deleted folder is in its parent no more, with all that was in it; the folder beside it stays.
///
/// # Errors
/// What was otherwise.
pub async fn a_deleted_folder_takes_its_content_along(subject: &Subject) -> Result<(), Failure> {
    in_scratch(subject, async |scratch| {
        let made = scratch.folder_in(&scratch.base).await?.id;
        let bystander = scratch.folder_in(&scratch.base).await?.id;
        let content = Content::put_into(scratch, &made).await?;
        expect::ok(subject.provider.delete_folder(&made).await, "deleting a folder")?;
        observe::lacks_folder(subject, &scratch.base, &made).await?;
        observe::folder(subject, &scratch.base, &bystander).await?;
        if subject.provider.profile().delete == DeleteSemantics::Permanent {
            content.check_gone(scratch).await?;
            if scratch.can(Capability::FoldersList) {
                let answer = subject.provider.list(&made, None).await;
                expect::kind(answer, ErrorKind::FolderNotFound, "listing a folder that is gone")?;
            }
            let answer = subject.provider.delete_folder(&made).await;
            expect::kind(answer, ErrorKind::FolderNotFound, "deleting a folder that is gone")?;
        }
        Ok(())
    })
    .await
}

/// What is not there cannot be deleted.
///
/// # Errors
/// What was otherwise.
pub async fn an_unknown_folder_cannot_be_deleted(subject: &Subject) -> Result<(), Failure> {
    let answer = subject.provider.delete_folder(&unknown::folder(subject)?).await;
    expect::kind(answer, ErrorKind::FolderNotFound, "deleting an unknown folder")
}

/// What a check puts into a folder, to see whether it goes where the folder goes.
struct Content {
    folder: FolderId,
    files: Vec<crate::scratch::Sample>,
}

impl Content {
    /// A folder, and a file where the provider takes one, directly and one level down.
    async fn put_into(scratch: &Scratch<'_>, folder: &FolderId) -> Result<Self, Failure> {
        let mut content = Self { folder: scratch.folder_in(folder).await?.id, files: Vec::new() };
        if scratch.can(Capability::FilesUpload) {
            content.files.push(scratch.file_in(folder).await?);
            content.files.push(scratch.file_in(&content.folder).await?);
        }
        Ok(content)
    }

    async fn check_in(&self, scratch: &Scratch<'_>, folder: &FolderId) -> Result<(), Failure> {
        observe::listed_folder(scratch.subject, folder, &self.folder).await?;
        for (sample, holder) in self.files.iter().zip([folder, &self.folder]) {
            observe::holds(scratch.subject, holder, &sample.id).await?;
            uploads::stored(scratch.subject, &sample.file, &sample.bytes).await?;
        }
        Ok(())
    }

    async fn check_gone(&self, scratch: &Scratch<'_>) -> Result<(), Failure> {
        for sample in &self.files {
            if scratch.can(Capability::FilesRead) {
                observe::not_found(&observe::lookup(scratch.subject, &sample.id).await?, "a file of a deleted folder")?;
            }
            let held = scratch.subject.site.stored(&sample.id).await;
            expect::that(held.is_none(), "a file of a deleted folder", "no bytes at the site", "some")?;
        }
        Ok(())
    }
}

/// A new name as an edit.
pub(crate) fn renamed(name: &str) -> Result<FolderEdit, Failure> {
    Ok(FolderEdit { name: Some(entry_name(name)?), ..FolderEdit::default() })
}

/// That what a change answered, if anything, is the folder.
fn answered(subject: &Subject, answer: Option<&Folder>, id: &FolderId, what: &str) -> Result<(), Failure> {
    let Some(folder) = answer else { return Ok(()) };
    folders::well_formed(subject, folder, what)?;
    expect::equal(&folder.id, id, &format!("the id of {what}"))
}
