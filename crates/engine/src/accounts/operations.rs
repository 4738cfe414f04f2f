//! The operations of an account at its site. Each runs within the configured time limit, and its result is recorded. A
//! write invalidates the affected cache entries before and after.

use polyhost_domain::{
    Account as SiteAccount, ByteRange, Conversion, ConversionQuery, Download, Error, ErrorKind, File, FileEdit, FileId,
    FileLookup, FileRef, Folder, FolderEdit, FolderId, Found, Limits, LinkAnswer, Listing, NewFolder, NewRemoteUpload,
    Provider, RemoteUpload, RemoteUploadId, RemoteUploadSelection, Result, TicketRequest, Upload, UploadTicket,
};
use url::Url;

use super::Account;
use crate::scopes::Change;

/// The folders whose listings show an object; `None` if they are not known.
pub type ShownIn = Option<Vec<FolderId>>;

/// Reads. They return the site's errors.
#[allow(clippy::missing_errors_doc, reason = "described once for all methods of this block")]
impl Account {
    /// Returns the details of the account at its site.
    pub(crate) async fn details(&self) -> Result<SiteAccount> {
        self.read(self.provider.account()).await
    }

    /// Returns the limits of the account's plan.
    pub async fn limits(&self) -> Result<Limits> {
        self.read(self.provider.limits()).await
    }

    /// Reads several files. Returns one lookup for each id.
    pub async fn files(&self, ids: &[FileId]) -> Result<Vec<FileLookup>> {
        self.read(self.provider.files(ids)).await
    }

    /// Reads one file.
    pub async fn file(&self, id: &FileId) -> Result<File> {
        match self.files(std::slice::from_ref(id)).await?.into_iter().next() {
            Some(FileLookup::Found(file)) => Ok(*file),
            Some(FileLookup::Broken(_, error) | FileLookup::Failed(error)) => Err(error),
            None => Err(Error::new(ErrorKind::Internal)),
        }
    }

    /// Returns a URL from which a file can be downloaded, or the wait before the site gives one.
    pub async fn link(&self, file: &FileRef) -> Result<LinkAnswer> {
        self.read(self.provider.link(file)).await
    }

    /// Opens a download of a file, or of a range of it.
    pub async fn open(&self, file: &FileRef, range: Option<ByteRange>) -> Result<Download> {
        self.read(self.provider.open(file, range)).await
    }

    /// Returns the URL of a file's thumbnail.
    pub async fn thumbnail(&self, file: &FileId) -> Result<Url> {
        self.read(self.provider.thumbnail(file)).await
    }

    /// Returns a URL to which a file can be uploaded directly.
    pub async fn upload_ticket(&self, request: TicketRequest) -> Result<UploadTicket> {
        self.read(self.provider.upload_ticket(request)).await
    }

    /// Reads the whole current listing of a folder: all native pages, without duplicates.
    pub async fn list(&self, folder: &FolderId) -> Result<Listing> {
        self.read(read_whole_listing(&*self.provider, folder)).await
    }

    /// Reads a listing as [`Account::list`] does. Returns `InvalidResponse` if it has entries and none can be read.
    pub(crate) async fn list_readable(&self, folder: &FolderId) -> Result<Listing> {
        self.read(read_readable_listing(&*self.provider, folder)).await
    }

    /// Reads one folder.
    pub async fn folder(&self, id: &FolderId) -> Result<Folder> {
        self.read(self.provider.folder(id)).await
    }

    /// Reads remote uploads.
    pub async fn remote_uploads(&self, selection: RemoteUploadSelection) -> Result<Found<RemoteUpload>> {
        self.read(self.provider.remote_uploads(selection)).await
    }

    /// Reads conversions.
    pub async fn conversions(&self, query: ConversionQuery) -> Result<Found<Conversion>> {
        self.read(self.provider.conversions(query)).await
    }

    /// Closes the account's session at its site.
    pub async fn close(&self) {
        self.provider.close().await;
    }
}

/// Writes. They return the site's errors, and `Internal` if the affected cache entries cannot be invalidated.
#[allow(clippy::missing_errors_doc, reason = "described once for all methods of this block")]
impl Account {
    /// Uploads a file.
    pub async fn upload(&self, upload: Upload) -> Result<File> {
        self.write(&Change::added(&upload.folder.clone()), self.provider.upload(upload)).await
    }

    /// Changes a file.
    pub async fn edit_file(&self, id: &FileId, edit: FileEdit, shown_in: ShownIn) -> Result<Option<File>> {
        self.write(&Change::file(id, shown_in), self.provider.edit_file(id, edit)).await
    }

