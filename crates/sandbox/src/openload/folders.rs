//! Folders: `file/listfolder`, `file/createfolder`, `file/renamefolder`, `file/deletefolder`.

use serde_json::{Map, Value, json};

use super::call::Call;
use super::options::FilesShape;
use super::reply::{self, Answer, Refusal};
use super::rows::{File, Folder};
use super::site::Context;
use super::store::ROOT;
use crate::progress::Stage;
use crate::unreadable::{self, Keys};

const FOLDER_KEYS: Keys = Keys { doubled: "name", name: "name", ids: &["id"] };
const FILE_KEYS: Keys = Keys { doubled: "size", name: "name", ids: &["linkextid", "link", "embed_link"] };

/// `file/listfolder`: the complete listing of one folder, without pages and in no documented order.
pub(crate) fn list(context: &mut Context<'_>, call: &Call) -> Answer {
    let folder = context.store.folder(call.given("folder").unwrap_or_default())?;
    let below = context.store.folders.iter().filter(|(_, child)| child.parent == folder);
    // A folder's id is a text here, but a number in the answer to its creation.
    let row = |(id, child): (&u64, &Folder)| (id.to_string(), json!({"id": id.to_string(), "name": child.name}));
    let mut folders = below.map(row).collect();
    unreadable::spoil(&context.options.unreadable_folders, &mut folders, &FOLDER_KEYS);
    let folders: Vec<Value> = folders.into_iter().map(|(_, row)| row).collect();
    let files = shaped(context, files_in(context, folder));
    for late in context.store.files.values_mut().filter(|file| file.folder == folder) {
        late.unlisted_for = late.unlisted_for.saturating_sub(1);
    }
    Ok(json!({"folders": folders, "files": files}))
}

fn files_in<'a>(context: &'a Context<'_>, folder: u64) -> Vec<&'a File> {
    let listed = if context.options.deep_listings { context.store.with_all_below(folder) } else { vec![folder] };
    let is_listed = |file: &&File| file.own && file.unlisted_for == 0 && listed.contains(&file.folder);
    let mut files: Vec<&File> = context.store.files.values().filter(is_listed).collect();
    files.sort_by_key(|file| file.number);
    files
}

fn shaped(context: &Context<'_>, files: Vec<&File>) -> Value {
    let mut entries = files.into_iter().map(|file| (file.id.clone(), row(context, file))).collect();
    unreadable::spoil(&context.options.unreadable_files, &mut entries, &FILE_KEYS);
    let entries = entries.into_iter();
    match context.options.files_shape {
        FilesShape::Map => reply::map(entries.collect()),
        FilesShape::Array => entries.map(|(_, row)| row).collect(),
        FilesShape::MapsInArray => entries.map(|entry| Value::Object(Map::from_iter([entry]))).collect(),
    }
}

fn row(context: &Context<'_>, file: &File) -> Value {
    let options = context.options;
    let uploaded_at = || options.number(file.uploaded_at.as_second());
    json!({
        "name": file.name,
        "sha1": file.sha1,
        "folder_id": options.number(file.folder),
        "upload_at": options.fixed_date.as_deref().map_or_else(uploaded_at, Value::from),
        "status": if file.suspended { "suspended" } else { "active" },
        "size": options.number(file.size),
        "content_type": file.content_type,
        "cstatus": conversion_status(context, file),
        "link": format!("{}/v/{}", context.origin, file.id),
        "embed_link": format!("{}/e/{}", context.origin, file.id),
        "linkextid": file.id,
    })
}

fn conversion_status(context: &Context<'_>, file: &File) -> &'static str {
    match context.store.conversion_of(file) {
        Some(conversion) if conversion.schedule.stage(context.now) != Stage::Done => "pending",
        Some(conversion) if conversion.fails => "failed",
        _ => "ok",
    }
}

/// `file/createfolder`.
pub(crate) fn create(context: &mut Context<'_>, call: &Call) -> Answer {
    let name = call.required("name")?;
    let parent = context.store.folder(call.given("pid").unwrap_or_default())?;
    let id = context.store.add_folder(parent, &context.options.stored_names.store(name));
    Ok(json!({"folderid": context.options.number(id)}))
}

/// `file/renamefolder`.
pub(crate) fn rename(context: &mut Context<'_>, call: &Call) -> Answer {
    let (id, name) = (not_the_root(context, call)?, call.required("name")?);
    if let Some(folder) = context.store.folders.get_mut(&id) {
        folder.name = context.options.stored_names.store(name);
    }
    Ok(Value::Bool(true))
}

/// `file/deletefolder`: deletes the folder, everything below it, and every file in these permanently.
pub(crate) fn delete(context: &mut Context<'_>, call: &Call) -> Answer {
    let subtree = context.store.with_all_below(not_the_root(context, call)?);
    let files = context.store.files.values().filter(|file| subtree.contains(&file.folder));
    let files: Vec<String> = files.map(|file| file.id.clone()).collect();
    for file in files {
        context.store.delete_file(&file);
    }
    context.store.folders.retain(|id, _| !subtree.contains(id));
    Ok(Value::Bool(true))
}

/// Returns the folder to change. The root can be neither renamed nor deleted.
fn not_the_root(context: &Context<'_>, call: &Call) -> Result<u64, Refusal> {
    match context.store.folder(call.required("folder")?)? {
        ROOT => Err(Refusal::bad_request("The root folder cannot be changed")),
        folder => Ok(folder),
    }
}
