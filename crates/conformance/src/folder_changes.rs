//! Checks of changes to a folder: rename, visibility, password, move and deletion.

use polyhost_domain::{
    Capability, DeleteSemantics, ErrorKind, Folder, FolderDeletion, FolderEdit, FolderId, PasswordChange, Visibility,
};

use crate::check::check;
use crate::scratch::{Scratch, entry_name, in_scratch, unique};
use crate::{Check, Failure, Subject, expect, folders, observe, unknown, uploads};

pub(crate) const CHECKS: &[Check] = &[
    check!(a_renamed_folder_keeps_its_place_and_content, FoldersRename, FoldersCreate),
    check!(an_unknown_folder_cannot_be_renamed, FoldersRename),
    check!(a_folder_changes_its_visibility, FoldersVisibility, FoldersCreate),
    check!(a_folder_password_is_set_and_removed, FoldersPassword, FoldersCreate),
    check!(a_moved_folder_is_only_in_its_new_parent, FoldersMove, FoldersCreate),
    check!(an_unknown_folder_can_neither_move_nor_be_a_target, FoldersMove, FoldersCreate),
    check!(a_deleted_folder_is_gone_with_its_content, FoldersDelete, FoldersCreate),
    check!(an_unknown_folder_cannot_be_deleted, FoldersDelete),
];

