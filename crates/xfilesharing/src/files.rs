//! Reading, renaming, moving, copying and deleting files.
//!
//! Sites confirm writes on unknown files, and on files of other users, without doing anything. Therefore a file is read
//! before and after each write.

use std::collections::HashMap;

use futures_util::stream::{self, StreamExt as _};
use polyhost_domain::{Capability, EntryName, Error, ErrorKind, File, FileId, FileLookup, FolderId, Result};
use url::Url;

use crate::client::{Site, is_inconclusive, no_effect};
use crate::envelope::Answer;
use crate::error::{absent, detail, of_item};
use crate::flavour::Edits;
use crate::named::Named;
use crate::profile::MAX_BATCH;
use crate::request::Request;
use crate::{listing, wire};

/// The maximum number of concurrent calls of one lookup.
const MAX_CONCURRENT: usize = 8;

/// A file as the site describes it, with the texts that the normalized file lacks.
#[derive(Debug, Clone)]
struct Described {
    lookup: FileLookup,
    tags: Option<String>,
    picture: Option<String>,
}

/// Returns one entry for each id, in the order of the ids.
///
/// # Errors
/// The error of the first call, if all calls fail.
pub(crate) async fn lookup(site: &Site, ids: &[FileId]) -> Result<Vec<FileLookup>> {
    let in_one_call = if site.traits.native.contains(&Capability::FilesLookup) { MAX_BATCH } else { 1 };
    let calls: Vec<_> = ids.chunks(in_one_call).map(|ids| describe(site, ids)).collect();
    let outcomes: Vec<_> = stream::iter(calls).buffered(MAX_CONCURRENT).collect().await;
    if let Some(Err(first)) = outcomes.first()
        && outcomes.iter().all(Result::is_err)
    {
        return Err(first.clone());
    }
    let chunks = ids.chunks(in_one_call).zip(outcomes);
    Ok(chunks
        .flat_map(|(ids, outcome)| match outcome {
            Ok(described) => described.into_iter().map(|file| file.lookup).collect(),
            Err(error) => vec![FileLookup::Failed(error); ids.len()],
        })
        .collect())
}

/// Returns the file of a lookup.
pub(crate) fn found(lookup: FileLookup) -> Option<File> {
    match lookup {
        FileLookup::Found(file) | FileLookup::Broken(file, _) => Some(*file),
        FileLookup::Failed(_) => None,
    }
}

/// Reads files with one call. A site leaves ids out of its answer without a word, so the entries are found by their
/// ids.
async fn describe(site: &Site, ids: &[FileId]) -> Result<Vec<Described>> {
    let codes = ids.iter().map(FileId::as_str).collect::<Vec<_>>().join(",");
    let named = match ids {
        [id] => Named::File(id),
        _ => Named::Files,
    };
    let request = Request::read("file/info").with("file_code", codes);
    let outcome = site.call(request, named, |answer| described(site, ids, answer)).await;
    match outcome {
        // None of the ids is known, which the site reports as an error of the whole call.
        Err(error) if error.kind() == ErrorKind::FileNotFound => {
            let missing = |id| {
                let text = detail(ErrorKind::FileNotFound, Named::File(id), site.account());
                Described { lookup: FileLookup::Failed(error.clone().with_detail(text)), tags: None, picture: None }
            };
            Ok(ids.iter().map(missing).collect())
        }
        outcome => outcome,
    }
}

fn described(site: &Site, ids: &[FileId], answer: &Answer<'_>) -> Result<Vec<Described>> {
    let rows = answer.rows(|row: wire::FileRow| Some((site.convert.file_id(row.code())?, row)))?;
    let unreadable = rows.unreadable > 0;
    let mut by_id: HashMap<FileId, wire::FileRow> = rows.items.into_iter().collect();
    let one = |id: &FileId| {
        let Some(row) = by_id.remove(id) else {
            let error = match unreadable {
                true => answer.missing("one of the files"),
                false => absent(answer.reply, Named::File(id), site.account()),
            };
            return Described { lookup: FileLookup::Failed(error), tags: None, picture: None };
        };
        let (status, tags) = (row.status.unwrap_or(200), row.tags.clone());
        let picture = row.picture().map(str::to_owned);
        let file = || Box::new(site.convert.file(id.clone(), row, None, &answer.zone));
        let lookup = match status {
            200 => FileLookup::Found(file()),
            451 => FileLookup::Broken(file(), of_item(answer.reply, status, Named::File(id), site.account())),
            _ => FileLookup::Failed(of_item(answer.reply, status, Named::File(id), site.account())),
        };
        Described { lookup, tags, picture }
    };
    Ok(ids.iter().map(one).collect())
}

