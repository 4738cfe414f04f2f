//! What can be done at an account's site: each operation by name, observed, in the time that the configuration gives it.
//! A write makes what it touches out of date, before and after.

use polyhost_domain::{
    Account as SiteAccount, ByteRange, Conversion, ConversionQuery, Download, Error, ErrorKind, File, FileEdit, FileId,
    FileLookup, FileRef, Folder, FolderEdit, FolderId, Found, Limits, LinkAnswer, Listing, NewFolder, NewRemoteUpload,
    Provider, RemoteUpload, RemoteUploadSelection, Result, TicketRequest, Upload, UploadTicket,
};
use url::Url;

use super::Account;
use crate::scopes::Change;

/// The listings in which something is shown; `None`, where that is not known.
pub type ShownIn = Option<Vec<FolderId>>;

/// Reads. Their errors are the site's own.
#[allow(clippy::missing_errors_doc, reason = "said once for all of them")]
impl Account {
    /// Who the account is at its site.
    pub(crate) async fn details(&self) -> Result<SiteAccount> {
        self.read(self.provider.account()).await
    }

    /// What the account's plan allows.
    pub async fn limits(&self) -> Result<Limits> {
        self.read(self.provider.limits()).await
    }

    /// Many files, one answer for each.
    pub async fn files(&self, ids: &[FileId]) -> Result<Vec<FileLookup>> {
        self.read(self.provider.files(ids)).await
    }

    /// One file.
    pub async fn file(&self, id: &FileId) -> Result<File> {
        match self.files(std::slice::from_ref(id)).await?.into_iter().next() {
            Some(FileLookup::Found(file)) => Ok(*file),
            Some(FileLookup::Broken(_, error) | FileLookup::Failed(error)) => Err(error),
            None => Err(Error::new(ErrorKind::Internal)),
        }
    }

    /// An address that gives a file's bytes.
    pub async fn link(&self, file: &FileRef) -> Result<LinkAnswer> {
        self.read(self.provider.link(file)).await
    }

    /// A file's bytes, or a part of them.
    pub async fn open(&self, file: &FileRef, range: Option<ByteRange>) -> Result<Download> {
        self.read(self.provider.open(file, range)).await
    }

    /// The address of a file's picture.
    pub async fn thumbnail(&self, file: &FileId) -> Result<Url> {
        self.read(self.provider.thumbnail(file)).await
    }

    /// An address that takes a file's bytes directly.
    pub async fn upload_ticket(&self, request: TicketRequest) -> Result<UploadTicket> {
        self.read(self.provider.upload_ticket(request)).await
    }

    /// A folder's listing as the site has it now, with every native page of it, and nothing twice.
    pub async fn list(&self, folder: &FolderId) -> Result<Listing> {
        self.read(whole(&*self.provider, folder)).await
    }

    /// As [`Account::list`]. A folder of which no entry can be read cannot be shown.
    pub(crate) async fn list_readable(&self, folder: &FolderId) -> Result<Listing> {
        self.read(readable(&*self.provider, folder)).await
    }

    /// One folder.
    pub async fn folder(&self, id: &FolderId) -> Result<Folder> {
        self.read(self.provider.folder(id)).await
    }

    /// Remote uploads.
    pub async fn remote_uploads(&self, selection: RemoteUploadSelection) -> Result<Found<RemoteUpload>> {
        self.read(self.provider.remote_uploads(selection)).await
    }

    /// Conversions.
    pub async fn conversions(&self, query: ConversionQuery) -> Result<Found<Conversion>> {
        self.read(self.provider.conversions(query)).await
    }

    /// Gives back what the account holds at its site.
    pub async fn close(&self) {
        self.provider.close().await;
    }
}

/// Writes. Their errors are the site's own, and `Internal` where what they touch cannot be made out of date.
#[allow(clippy::missing_errors_doc, reason = "said once for all of them")]
impl Account {
    /// Sends a file.
    pub async fn upload(&self, upload: Upload) -> Result<File> {
        self.write(&Change::added(&upload.folder.clone()), self.provider.upload(upload)).await
    }

    /// Changes a file.
    pub async fn edit_file(&self, id: &FileId, edit: FileEdit, shown_in: ShownIn) -> Result<Option<File>> {
        self.write(&Change::file(id, shown_in), self.provider.edit_file(id, edit)).await
    }

    /// Moves a file to a folder.
    pub async fn move_file(&self, id: &FileId, folder: &FolderId, shown_in: ShownIn) -> Result<Option<File>> {
        let relocate = async {
            let told = self.provider.move_file(id, folder).await?;
            // Before another request can read the file anew.
            self.user_state().note_moved(id, folder);
            Ok(told)
        };
        self.write(&Change::file(id, shown_in).and_listing(folder), relocate).await
    }

    /// Makes a copy of a file in a folder.
    pub async fn copy_file(&self, id: &FileId, folder: &FolderId) -> Result<File> {
        self.write(&Change::added(folder), self.provider.copy_file(id, folder)).await
    }

    /// Deletes a file. `note` is told whether the site has confirmed it, before another request can list the folder anew.
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

    /// Makes a folder.
    pub async fn create_folder(&self, new: NewFolder) -> Result<Folder> {
        self.write(&Change::folder_added(&new.parent.clone()), self.provider.create_folder(new)).await
    }

    /// Changes a folder.
    pub async fn edit_folder(&self, id: &FolderId, edit: FolderEdit, shown_in: ShownIn) -> Result<Option<Folder>> {
        self.write(&Change::folder(shown_in), self.provider.edit_folder(id, edit)).await
    }

    /// Moves a folder below another.
    pub async fn move_folder(&self, id: &FolderId, parent: &FolderId, shown_in: ShownIn) -> Result<Option<Folder>> {
        self.write(&Change::folder(shown_in).and_listing(parent), self.provider.move_folder(id, parent)).await
    }

    /// Deletes a folder with all that is in it. `note` runs once the site has confirmed it, before another request can
    /// list the folder anew.
    pub async fn delete_folder(&self, id: &FolderId, note: impl Future<Output = ()> + Send) -> Result<()> {
        let delete = async {
            self.provider.delete_folder(id).await?;
            note.await;
            Ok(())
        };
        self.write(&Change::tree(), delete).await
    }

    /// Has the site fetch a file.
    pub async fn add_remote_upload(&self, new: NewRemoteUpload) -> Result<RemoteUpload> {
        self.write(&Change::added(&new.folder.clone()), self.provider.add_remote_upload(new)).await
    }
}

async fn whole(provider: &dyn Provider, folder: &FolderId) -> Result<Listing> {
    let mut whole = provider.list(folder, None).await?;
    while let Some(from) = whole.next.take() {
        let part = provider.list(folder, Some(from)).await?;
        whole.folders.extend(part.folders);
        whole.files.extend(part.files);
        whole.unreadable += part.unreadable;
        whole.incomplete |= part.incomplete;
        whole.next = part.next;
    }
    whole.deduplicate();
    Ok(whole)
}

async fn readable(provider: &dyn Provider, folder: &FolderId) -> Result<Listing> {
    let listing = whole(provider, folder).await?;
    if listing.unreadable > 0 && listing.folders.is_empty() && listing.files.is_empty() {
        let detail = format!("The site lists {} entries, and none of them can be read.", listing.unreadable);
        return Err(Error::new(ErrorKind::InvalidResponse).retryable(true).with_detail(detail));
    }
    Ok(listing)
}