/// A rename changes a folder's name. The folder and its content stay where they are.
///
/// # Errors
/// The first expectation that does not hold.
pub async fn a_renamed_folder_keeps_its_place_and_content(subject: &Subject) -> Result<(), Failure> {
    in_scratch(subject, async |scratch| {
        let made = scratch.folder_in(&scratch.base).await?;
        let bystander = scratch.folder_in(&scratch.base).await?;
        let content = Content::put_into(scratch, &made.id).await?;
        for ending in [" renamed", " “été” & 100%25"] {
            let name = unique(ending);
            let answer = subject.provider.edit_folder(&made.id, renamed(&name)?).await;
            let answer = expect::ok(answer, "renaming a folder")?;
            check_answer(subject, answer.as_ref(), &made.id, "a renamed folder")?;
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

/// Renaming an unknown folder fails as `FolderNotFound`.
///
/// # Errors
/// The first expectation that does not hold.
pub async fn an_unknown_folder_cannot_be_renamed(subject: &Subject) -> Result<(), Failure> {
    let answer = subject.provider.edit_folder(&unknown::folder(subject)?, renamed(&unique(""))?).await;
    expect::kind(answer, ErrorKind::FolderNotFound, "renaming an unknown folder")
}

/// A change of the visibility takes effect. The name stays.
///
/// # Errors
/// The first expectation that does not hold.
pub async fn a_folder_changes_its_visibility(subject: &Subject) -> Result<(), Failure> {
    in_scratch(subject, async |scratch| {
        let made = scratch.folder_in(&scratch.base).await?;
        for visibility in [Visibility::Public, Visibility::Unlisted, Visibility::Private] {
            let edit = FolderEdit { visibility: Some(visibility), ..FolderEdit::default() };
            let answer = subject.provider.edit_folder(&made.id, edit).await;
            let answer = expect::ok(answer, "changing a folder's visibility")?;
            check_answer(subject, answer.as_ref(), &made.id, "a folder with a changed visibility")?;
            for view in observe::folder(subject, &scratch.base, &made.id).await?.into_iter().chain(answer) {
                expect::equal(&view.visibility, &Some(visibility), "the visibility of a folder")?;
                expect::equal(&view.name, &made.name, "the name of a folder with a changed visibility")?;
            }
        }
        Ok(())
    })
    .await
}

/// A password is set and removed, as far as the site reports it. The name stays.
///
/// # Errors
/// The first expectation that does not hold.
pub async fn a_folder_password_is_set_and_removed(subject: &Subject) -> Result<(), Failure> {
    in_scratch(subject, async |scratch| {
        let made = scratch.folder_in(&scratch.base).await?;
        let changes = [(PasswordChange::Set("open sesame".into()), true), (PasswordChange::Remove, false)];
        for (password, guarded) in changes {
            let edit = FolderEdit { password: Some(password), ..FolderEdit::default() };
            let answer = subject.provider.edit_folder(&made.id, edit).await;
            let answer = expect::ok(answer, "changing a folder's password")?;
            check_answer(subject, answer.as_ref(), &made.id, "a folder with a changed password")?;
            for view in observe::folder(subject, &scratch.base, &made.id).await?.into_iter().chain(answer) {
                let reported = view.password_protected.unwrap_or(guarded);
                expect::equal(&reported, &guarded, "whether a folder is password-protected")?;
                expect::equal(&view.name, &made.name, "the name of a folder with a changed password")?;
            }
        }
        Ok(())
    })
    .await
}

/// A folder moves below another, to the root and back, with its content. Each time it is no longer in the previous
/// parent.
///
/// # Errors
/// The first expectation that does not hold.
pub async fn a_moved_folder_is_only_in_its_new_parent(subject: &Subject) -> Result<(), Failure> {
    in_scratch(subject, async |scratch| {
        let made = scratch.folder_in(&scratch.base).await?;
        let target = scratch.folder_in(&scratch.base).await?.id;
        let content = Content::put_into(scratch, &made.id).await?;
        let mut from = scratch.base.clone();
        for to in [target, FolderId::Root, scratch.base.clone()] {
            let answer = expect::ok(subject.provider.move_folder(&made.id, &to).await, "moving a folder")?;
            check_answer(subject, answer.as_ref(), &made.id, "a moved folder")?;
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

/// An unknown folder can neither be moved nor be the target of a move.
///
/// # Errors
/// The first expectation that does not hold.
pub async fn an_unknown_folder_can_neither_move_nor_be_a_target(subject: &Subject) -> Result<(), Failure> {
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

/// A deleted folder and its content are gone. The folder beside it stays.
///
/// # Errors
/// The first expectation that does not hold.
pub async fn a_deleted_folder_is_gone_with_its_content(subject: &Subject) -> Result<(), Failure> {
    in_scratch(subject, async |scratch| {
        let made = scratch.folder_in(&scratch.base).await?.id;
        let bystander = scratch.folder_in(&scratch.base).await?.id;
        let content = Content::put_into(scratch, &made).await?;
        if subject.provider.profile().deletes_folders == FolderDeletion::OnlyEmpty {
            let answer = subject.provider.delete_folder(&made).await;
            expect::kind(answer, ErrorKind::FolderNotEmpty, "deleting a folder that is not empty")?;
            observe::listed_folder(subject, &scratch.base, &made).await?;
            let empty = expect::ok(subject.provider.delete_folder(&bystander).await, "deleting an empty folder");
            return empty.and(observe::lacks_folder(subject, &scratch.base, &bystander).await);
        }
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

/// Deleting an unknown folder fails as `FolderNotFound`.
///
/// # Errors
/// The first expectation that does not hold.
pub async fn an_unknown_folder_cannot_be_deleted(subject: &Subject) -> Result<(), Failure> {
    let answer = subject.provider.delete_folder(&unknown::folder(subject)?).await;
    expect::kind(answer, ErrorKind::FolderNotFound, "deleting an unknown folder")
}

/// The content that a check puts into a folder, to see that it stays with the folder.
struct Content {
    folder: FolderId,
    files: Vec<crate::scratch::Sample>,
}

impl Content {
    /// Creates a subfolder. If the provider supports uploads, adds a file to the folder and one to the subfolder.
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

/// Returns an edit that changes the name.
pub(crate) fn renamed(name: &str) -> Result<FolderEdit, Failure> {
    Ok(FolderEdit { name: Some(entry_name(name)?), ..FolderEdit::default() })
}

/// Checks the answer to a change, if there is one, against the folder.
fn check_answer(subject: &Subject, answer: Option<&Folder>, id: &FolderId, what: &str) -> Result<(), Failure> {
    let Some(folder) = answer else { return Ok(()) };
    folders::well_formed(subject, folder, what)?;
    expect::equal(&folder.id, id, &format!("the id of {what}"))
}
