//! Folders: `folder/list`, `folder/create`, and the changes of folders.

use serde_json::{Value, json};

use super::file_list;
use super::flavours::{FilesInFolders, Flavour, FolderDelete};
use super::refusal::Refusal;
use super::reply::{Answer, Success, done};
use super::rows::Owner;
use super::site::Context;
use super::store::ROOT;
use crate::content;
use crate::parameters::Parameters;
use crate::unreadable::{self, Keys};

/// The fields of a row that are made malformed.
const KEYS: Keys = Keys { doubled: "name", name: "name", ids: &["fld_id"] };

/// The smallest length of a name, in bytes.
const SHORTEST_NAME: usize = 2;

/// `folder/list`: the direct content of one folder, without pages.
pub(crate) fn list(context: &mut Context<'_>, call: &Parameters) -> Answer {
    let folder = context.store.own_folder(call.optional("fld_id")).ok_or_else(Refusal::not_your_folder)?;
    let mut result = json!({"folders": folder_rows(context, folder)});
    let has_files = match context.options.files_in_folders {
        FilesInFolders::Always => true,
        FilesInFolders::WhenAsked => call.optional("files") == Some("1"),
        FilesInFolders::Never => false,
    };
    if has_files {
        let listed = context.store.files_in(folder).into_iter().filter(|file| file.unlisted_for == 0);
        let mut codes: Vec<String> = listed.map(|file| file.code.clone()).collect();
        let (total, per_page) = (codes.len(), context.options.per_page.0);
        if context.options.flavour == Flavour::Voe {
            codes.truncate(per_page);
        }
        let rows = file_list::rows(context, &codes, |context, file| context.folder_row(file));
        let is_paged = context.options.flavour == Flavour::Voe;
        result["files"] = if is_paged { file_list::paged(rows, total, 1, per_page) } else { Value::Array(rows) };
    }
    for late in context.store.files.values_mut().filter(|file| file.folder == folder) {
        late.unlisted_for = late.unlisted_for.saturating_sub(1);
    }
    Ok(Success::of(result))
}

fn folder_rows(context: &Context<'_>, folder: u64) -> Vec<Value> {
    let folders = context.store.folders.iter();
    let below = folders.filter(|(_, child)| child.parent == folder && child.owner == Owner::Account);
    let mut rows = below
        .map(|(id, child)| {
            let code: String = content::sha1_of(&id.to_be_bytes()).chars().take(10).collect();
            (id.to_string(), json!({"fld_id": id, "name": child.name, "code": code}))
        })
        .collect();
    unreadable::spoil(&context.options.unreadable_folders, &mut rows, &KEYS);
    rows.into_iter().map(|(_, row)| row).collect()
}

/// `folder/create`: two folders may have the same name.
pub(crate) fn create(context: &mut Context<'_>, call: &Parameters) -> Answer {
    let name = stored_name(context, call.optional("name"))?;
    let parent = context.store.own_folder(call.optional("parent_id")).ok_or_else(Refusal::no_parent_folder)?;
    let most = context.options.max_folders;
    if context.store.counts().folders >= most {
        return Err(Refusal::too_many_folders(most));
    }
    let id = context.store.add_folder(parent, name);
    // A folder's id is a text here, but a number in the lists.
    Ok(Success::of(json!({"fld_id": id.to_string()})))
}

/// `folder/edit`: renames, moves, or both. Only a folder that would be its own parent is refused, not a longer cycle.
pub(crate) fn edit(context: &mut Context<'_>, call: &Parameters) -> Answer {
    let id = folder_to_change(context, call, "fld_id")?;
    let name = call.given("name").map(|name| stored_name(context, Some(name))).transpose()?;
    let parent = match call.given("parent_id") {
        None => None,
        parent => Some(context.store.own_folder(parent).filter(|parent| *parent != id)),
    };
    let parent = parent.map(|parent| parent.ok_or_else(Refusal::invalid_parent)).transpose()?;
    if let Some(folder) = context.store.folders.get_mut(&id) {
        folder.name = name.unwrap_or_else(|| std::mem::take(&mut folder.name));
        folder.parent = parent.unwrap_or(folder.parent);
    }
    done()
}

/// `folder/rename`.
pub(crate) fn rename(context: &mut Context<'_>, call: &Parameters) -> Answer {
    let id = folder_to_change(context, call, "fld_id")?;
    let name = stored_name(context, call.optional("name"))?;
    context.store.folders.entry(id).and_modify(|folder| folder.name = name);
    done()
}

/// `folder/move`: the parameters are `fld_id` and `parent_id`, or `fld_id1` and `fld_id2`. Cycles are refused.
pub(crate) fn relocate(context: &mut Context<'_>, call: &Parameters) -> Answer {
    let names = if call.given("fld_id1").is_some() { ["fld_id1", "fld_id2"] } else { ["fld_id", "parent_id"] };
    let id = folder_to_change(context, call, names[0])?;
    let parent = context.store.own_folder(call.optional(names[1])).ok_or_else(Refusal::no_parent_folder)?;
    let mut above = Some(parent);
    while let Some(folder) = above.filter(|folder| *folder != ROOT) {
        if folder == id {
            return Err(Refusal::invalid_parent());
        }
        above = context.store.folders.get(&folder).map(|folder| folder.parent);
    }
    context.store.folders.entry(id).and_modify(|folder| folder.parent = parent);
    done()
}

/// `folder/delete`: there is no trash.
pub(crate) fn delete(context: &mut Context<'_>, call: &Parameters) -> Answer {
    let id = folder_to_change(context, call, "fld_id")?;
    let has_files = !context.store.files_in(id).is_empty();
    let has_folders = context.store.folders.values().any(|folder| folder.parent == id);
    match context.options.folder_delete {
        FolderDelete::EmptyOnly if has_files => return Err(Refusal::has_files()),
        FolderDelete::EmptyOnly if has_folders => return Err(Refusal::has_folders()),
        FolderDelete::EmptyOnly => {}
        FolderDelete::Force if (has_files || has_folders) && call.optional("force") != Some("1") => {
            return Err(Refusal::folder_not_empty());
        }
        FolderDelete::Force => empty(context, id),
    }
    context.store.folders.remove(&id);
    Ok(Success::empty())
}

/// Moves the files of a folder to the root and its folders to its parent.
fn empty(context: &mut Context<'_>, id: u64) {
    let parent = context.store.folders.get(&id).map_or(ROOT, |folder| folder.parent);
    for file in context.store.files.values_mut().filter(|file| file.folder == id) {
        file.folder = ROOT;
    }
    for folder in context.store.folders.values_mut().filter(|folder| folder.parent == id) {
        folder.parent = parent;
    }
}

fn folder_to_change(context: &Context<'_>, call: &Parameters, name: &str) -> Result<u64, Refusal> {
    let text = call.optional(name).filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()));
    let text = text.ok_or_else(Refusal::folder_id_required)?;
    context.store.own_folder(Some(text)).filter(|folder| *folder != ROOT).ok_or_else(Refusal::no_folder)
}

fn stored_name(context: &Context<'_>, name: Option<&str>) -> Result<String, Refusal> {
    let name = name.filter(|name| name.len() >= SHORTEST_NAME).ok_or_else(Refusal::invalid_folder_name)?;
    Ok(context.options.stored_name(name))
}