async fn describe_one(site: &Site, id: &FileId) -> Result<Described> {
    let mut described = describe(site, std::slice::from_ref(id)).await?;
    described.pop().ok_or_else(|| Error::new(ErrorKind::Internal))
}

/// Returns a file and its tags as the site stores them.
async fn known(site: &Site, id: &FileId) -> Result<(File, Option<String>)> {
    let described = describe_one(site, id).await?;
    match described.lookup {
        FileLookup::Found(file) => Ok((*file, described.tags)),
        FileLookup::Broken(_, error) | FileLookup::Failed(error) => Err(error),
    }
}

/// Returns the address of a file's picture.
///
/// # Errors
/// `FileNotFound`, or the error of the call.
pub(crate) async fn picture(site: &Site, id: &FileId) -> Result<Url> {
    if site.traits.edits == Edits::Clone {
        let request = Request::read("images/thumb").with("file_code", id.as_str());
        let address = |answer: &Answer<'_>| {
            let picture: wire::Picture = answer.value()?;
            let address = picture.thumbnail.and_then(|text| text.parse::<Url>().ok());
            address.ok_or_else(|| answer.missing("the address of a thumbnail"))
        };
        let address = site.call(request, Named::File(id), address).await?;
        site.http.admit("images/thumb", &address)?;
        return Ok(address);
    }
    let described = describe_one(site, id).await?;
    if let FileLookup::Failed(error) = described.lookup {
        return Err(error);
    }
    let address = described.picture.and_then(|text| text.parse::<Url>().ok());
    let none = || {
        let text = format!("The file \"{id}\" has no thumbnail yet.");
        let error = Error::new(ErrorKind::InvalidResponse).at(&site.http.origin().provider, "file/info");
        error.retryable(true).with_detail(text)
    };
    let address = address.ok_or_else(none)?;
    site.http.admit("file/info", &address)?;
    Ok(address)
}

/// Renames a file, and returns its new state where the site shows it.
///
/// # Errors
/// `FileNotFound`, also for another user's file; `Rejected`, where the site confirms the change and does not make it.
pub(crate) async fn rename(site: &Site, id: &FileId, name: &EntryName) -> Result<Option<File>> {
    let (before, tags) = known(site, id).await?;
    let operation = match site.traits.edits {
        Edits::Edit => "file/edit",
        _ => "file/rename",
    };
    let request = Request::write(operation).with("file_code", id.as_str());
    let request = match site.traits.edits {
        Edits::Edit => {
            check_owner(site, id, &before).await?;
            with_tags(request.with("file_title", name.as_str()), tags)
        }
        Edits::SetFolder { name: field } => request.with(field, name.as_str()),
        Edits::Move | Edits::Clone => request.with("title", name.as_str()),
    };
    site.confirm(request, Named::File(id)).await?;
    let after = match known(site, id).await {
        Ok((after, _)) => after,
        Err(error) if is_inconclusive(&error) => return Ok(None),
        Err(error) => return Err(error),
    };
    if after.name == before.name && after.name.as_deref() != Some(name.as_str()) {
        let is_ours = is_in_account(site, id, &before).await;
        return Err(no_effect(site, operation, is_ours, Named::File(id)));
    }
    Ok(Some(after))
}

