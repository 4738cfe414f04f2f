//! Reading folders: `folder/listing` and `folder/info`.

use serde_json::{Value, json};

use super::call::Call;
use super::files;
use super::options::Version;
use super::reply::{Answer, Success};
use super::rows::Folder;
use super::site::Context;
use super::store::ROOT;
use crate::unreadable::{self, Keys, Unreadable};

/// `folder/listing`: the complete listing of one folder, sorted by name and without pages. Anything that is not the
/// number of a folder is the root.
pub(crate) fn listing(context: &mut Context<'_>, call: &Call) -> Answer {
    let folder = call.id("parent_folder_id");
    if folder != ROOT {
        context.store.own_folder(folder)?;
    }
    let folders = context.store.folders_in(folder).into_iter().map(|folder| row(context, folder));
    let folders = with_malformed(folders, &context.options.unreadable_folders, &FOLDER_KEYS);
    let listed = context.store.files_in(folder).into_iter().filter(|row| row.unlisted_for == 0);
    let files = listed.map(|row| files::listing_row(context, row));
    let files = with_malformed(files, &context.options.unreadable_files, &FILE_KEYS);
    for late in context.store.files.values_mut().filter(|row| row.folder == folder) {
        late.unlisted_for = late.unlisted_for.saturating_sub(1);
    }
    Ok(Success::data(json!({"folders": folders, "files": files})))
}

const FOLDER_KEYS: Keys = Keys { doubled: "folderName", name: "folderName", ids: &["id", "url_folder"] };
const FILE_KEYS: Keys = Keys { doubled: "fileSize", name: "filename", ids: &["id", "shortUrl", "url_file"] };

/// Returns the rows of a listing, some of them malformed.
fn with_malformed(rows: impl Iterator<Item = Value>, kinds: &[Unreadable], keys: &Keys) -> Vec<Value> {
    let mut entries = rows.map(|row| (String::new(), row)).collect();
    unreadable::spoil(kinds, &mut entries, keys);
    entries.into_iter().map(|(_, row)| row).collect()
}

/// `folder/info`. The page says `parent_folder_id`, but the script reads `folder_id`.
pub(crate) fn info(context: &mut Context<'_>, call: &Call) -> Answer {
    let folder = context.store.own_folder(call.id("folder_id"))?.clone();
    Ok(Success::data(row_with_password(context, &folder)))
}

/// Returns a folder's row in a listing. Size and downloads include everything below it, as in the page's sample.
fn row(context: &Context<'_>, folder: &Folder) -> Value {
    let options = context.options;
    let (size, downloads) = files::totals(context, &context.store.with_all_below(folder.id));
    let mut row = json!({
        "id": options.number(folder.id),
        "parentId": options.reference(folder.parent),
        "folderName": options.text(&folder.name),
        "totalSize": options.number(size),
        "isPublic": options.number(folder.is_public),
        "date_added": options.date(Some(folder.added)),
        "date_updated": options.date(folder.updated),
        "url_folder": url(context.origin, folder),
        "total_downloads": downloads,
        "child_folder_count": context.store.folders_in(folder.id).len(),
        "file_count": context.store.files_in(folder.id).len(),
    });
    if options.version >= Version::V5 {
        row["status"] = Value::from(folder.status.as_str());
        row["urlHash"] = Value::from(crate::content::sha1_of(format!("folder {}", folder.id).as_bytes()));
    }
    row
}

/// Returns a folder's row in the answers to calls about one folder.
pub(crate) fn row_with_password(context: &Context<'_>, folder: &Folder) -> Value {
    let mut row = self::row(context, folder);
    row["accessPassword"] = folder.password.as_deref().map_or(Value::Null, Value::from);
    row
}

fn url(origin: &str, folder: &Folder) -> String {
    let name: String = folder.name.chars().map(|letter| if letter.is_alphanumeric() { letter } else { '_' }).collect();
    format!("{origin}/folder/{}/{name}", folder.id)
}
