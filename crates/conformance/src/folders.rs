//! Checks of folders: reading and creating them.

use polyhost_domain::{ErrorKind, Folder, FolderId, NewFolder, PasswordChange, Visibility};

use crate::check::check;
use crate::scratch::{entry_name, in_scratch, unique};
use crate::{Check, Failure, Subject, expect, observe, unknown};

pub(crate) const CHECKS: &[Check] = &[
    check!(a_folder_is_read_as_created, FoldersRead, FoldersCreate),
    check!(an_unknown_folder_is_not_found, FoldersRead),
    check!(a_new_folder_is_in_its_parent_under_its_name, FoldersCreate),
    check!(a_folder_cannot_be_created_in_an_unknown_one, FoldersCreate),
    check!(a_folder_is_created_with_its_visibility, FoldersCreate, FoldersVisibility),
    check!(a_folder_is_created_with_its_password, FoldersCreate, FoldersPassword),
];

/// Reading a folder returns its id, name and parent.
///
/// # Errors
/// The first expectation that does not hold.
pub async fn a_folder_is_read_as_created(subject: &Subject) -> Result<(), Failure> {
    in_scratch(subject, async |scratch| {
        let made = scratch.folder_in(&scratch.base).await?;
        let read = expect::ok(subject.provider.folder(&made.id).await, "reading a folder")?;
        well_formed(subject, &read, "a folder read")?;
        expect::equal(&read.id, &made.id, "the id of a folder read")?;
        expect::equal(&read.name, &made.name, "the name of a folder read")?;
        expect::equal(&read.parent_id.as_ref(), &Some(&scratch.base), "the parent of a folder read")
    })
    .await
}

/// Reading an unknown folder fails as `FolderNotFound`.
///
/// # Errors
/// The first expectation that does not hold.
pub async fn an_unknown_folder_is_not_found(subject: &Subject) -> Result<(), Failure> {
    let answer = subject.provider.folder(&unknown::folder(subject)?).await;
    expect::kind(answer, ErrorKind::FolderNotFound, "reading an unknown folder")
}

/// A folder created in the root or in another folder is in that parent, under the given name.
///
/// # Errors
/// The first expectation that does not hold.
pub async fn a_new_folder_is_in_its_parent_under_its_name(subject: &Subject) -> Result<(), Failure> {
    in_scratch(subject, async |scratch| {
        for ending in ["", " it's \"quoted\"", " Été & 夏 100%25 +"] {
            for parent in [FolderId::Root, scratch.base.clone()] {
                let name = unique(ending);
                let new =
                    NewFolder { name: entry_name(&name)?, parent: parent.clone(), visibility: None, password: None };
                let made = expect::ok(scratch.create_folder(new).await, "creating a folder")?;
                well_formed(subject, &made, "a new folder")?;
                let name = subject.site.spelling(&name);
                let mut views = observe::folder(subject, &parent, &made.id).await?;
                views.push(made);
                for view in views {
                    expect::equal(&view.name.as_deref(), &Some(name.as_str()), "the name of a new folder")?;
                    expect::equal(&view.parent_id.as_ref(), &Some(&parent), "the parent of a new folder")?;
                }
            }
        }
        Ok(())
    })
    .await
}

/// Creating a folder in an unknown parent fails as `FolderNotFound`.
///
/// # Errors
/// The first expectation that does not hold.
pub async fn a_folder_cannot_be_created_in_an_unknown_one(subject: &Subject) -> Result<(), Failure> {
    in_scratch(subject, async |scratch| {
        let parent = unknown::folder(subject)?;
        let new = NewFolder { name: entry_name(&unique(""))?, parent, visibility: None, password: None };
        let answer = scratch.create_folder(new).await;
        expect::kind(answer, ErrorKind::FolderNotFound, "creating a folder in an unknown one")
    })
    .await
}

/// A new folder has the requested visibility.
///
/// # Errors
/// The first expectation that does not hold.
pub async fn a_folder_is_created_with_its_visibility(subject: &Subject) -> Result<(), Failure> {
    in_scratch(subject, async |scratch| {
        for visibility in [Visibility::Private, Visibility::Unlisted, Visibility::Public] {
            let new = NewFolder {
                name: entry_name(&unique(""))?,
                parent: scratch.base.clone(),
                visibility: Some(visibility),
                password: None,
            };
            let made = expect::ok(scratch.create_folder(new).await, "creating a folder with a visibility")?;
            for view in observe::folder(subject, &scratch.base, &made.id).await? {
                expect::equal(&view.visibility, &Some(visibility), "the visibility of a new folder")?;
            }
        }
        Ok(())
    })
    .await
}

/// A folder created with a password has one, and one created without has none, as far as the site reports it.
///
/// # Errors
/// The first expectation that does not hold.
pub async fn a_folder_is_created_with_its_password(subject: &Subject) -> Result<(), Failure> {
    in_scratch(subject, async |scratch| {
        for (password, guarded) in [(Some(PasswordChange::Set("open sesame".into())), true), (None, false)] {
            let name = entry_name(&unique(""))?;
            let new = NewFolder { name, parent: scratch.base.clone(), visibility: None, password };
            let made = expect::ok(scratch.create_folder(new).await, "creating a folder with or without a password")?;
            for view in observe::folder(subject, &scratch.base, &made.id).await? {
                let reported = view.password_protected.unwrap_or(guarded);
                expect::equal(&reported, &guarded, "whether a new folder is password-protected")?;
            }
        }
        Ok(())
    })
    .await
}

/// Expects a folder to be of the account, with a valid id and plausible times.
pub(crate) fn well_formed(subject: &Subject, folder: &Folder, what: &str) -> Result<(), Failure> {
    expect::origin(subject, &folder.account, &folder.provider, what)?;
    let parsed = subject.provider.profile().ids.folder(folder.id.as_str());
    expect::equal(&parsed.as_ref(), &Ok(&folder.id), &format!("the id of {what}, by the profile's grammar"))?;
    expect::time(folder.created_at, &format!("the created_at of {what}"))?;
    expect::time(folder.updated_at, &format!("the updated_at of {what}"))
}