/// Moves a file, and returns it where the site shows it. At Byse, it gets another id.
///
/// # Errors
/// `FileNotFound`, also for another user's file; `FolderNotFound`; `Rejected`, where the site confirms the change and
/// does not make it.
pub(crate) async fn relocate(site: &Site, id: &FileId, folder: &FolderId) -> Result<Option<File>> {
    if site.traits.edits == Edits::Clone && *folder == FolderId::Root {
        let detail = "The site cannot move files to the root folder: it would make a copy.";
        return Err(Error::unsupported(Capability::FilesMove).with_detail(detail));
    }
    site.check_folder(folder).await?;
    let (before, tags) = known(site, id).await?;
    let named = Named::FileAndFolder(id, folder);
    let operation = match site.traits.edits {
        Edits::Edit => "file/edit",
        Edits::SetFolder { .. } => "file/set_folder",
        Edits::Move => "file/move",
        Edits::Clone => return Ok(Some(moved_by_clone(site, before, folder).await?)),
    };
    let request = Request::write(operation).with("file_code", id.as_str());
    let request = match site.traits.edits {
        Edits::Edit => {
            check_owner(site, id, &before).await?;
            with_tags(request.with_folder("file_fld_id", folder), tags)
        }
        _ => request.with_folder("fld_id", folder),
    };
    site.confirm(request, named).await?;
    match site.holds(folder, id).await {
        Ok(false) => {
            let is_ours = is_in_account(site, id, &before).await;
            Err(no_effect(site, operation, is_ours, Named::File(id)))
        }
        Ok(true) => Ok(Some(File { folder_id: Some(folder.clone()), ..before })),
        Err(error) if is_inconclusive(&error) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Moves a file at a site that makes a new file of it.
pub(crate) async fn moved_by_clone(site: &Site, file: File, folder: &FolderId) -> Result<File> {
    let request = Request::write("file/clone").with("file_code", file.id.as_str()).with_folder("fld_id", folder);
    let named = Named::FileAndFolder(&file.id, folder);
    // Without a code in the answer, the file has its old one.
    let id = site.call(request, named, |answer| Ok(new_code(site, answer)?.unwrap_or_else(|| file.id.clone()))).await?;
    Ok(File { id, folder_id: Some(folder.clone()), ..file })
}

/// Copies a file, and returns the copy.
///
/// # Errors
/// `FileNotFound`, `FolderNotFound`, or the error of a call.
pub(crate) async fn copy(site: &Site, id: &FileId, folder: &FolderId) -> Result<File> {
    site.check_folder(folder).await?;
    let (original, _) = known(site, id).await?;
    let copies_to_root = site.traits.edits == Edits::Clone;
    let request = Request::write("file/clone").with("file_code", id.as_str());
    let request = if copies_to_root { request } else { request.with_folder("fld_id", folder) };
    let code = site
        .call(request, Named::FileAndFolder(id, folder), |answer| {
            new_code(site, answer)?.ok_or_else(|| answer.missing("the copy's id"))
        })
        .await?;
    let copy = File { id: code, folder_id: Some(FolderId::Root), page_url: None, embed_url: None, ..original };
    if copies_to_root && *folder != FolderId::Root {
        // The copy exists, wherever it is.
        return Ok(moved_by_clone(site, copy.clone(), folder).await.unwrap_or(copy));
    }
    Ok(File { folder_id: Some(folder.clone()), ..copy })
}

fn new_code(site: &Site, answer: &Answer<'_>) -> Result<Option<FileId>> {
    let code: Option<wire::NewCode> = answer.value()?;
    Ok(code.and_then(|code| site.convert.file_id(code.file_code.as_deref().or(code.filecode.as_deref()))))
}

/// Deletes a file.
///
/// # Errors
/// `FileNotFound`, or the error of the call.
pub(crate) async fn delete(site: &Site, id: &FileId) -> Result<()> {
    let request = Request::write("file/delete").with(site.traits.delete_field, id.as_str());
    site.confirm(request, Named::File(id)).await
}

/// Adds a file's tags, which `file/edit` removes unless they are sent again.
fn with_tags(request: Request, tags: Option<String>) -> Request {
    match tags {
        Some(tags) => request.with("tags", tags),
        None => request,
    }
}

/// Rejects a file of another user: `file/edit` would remove its tags.
async fn check_owner(site: &Site, id: &FileId, known: &File) -> Result<()> {
    let folder = known.folder_id.clone().unwrap_or(FolderId::Root);
    match site.holds(&folder, id).await {
        Ok(true) => Ok(()),
        Err(error) if is_inconclusive(&error) => Err(error),
        // The folder is another user's, too.
        Ok(false) | Err(_) => Err(no_effect(site, "file/edit", false, Named::File(id))),
    }
}

/// Returns whether a listing of the account has a file. Where that cannot be read, the file counts as the account's.
async fn is_in_account(site: &Site, id: &FileId, known: &File) -> bool {
    if let Some(folder) = &known.folder_id {
        return site.holds(folder, id).await.unwrap_or(true);
    }
    let all = listing::pages(site, &FolderId::Root).await;
    all.map_or(true, |(files, _)| files.iter().any(|listed| listed.id == *id))
}
