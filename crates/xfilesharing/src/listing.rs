//! The listing of a folder: one call, or the calls by which a site fills it.

use std::collections::HashMap;

use polyhost_domain::{File, FileId, FolderId, Listing, Result, keep_first};
use polyhost_upstream::decode::is_empty;

use crate::client::Site;
use crate::convert::Convert;
use crate::envelope::Answer;
use crate::flavour::ListingSource;
use crate::named::Named;
use crate::request::Request;
use crate::{files, wire};

/// The maximum number of pages that are read for one listing.
const MAX_PAGES: usize = 100;
/// The maximum number of files whose sizes are looked up by their ids.
const MAX_LOOKUPS: usize = 250;

/// Whether the sizes of the files are needed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sizes {
    /// They are filled in, with more calls if the site needs them.
    Filled,
    /// They may be missing.
    Omitted,
}

/// Returns the whole listing of a folder.
///
/// # Errors
/// `FolderNotFound`, or the error of a call.
pub(crate) async fn whole(site: &Site, folder: &FolderId, sizes: Sizes) -> Result<Listing> {
    let mut listing = site.snapshot(folder).await?;
    match (site.traits.listing, sizes) {
        (ListingSource::WithoutSizes, Sizes::Filled) => fill_sizes(site, folder, &mut listing.files).await,
        (ListingSource::Pages, _) => {
            let (files, unreadable) = pages(site, folder).await?;
            listing.files = files;
            listing.unreadable += unreadable;
            listing.incomplete = false;
        }
        _ => {}
    }
    Ok(listing)
}

/// Reads the answer to `folder/list`. An empty result is an empty folder.
///
/// # Errors
/// `InvalidResponse`: both lists are missing, or a list is unreadable.
pub(crate) fn of_folder(convert: &Convert, answer: &Answer<'_>, folder: &FolderId) -> Result<Listing> {
    if is_empty(answer.result()) {
        return Ok(Listing::default());
    }
    let has_pages = convert.traits.listing == ListingSource::Pages;
    let listing: wire::FolderListing<'_> = answer.value()?;
    let given = [listing.folders.is_given(), listing.files.is_given()];
    if given == [false, false] {
        return Err(answer.missing("the folder's items"));
    }
    let unreadable = |why| answer.reply.unreadable(why);
    let folders = listing.folders.read(|_, row| convert.folder(row, folder)).map_err(unreadable)?;
    let (files, skipped) = match has_pages {
        true => (Vec::new(), 0),
        false => {
            let entries = listing.files.read(|_, row| file(convert, row, folder, answer)).map_err(unreadable)?;
            (entries.items, entries.unreadable)
        }
    };
    let mut listing = Listing {
        folders: folders.items,
        files,
        unreadable: folders.unreadable + skipped,
        incomplete: given != [true, true],
        next: None,
    };
    listing.deduplicate();
    Ok(listing)
}

fn file(convert: &Convert, row: wire::FileRow, folder: &FolderId, answer: &Answer<'_>) -> Option<File> {
    let id = convert.file_id(row.code())?;
    Some(convert.file(id, row, Some(folder), &answer.zone))
}

/// Adds the sizes and download counts that `folder/list` lacks. Without them, the listing is still a listing.
async fn fill_sizes(site: &Site, folder: &FolderId, listed: &mut [File]) {
    let known = match folder {
        // There, `file/list` cannot be limited to the root.
        FolderId::Root => by_id(site, listed).await,
        FolderId::Child(_) => pages(site, folder).await.map(|(files, _)| files),
    };
    let known = match known {
        Ok(known) => known,
        Err(error) => return tracing::debug!(%error, "the sizes of a folder's files cannot be read"),
    };
    let known: HashMap<FileId, File> = known.into_iter().map(|file| (file.id.clone(), file)).collect();
    for file in listed.iter_mut() {
        if let Some(known) = known.get(&file.id) {
            file.size = file.size.or(known.size);
            file.download_count = file.download_count.or(known.download_count);
        }
    }
}

async fn by_id(site: &Site, listed: &[File]) -> Result<Vec<File>> {
    let ids: Vec<FileId> = listed.iter().filter(|file| file.size.is_none()).map(|file| file.id.clone()).collect();
    if ids.len() > MAX_LOOKUPS {
        return Ok(Vec::new());
    }
    Ok(files::lookup(site, &ids).await?.into_iter().filter_map(files::found).collect())
}

/// Returns all files of a folder by the pages of `file/list`, and the number of unreadable entries. The pages move
/// while files are added, so repeated files are removed. A page that is not full is the last one: the number of pages
/// in the answer is wrong at many sites.
///
/// # Errors
/// The error of a call.
pub(crate) async fn pages(site: &Site, folder: &FolderId) -> Result<(Vec<File>, usize)> {
    let size = site.traits.page;
    let (mut files, mut unreadable) = (Vec::new(), 0);
    for page in 1..=MAX_PAGES {
        let request = Request::read("file/list").with_folder("fld_id", folder).with("page", page.to_string());
        let request = request.with("per_page", size.to_string());
        let (found, skipped) = site
            .call(request, Named::Nothing, |answer| {
                // At Byse, the result is a plain list.
                let text = answer.result().trim_start();
                let entries = if text.starts_with('[') {
                    answer.converted(|list: polyhost_upstream::decode::List<'_, wire::FileRow>| {
                        list.read(|_, row| file(&site.convert, row, folder, answer))
                    })?
                } else {
                    answer.converted(|page: wire::FilePage<'_>| {
                        let list = if page.files.is_given() { page.files } else { page.data };
                        list.read(|_, row| file(&site.convert, row, folder, answer))
                    })?
                };
                Ok((entries.items, entries.unreadable))
            })
            .await?;
        let is_last = found.len() + skipped < size;
        files.extend(found);
        unreadable += skipped;
        if is_last {
            break;
        }
    }
    keep_first(&mut files, |file| file.id.as_str());
    Ok((files, unreadable))
}
