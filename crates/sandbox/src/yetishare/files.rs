//! Operations on files by id: `file/info`, `file/edit`, `file/delete`, `file/move`, `file/copy`.

use serde_json::{Value, json};

use super::call::Call;
use super::destination::{destination, new_folder};
use super::options::Version;
use super::refusal::Refusal;
use super::reply::{Answer, Success};
use super::rows::{ACTIVE, File, NewFile, TRASH};
use super::site::Context;

/// `file/info`. A file in the trash is returned as well.
pub(crate) fn info(context: &mut Context<'_>, call: &Call) -> Answer {
    let file = own_file(context, call)?;
    Ok(Success::data(all_fields(context, &file)))
}

/// `file/edit`: an empty parameter changes nothing, and neither does a folder that is not the account's.
pub(crate) fn edit(context: &mut Context<'_>, call: &Call) -> Answer {
    let id = own_file(context, call)?.id;
    let folder = new_folder(context, call.text("folder_id"));
    let name = call.optional("filename").map(|name| context.options.stored_names.store(name));
    let file = context.store.own_file(id)?;
    if let Some(stored) = name {
        file.name = stored;
    }
    if let Some(content_type) = call.optional("fileType") {
        file.content_type = content_type.to_owned();
    }
    file.folder = folder.unwrap_or(file.folder);
    changed(context, id, "File successfully updated.")
}

/// `file/delete`: moves the file to the trash. No API call restores it.
pub(crate) fn delete(context: &mut Context<'_>, call: &Call) -> Answer {
    let id = active_file(context, call, "deleting")?;
    context.store.own_file(id)?.status = TRASH.to_owned();
    changed(context, id, "File successfully set as deleted.")
}

/// `file/move`.
pub(crate) fn relocate(context: &mut Context<'_>, call: &Call) -> Answer {
    let id = active_file(context, call, "moving")?;
    let folder = destination(context, call, "new_parent_folder_id")?;
    context.store.own_file(id)?.folder = folder;
    changed(context, id, "File successfully moved.")
}

/// `file/copy`.
pub(crate) fn copy(context: &mut Context<'_>, call: &Call) -> Answer {
    let id = active_file(context, call, "copying")?;
    let folder = destination(context, call, "copy_to_folder_id")?;
    let original = context.store.own_file(id)?.clone();
    let copied = context.store.add_file(NewFile {
        name: original.name.clone(),
        folder,
        content: original.content.clone(),
        size: original.size,
        content_type: original.content_type.clone(),
        uploaded: context.now,
        source: original.source,
    });
    let copied = context.store.own_file(copied)?.clone();
    // The misspelling is the script's, and there is no `data` beside the two.
    Ok(Success::message("File successfully copyied.")
        .with("original_file", json!({"data": all_fields(context, &original)}))
        .with("new_file", json!({"data": all_fields(context, &copied)})))
}

fn own_file(context: &mut Context<'_>, call: &Call) -> Result<File, Refusal> {
    call.required("file_id")?;
    context.store.own_file(call.id("file_id")).cloned()
}

/// Returns the id of a file for an operation that needs an active file of this account. The error for another account's
/// file, or for one in the trash, differs from that for an unknown one.
fn active_file(context: &Context<'_>, call: &Call, doing: &str) -> Result<u64, Refusal> {
    call.required("file_id")?;
    let file = context.store.files.get(&call.id("file_id")).ok_or_else(Refusal::no_such_file)?;
    if file.is_listed() { Ok(file.id) } else { Err(Refusal::failed(doing, "file")) }
}

fn changed(context: &mut Context<'_>, id: u64, words: &str) -> Answer {
    let file = context.store.own_file(id)?.clone();
    Ok(Success::message(words).with("data", all_fields(context, &file)))
}

/// Returns all fields of a file.
fn all_fields(context: &Context<'_>, file: &File) -> Value {
    let options = context.options;
    let (url, hash) = (url(context.origin, file), file.delete_hash());
    let status = if options.version >= Version::V5 { "status" } else { "file_status" };
    json!({
        "id": options.number(file.id),
        "filename": options.text(&file.name),
        "shortUrl": file.short_url(),
        "fileType": file.content_type,
        "extension": file.extension(),
        "fileSize": options.number(file.size),
        "uploadedIP": "127.0.0.1",
        "uploadedDate": options.date(Some(file.uploaded)),
        status: file.status,
        "downloads": options.number(file.downloads),
        "lastAccessed": options.date(file.accessed),
        "folderId": options.reference(file.folder),
        "keywords": options.text(&file.keywords()),
        "isPublic": options.number(file.is_public),
        "uploadSource": file.source,
        "url_file": url,
        "url_file_info": format!("{url}~i?{hash}"),
        "url_file_stats": format!("{url}~s"),
        "url_file_delete": format!("{url}~d?{hash}"),
    })
}

/// Returns the fields of a file in a listing.
pub(crate) fn listing_row(context: &Context<'_>, file: &File) -> Value {
    let options = context.options;
    let mut row = json!({
        "id": options.number(file.id),
        "filename": options.text(&file.name),
        "shortUrl": file.short_url(),
        "fileType": file.content_type,
        "extension": file.extension(),
        "fileSize": options.number(file.size),
        "status": ACTIVE,
        "downloads": options.number(file.downloads),
        "folderId": options.reference(file.folder),
        "keywords": options.text(&file.keywords()),
        "url_file": url(context.origin, file),
    });
    if options.dates_in_listings {
        row["uploadedDate"] = options.date(Some(file.uploaded));
    }
    row
}

/// Returns the address of a file's page.
pub(crate) fn url(origin: &str, file: &File) -> String {
    format!("{origin}/{}", file.short_url())
}

/// Returns the total size and the total downloads of the account's files in some folders.
pub(crate) fn totals(context: &Context<'_>, folders: &[u64]) -> (u64, u64) {
    let files = context.store.files.values().filter(|file| file.is_listed() && folders.contains(&file.folder));
    files.fold((0, 0), |(size, downloads), file| (size.saturating_add(file.size), downloads + file.downloads))
}
