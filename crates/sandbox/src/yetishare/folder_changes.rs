//! Folders as they are changed: `folder/create`, `folder/edit`, `folder/delete`, `folder/move`. Nothing here looks for
//! circles: a folder that is moved below itself is in no listing any more.

use super::call::Call;
use super::destination::{destination, moved_to};
use super::folders;
use super::options::Version;
use super::php;
use super::refusal::Refusal;
use super::reply::{Answer, Success};
use super::rows::Folder;
use super::site::Context;

/// How long a password is, being an MD5 in hexadecimal.
const PASSWORD_LENGTH: usize = 32;

/// `folder/create`. Whether there is such a parent, and whose it is, is not checked.
pub(crate) fn create(context: &mut Context<'_>, call: &Call) -> Answer {
    let name = call.required("folder_name")?;
    let name = context.options.stored_names.store(name);
    let id = context.store.add_folder(call.id("parent_id"), &name, context.now);
    let folder = context.store.own_folder(id)?;
    folder.is_public = visibility(call.text("is_public"));
    folder.password = password(call.text("access_password"));
    changed(context, id, "Folder successfully created.")
}

/// `folder/edit`: what is empty stays as it is, and so does the parent where the new one is not the account's.
pub(crate) fn edit(context: &mut Context<'_>, call: &Call) -> Answer {
    let id = own_folder(context, call)?.id;
    let parent = moved_to(context, call.text("parent_id"));
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
        // Version 4 takes a call that does nothing but to clear the password for one that does nothing.
        let is_alone = ["folder_name", "parent_id", "is_public"].iter().all(|name| call.optional(name).is_none());
        if version >= Version::V5 || new.is_some() || !is_alone {
            folder.password = new;
        }
    }
    if differs(&before, folder) {
        folder.updated = Some(now);
    }
    changed(context, id, "Folder successfully updated.")
}

/// `folder/delete`: into the trash, with everything below.
pub(crate) fn delete(context: &mut Context<'_>, call: &Call) -> Answer {
    call.required("folder_id")?;
    let folder = context.store.folders.get(&call.id("folder_id")).filter(|folder| folder.is_listed());
    // Not the words that the page has for it.
    let id = folder.ok_or_else(|| Refusal::failed("deleting", "folder"))?.id;
    context.store.trash_folder(id);
    Ok(Success::told("Folder successfully set as deleted."))
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
    Ok(Success::told(words).with("data", folders::told_with_password(context, &folder)))
}

/// What is not among the three is private.
fn visibility(text: &str) -> u64 {
    match php::id(text) {
        known @ 0..=2 => known,
        _ => 0,
    }
}

/// What has not the length of a password is none, `null` among it.
fn password(text: &str) -> Option<String> {
    (text.len() == PASSWORD_LENGTH).then(|| text.to_owned())
}

fn differs(before: &Folder, after: &Folder) -> bool {
    (&before.name, before.is_public, before.parent, &before.password)
        != (&after.name, after.is_public, after.parent, &after.password)
}
