//! The trait: each method does what a good provider does, and what the fault makes of it.

use async_trait::async_trait;
use jiff::Timestamp;
use polyhost_domain::{
    Account, ByteRange, Conversion, ConversionQuery, Download, ErrorKind, File, FileEdit, FileId, FileLookup, FileRef,
    Folder, FolderEdit, FolderId, Found, Limits, LinkAnswer, Listing, NativeCursor, NewFolder, NewRemoteUpload,
    Profile, Provider, RemoteUpload, RemoteUploadSelection, Result, TicketRequest, Upload, UploadTicket,
};
use url::Url;

use super::{Fault, Faulty};

#[async_trait]
impl Provider for Faulty {
    fn profile(&self) -> &Profile {
        &self.profile
    }

    async fn account(&self) -> Result<Account> {
        let mut outcome = self.inner.account().await;
        match (self.fault, &mut outcome) {
            (Fault::AccountOfNobody, Ok(account)) => account.name = self.nobody.clone(),
            (Fault::AccountOfLongAgo, Ok(account)) => account.created_at = Some(Timestamp::UNIX_EPOCH),
            _ => {}
        }
        let stranger = |error: polyhost_domain::Error| match error.kind() {
            ErrorKind::CredentialsRejected if self.is(Fault::StrangerIsUnavailable) => {
                error.into_kind(ErrorKind::Unavailable)
            }
            _ => error,
        };
        self.told(outcome.map_err(stranger))
    }

    async fn limits(&self) -> Result<Limits> {
        let mut outcome = self.inner.limits().await;
        if let (Fault::LimitOfZero, Ok(limits)) = (self.fault, &mut outcome) {
            limits.max_storage_bytes = Some(0);
        }
        self.told(outcome)
    }

    async fn files(&self, ids: &[FileId]) -> Result<Vec<FileLookup>> {
        self.told(self.faulty_files(ids).await)
    }

    async fn link(&self, file: &FileRef) -> Result<LinkAnswer> {
        self.told(self.faulty_link(file).await)
    }

    async fn open(&self, file: &FileRef, range: Option<ByteRange>) -> Result<Download> {
        self.told(self.faulty_open(file, range).await)
    }

    async fn thumbnail(&self, file: &FileId) -> Result<Url> {
        let base = self.profile.base_url.clone();
        if self.is(Fault::OnePictureForAll) {
            return self.told(self.inner.thumbnail(file).await.map(|_| base));
        }
        let outcome = self.inner.thumbnail(file).await;
        self.told(self.fine_if_unknown(Fault::PictureOfUnknown, outcome, base))
    }

    async fn upload(&self, upload: Upload) -> Result<File> {
        self.told(self.faulty_upload(upload).await)
    }

    async fn upload_ticket(&self, request: TicketRequest) -> Result<UploadTicket> {
        self.told(self.faulty_ticket(request).await)
    }

    async fn edit_file(&self, file: &FileId, edit: FileEdit) -> Result<Option<File>> {
        self.told(self.faulty_edit_file(file, edit).await)
    }

    async fn move_file(&self, file: &FileId, folder: &FolderId) -> Result<Option<File>> {
        self.told(self.faulty_move_file(file, folder).await)
    }

    async fn copy_file(&self, file: &FileId, folder: &FolderId) -> Result<File> {
        self.told(self.faulty_copy_file(file, folder).await)
    }

    async fn delete_file(&self, file: &FileId) -> Result<()> {
        if self.is(Fault::DeleteDoesNothing) {
            return self.told(self.inner.files(std::slice::from_ref(file)).await.map(drop));
        }
        self.told(self.fine_if_unknown(Fault::DeleteOfUnknown, self.inner.delete_file(file).await, ()))
    }

    async fn list(&self, folder: &FolderId, from: Option<NativeCursor>) -> Result<Listing> {
        self.told(self.faulty_list(folder, from).await)
    }

    async fn folder(&self, folder: &FolderId) -> Result<Folder> {
        self.told(self.faulty_folder(folder).await)
    }

    async fn create_folder(&self, new: NewFolder) -> Result<Folder> {
        self.told(self.faulty_create_folder(new).await)
    }

    async fn edit_folder(&self, folder: &FolderId, edit: FolderEdit) -> Result<Option<Folder>> {
        self.told(self.faulty_edit_folder(folder, edit).await)
    }

    async fn move_folder(&self, folder: &FolderId, parent: &FolderId) -> Result<Option<Folder>> {
        self.told(self.faulty_move_folder(folder, parent).await)
    }

    async fn delete_folder(&self, folder: &FolderId) -> Result<()> {
        self.told(self.faulty_delete_folder(folder).await)
    }

    async fn add_remote_upload(&self, new: NewRemoteUpload) -> Result<RemoteUpload> {
        self.told(self.faulty_add_remote_upload(new).await)
    }

    async fn remote_uploads(&self, selection: RemoteUploadSelection) -> Result<Found<RemoteUpload>> {
        self.told(self.faulty_remote_uploads(selection).await)
    }

    async fn conversions(&self, query: ConversionQuery) -> Result<Found<Conversion>> {
        self.told(self.faulty_conversions(query).await)
    }

    async fn close(&self) {
        if self.is(Fault::ClosesAgain) {
            self.knock().await;
        }
        self.inner.close().await;
    }
}