    /// Moves a file to a folder. At some sites, the file gets another id.
    pub async fn move_file(&self, id: &FileId, folder: &FolderId, shown_in: ShownIn) -> Result<Option<File>> {
        let relocate = async {
            let moved = self.provider.move_file(id, folder).await?;
            // Recorded before the write ends, so that the next read of the file already sees the move.
            let now = moved.as_ref().map_or(id, |file| &file.id);
            self.user_state().note_moved(now, folder);
            if now != id {
                self.invalidate(&Change::file(now, Some(Vec::new()))).await;
            }
            Ok(moved)
        };
        self.write(&Change::file(id, shown_in).and_listing(folder), relocate).await
    }

    /// Copies a file to a folder.
    pub async fn copy_file(&self, id: &FileId, folder: &FolderId) -> Result<File> {
        self.write(&Change::added(folder), self.provider.copy_file(id, folder)).await
    }

    /// Deletes a file. `note` gets whether the site has confirmed the deletion. It runs before the write ends, so that
    /// the next listing of the folder already sees its effect.
    pub async fn delete_file<F: Future<Output = ()> + Send>(
        &self,
        id: &FileId,
        shown_in: ShownIn,
        note: impl FnOnce(bool) -> F + Send,
    ) -> Result<()> {
        let delete = async {
            let deleted = self.provider.delete_file(id).await;
            note(deleted.is_ok()).await;
            deleted
        };
        self.write(&Change::file(id, shown_in), delete).await
    }

    /// Creates a folder.
    pub async fn create_folder(&self, new: NewFolder) -> Result<Folder> {
        self.write(&Change::folder_added(&new.parent.clone()), self.provider.create_folder(new)).await
    }

    /// Changes a folder.
    pub async fn edit_folder(&self, id: &FolderId, edit: FolderEdit, shown_in: ShownIn) -> Result<Option<Folder>> {
        self.write(&Change::folder(shown_in), self.provider.edit_folder(id, edit)).await
    }

    /// Moves a folder into another folder.
    pub async fn move_folder(&self, id: &FolderId, parent: &FolderId, shown_in: ShownIn) -> Result<Option<Folder>> {
        self.write(&Change::folder(shown_in).and_listing(parent), self.provider.move_folder(id, parent)).await
    }

    /// Deletes a folder with all its contents. `note` runs after the site has confirmed the deletion and before the
    /// write ends, so that the next listing already sees its effect.
    pub async fn delete_folder(&self, id: &FolderId, note: impl Future<Output = ()> + Send) -> Result<()> {
        let delete = async {
            self.provider.delete_folder(id).await?;
            note.await;
            Ok(())
        };
        self.write(&Change::tree(), delete).await
    }

    /// Starts a remote upload: the site downloads a file from a URL.
    pub async fn add_remote_upload(&self, new: NewRemoteUpload) -> Result<RemoteUpload> {
        self.write(&Change::added(&new.folder.clone()), self.provider.add_remote_upload(new)).await
    }

    /// Cancels a remote upload. Afterwards, no file of it is expected in its folder.
    pub async fn cancel_remote_upload(&self, id: &RemoteUploadId) -> Result<()> {
        let cancelled = self.write(&Change::remote_upload(), self.provider.cancel_remote_upload(id)).await;
        let has_ended =
            cancelled.as_ref().map_or_else(|error| error.kind() == ErrorKind::RemoteUploadNotFound, |()| true);
        if has_ended {
            self.user_state().arrivals().end(id);
        }
        cancelled
    }
}

async fn read_whole_listing(provider: &dyn Provider, folder: &FolderId) -> Result<Listing> {
    let mut listing = provider.list(folder, None).await?;
    while let Some(from) = listing.next.take() {
        let part = provider.list(folder, Some(from)).await?;
        listing.folders.extend(part.folders);
        listing.files.extend(part.files);
        listing.unreadable += part.unreadable;
        listing.incomplete |= part.incomplete;
        listing.next = part.next;
    }
    listing.deduplicate();
    Ok(listing)
}

async fn read_readable_listing(provider: &dyn Provider, folder: &FolderId) -> Result<Listing> {
    let listing = read_whole_listing(provider, folder).await?;
    if listing.unreadable > 0 && listing.folders.is_empty() && listing.files.is_empty() {
        let detail = format!(
            "The site lists {} entries in the folder, and the gateway can read none of them.",
            listing.unreadable
        );
        return Err(Error::new(ErrorKind::InvalidResponse).retryable(true).with_detail(detail));
    }
    Ok(listing)
}
