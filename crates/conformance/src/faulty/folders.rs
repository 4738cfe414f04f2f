//! Faults of the methods for folders and listings.

use polyhost_domain::{
    Error, ErrorKind, File, Folder, FolderEdit, FolderId, Listing, NativeCursor, NewFolder, PasswordChange, Result,
};

use super::{Fault, Faulty, is_unknown};

impl Faulty {
    pub(super) async fn faulty_list(&self, folder: &FolderId, from: Option<NativeCursor>) -> Result<Listing> {
        let outcome = self.inner.list(folder, from).await;
        let mut listing = self.succeed_if_unknown(Fault::ListingOfUnknownIsEmpty, outcome, Listing::default())?;
        match self.fault {
            Fault::ListingOmitsAFile => drop(listing.files.pop()),
            Fault::ListingOmitsFolders => listing.folders.clear(),
            Fault::ListingRepeatsFiles => listing.files.extend_from_within(..),
            Fault::ListingWithoutFolder => {
                listing.files = listing.files.into_iter().map(|file| File { folder_id: None, ..file }).collect();
            }
            Fault::ListingNeverEnds => listing.next = Some(NativeCursor("0".to_owned())),
            Fault::ListingOmitsSortKeys => {
                let bare = |file| File { name: None, size: None, uploaded_at: None, ..file };
                listing.files = listing.files.into_iter().map(bare).collect();
            }
            _ => {}
        }
        Ok(listing)
    }

    pub(super) async fn faulty_folder(&self, folder: &FolderId) -> Result<Folder> {
        let outcome = self.inner.folder(folder).await;
        match (self.fault, outcome) {
            (Fault::FolderWithoutName, Ok(found)) => Ok(Folder { name: None, ..found }),
            (Fault::FolderParentIsRoot, Ok(found)) => Ok(Folder { parent_id: Some(FolderId::Root), ..found }),
            (_, outcome) => self.succeed_if_unknown(Fault::UnknownFolderIsFound, outcome, self.bare(folder)),
        }
    }

    pub(super) async fn faulty_create_folder(&self, mut new: NewFolder) -> Result<Folder> {
        let parent = new.parent.clone();
        match self.fault {
            Fault::FolderCreatedInRoot => new.parent = FolderId::Root,
            Fault::FolderCreatedWithoutVisibility => new.visibility = None,
            Fault::FolderCreatedWithoutPassword => new.password = None,
            _ => {}
        }
        match (self.fault, self.inner.create_folder(new.clone()).await) {
            (Fault::FolderCreatedInRoot, Ok(made)) => Ok(Folder { parent_id: Some(parent), ..made }),
            (Fault::CreatedFolderWithoutParent, Ok(made)) => Ok(Folder { parent_id: None, ..made }),
            (Fault::FolderInUnknownCreatedInRoot, Err(error)) if is_unknown(&error) => {
                self.inner.create_folder(NewFolder { parent: FolderId::Root, ..new }).await
            }
            (_, outcome) => outcome,
        }
    }

    pub(super) async fn faulty_edit_folder(&self, folder: &FolderId, mut edit: FolderEdit) -> Result<Option<Folder>> {
        match self.fault {
            Fault::RootRenameSendsRequest if *folder == FolderId::Root => self.send_extra_request().await,
            Fault::FolderRenameDoesNothing if edit.name.is_some() => {
                return self.inner.list(folder, None).await.map(|_| None);
            }
            Fault::FolderVisibilityStays if edit.visibility.take().is_some() => {
                return self.inner.folder(folder).await.map(|_| None);
            }
            Fault::FolderPasswordStays if matches!(edit.password, Some(PasswordChange::Remove)) => {
                return self.inner.folder(folder).await.map(|_| None);
            }
            _ => {}
        }
        let outcome = self.inner.edit_folder(folder, edit).await;
        self.succeed_if_unknown(Fault::FolderRenameOfUnknownSucceeds, outcome, None)
    }

    pub(super) async fn faulty_move_folder(&self, folder: &FolderId, parent: &FolderId) -> Result<Option<Folder>> {
        match self.fault {
            Fault::RootMoveSendsRequest if *folder == FolderId::Root => self.send_extra_request().await,
            Fault::FolderMoveDoesNothing => return self.inner.list(folder, None).await.map(|_| None),
            _ => {}
        }
        match (self.fault, self.inner.move_folder(folder, parent).await) {
            (Fault::FolderMoveToUnknownGoesToRoot, Err(error)) if is_unknown(&error) => {
                self.inner.move_folder(folder, &FolderId::Root).await
            }
            (_, outcome) => outcome,
        }
    }

    pub(super) async fn faulty_delete_folder(&self, folder: &FolderId) -> Result<()> {
        match self.fault {
            Fault::RootDeleteSendsRequest if *folder == FolderId::Root => self.send_extra_request().await,
            Fault::FolderDeleteDoesNothing => {
                let FolderId::Child(_) = folder else { return Err(Error::new(ErrorKind::FolderNotFound)) };
                return self.inner.list(folder, None).await.map(drop);
            }
            Fault::FolderDeleteMovesFilesToRoot => {
                for file in self.inner.list(folder, None).await?.files {
                    self.inner.move_file(&file.id, &FolderId::Root).await?;
                }
            }
            _ => {}
        }
        self.succeed_if_unknown(Fault::FolderDeleteOfUnknownSucceeds, self.inner.delete_folder(folder).await, ())
    }

    fn bare(&self, folder: &FolderId) -> Folder {
        Folder::bare(&self.profile.origin, folder.clone(), Some(FolderId::Root), None)
    }
}
