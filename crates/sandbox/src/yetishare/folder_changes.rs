//! Changes to folders: `folder/create`, `folder/edit`, `folder/delete`, `folder/move`. None of them checks for cycles:
//! a folder that is moved below itself is in no listing any more.

use super::call::Call;
use super::destination::{destination, new_folder};
use super::folders;
use super::options::Version;
use super::php;
use super::refusal::Refusal;
use super::reply::{Answer, Success};
use super::rows::Folder;
use super::site::Context;

/// The length of a password, which is an MD5 in hexadecimal.
const PASSWORD_LENGTH: usize = 32;

/// `folder/create`. Does not check whether the parent exists, nor whether it is the account's.
pub(crate) fn create(context: &mut Context<'_>, call: &Call) -> Answer {
    let name = call.required("folder_name")?;
    let name = context.options.stored_names.store(name);
    let id = context.store.add_folder(call.id("parent_id"), &name, context.now);
    let folder = context.store.own_folder(id)?;
    folder.is_public = visibility(call.text("is_public"));
    folder.password = password(call.text("access_password"));
    changed(context, id, "Folder successfully created.")
}

/// `folder/edit`: an empty parameter changes nothing, and neither does a parent that is not the account's.
pub(crate) fn edit(context: &mut Context<'_>, call: &Call) -> Answer {
    let id = own_folder(context, call)?.id;
    let parent = new_folder(context, call.text("parent_id"));
    let (version, stored_names, now) = (context.options.version, context.options.stored_names, context.now);
    let folder = context.store.own_folder(id)?;
    let before = folder.clone();
    if let Some(name) = call.optional("folder_name") {
        folder.name = stored_names.store(name);
    }
    if let Some(is_public) = call.optional("is_public") {
        folder.is_public = visibility(is_public);
    }
    folder.parent = parent.unwrap_or(folder.parent);
    if let Some(given) = call.optional("access_password") {
        let new = password(given);
        // Version 4 ignores a call whose only change is to remove the password.
        let is_only_change = ["folder_name", "parent_id", "is_public"].iter().all(|name| call.optional(name).is_none());
        if version >= Version::V5 || new.is_some() || !is_only_change {
            folder.password = new;
        }
    }
    if differs(&before, folder) {
        folder.updated = Some(now);
    }
    changed(context, id, "Folder successfully updated.")
}

/// `folder/delete`: moves the folder and everything below it to the trash.
pub(crate) fn delete(context: &mut Context<'_>, call: &Call) -> Answer {
    call.required("folder_id")?;
    let folder = context.store.folders.get(&call.id("folder_id")).filter(|folder| folder.is_listed());
    // The script's message, which differs from that of the page.
    let id = folder.ok_or_else(|| Refusal::failed("deleting", "folder"))?.id;
    context.store.trash_folder(id);
    Ok(Success::message("Folder successfully set as deleted."))
}

/// `folder/move`.
pub(crate) fn relocate(context: &mut Context<'_>, call: &Call) -> Answer {
    call.required("folder_id")?;
    let id = call.id("folder_id");
    if context.store.folders.get(&id).is_some_and(|folder| !folder.own) {
        return Err(Refusal::failed("moving", "folder"));
    }
    context.store.own_folder(id)?;
    if php::id(call.required("new_parent_folder_id")?) == id {
        return Err(Refusal::into_itself());
    }
    let (parent, now) = (destination(context, call, "new_parent_folder_id")?, context.now);
    let folder = context.store.own_folder(id)?;
    folder.parent = parent;
    folder.updated = Some(now);
    changed(context, id, "Folder successfully moved.")
}

fn own_folder<'a>(context: &'a mut Context<'_>, call: &Call) -> Result<&'a mut Folder, Refusal> {
    call.required("folder_id")?;
    context.store.own_folder(call.id("folder_id"))
}

fn changed(context: &mut Context<'_>, id: u64, words: &str) -> Answer {
    let folder = context.store.own_folder(id)?.clone();
    Ok(Success::message(words).with("data", folders::row_with_password(context, &folder)))
}

/// Returns the visibility. Any value other than the three counts as private.
fn visibility(text: &str) -> u64 {
    match php::id(text) {
        known @ 0..=2 => known,
        _ => 0,
    }
}

/// Returns the password. A text of any other length, including `null`, means none.
fn password(text: &str) -> Option<String> {
    (text.len() == PASSWORD_LENGTH).then(|| text.to_owned())
}

fn differs(before: &Folder, after: &Folder) -> bool {
    (&before.name, before.is_public, before.parent, &before.password)
        != (&after.name, after.is_public, after.parent, &after.password)
}
