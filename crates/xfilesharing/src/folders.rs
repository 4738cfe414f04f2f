//! Creating, changing and deleting folders.

use polyhost_domain::{EntryName, Folder, FolderId, NewFolder, Result};

use crate::client::Site;
use crate::flavour::Edits;
use crate::named::Named;
use crate::request::Request;
use crate::wire;

pub(crate) async fn create(site: &Site, new: NewFolder) -> Result<Folder> {
    let named = match &new.parent {
        FolderId::Root => Named::Nothing,
        parent => Named::Folder(parent),
    };
    let request = Request::write("folder/create").with("name", new.name.as_str());
    let id = site
        .call(request.with_folder("parent_id", &new.parent), named, |answer| {
            let created: wire::FolderCreated = answer.value()?;
            let id = created.fld_id.as_deref().and_then(|id| site.convert.ids.folder(id).ok());
            id.ok_or_else(|| answer.missing("the folder's id"))
        })
        .await?;
    Ok(Folder::bare(&site.convert.origin, id, Some(new.parent), Some(new.name.as_str().to_owned())))
}

pub(crate) async fn rename(site: &Site, folder: &FolderId, name: &EntryName) -> Result<()> {
    let request = match site.traits.edits {
        Edits::Edit => Request::write("folder/edit"),
        _ => {
            // The site may confirm the change of an unknown folder.
            site.check_folder(folder).await?;
            Request::write("folder/rename")
        }
    };
    let request = request.with_folder("fld_id", folder).with("name", name.as_str());
    site.confirm(request, Named::Folder(folder)).await
}

/// Moves a folder. The caller has made sure that it does not end up below itself, which the site does not check.
pub(crate) async fn relocate(site: &Site, folder: &FolderId, parent: &FolderId) -> Result<()> {
    site.check_folder(parent).await?;
    let request = match site.traits.edits {
        Edits::Edit => Request::write("folder/edit"),
        _ => {
            site.check_folder(folder).await?;
            Request::write("folder/move")
        }
    };
    let request = request.with_folder("fld_id", folder).with_folder("parent_id", parent);
    site.confirm(request, Named::Folder(folder)).await
}

/// Deletes an empty folder.
pub(crate) async fn delete(site: &Site, folder: &FolderId) -> Result<()> {
    let request = Request::write("folder/delete").with_folder("fld_id", folder);
    site.confirm(request, Named::Folder(folder)).await
}
