//! The trait's implementation: each method forwards the call and applies the fault.

use async_trait::async_trait;
use jiff::Timestamp;
use polyhost_domain::{
    Account, ByteRange, Conversion, ConversionQuery, Download, ErrorKind, File, FileEdit, FileId, FileLookup, FileRef,
    Folder, FolderEdit, FolderId, Found, Limits, LinkAnswer, Listing, NativeCursor, NewFolder, NewRemoteUpload,
    Profile, Provider, RemoteUpload, RemoteUploadId, RemoteUploadSelection, Result, TicketRequest, Upload,
    UploadTicket,
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
            (Fault::AccountNameWrong, Ok(account)) => account.name = self.foreign_account.clone(),
            (Fault::AccountTimeInWrongUnit, Ok(account)) => account.created_at = Some(Timestamp::UNIX_EPOCH),
            _ => {}
        }
        let wrong_credentials = |error: polyhost_domain::Error| match error.kind() {
            ErrorKind::CredentialsRejected if self.is(Fault::CredentialsReportedAsUnavailable) => {
                error.into_kind(ErrorKind::Unavailable)
            }
            _ => error,
        };
        self.with_error_fault(outcome.map_err(wrong_credentials))
    }

    async fn limits(&self) -> Result<Limits> {
        let mut outcome = self.inner.limits().await;
        if let (Fault::LimitZeroKept, Ok(limits)) = (self.fault, &mut outcome) {
            limits.max_storage_bytes = Some(0);
        }
        self.with_error_fault(outcome)
    }

    async fn files(&self, ids: &[FileId]) -> Result<Vec<FileLookup>> {
        self.with_error_fault(self.faulty_files(ids).await)
    }

    async fn link(&self, file: &FileRef) -> Result<LinkAnswer> {
        self.with_error_fault(self.faulty_link(file).await)
    }

    async fn open(&self, file: &FileRef, range: Option<ByteRange>) -> Result<Download> {
        self.with_error_fault(self.faulty_open(file, range).await)
    }

    async fn thumbnail(&self, file: &FileId) -> Result<Url> {
        let base = self.profile.base_url.clone();
        if self.is(Fault::OneThumbnailForAll) {
            return self.with_error_fault(self.inner.thumbnail(file).await.map(|_| base));
        }
        let outcome = self.inner.thumbnail(file).await;
        self.with_error_fault(self.succeed_if_unknown(Fault::ThumbnailOfUnknown, outcome, base))
    }

    async fn upload(&self, upload: Upload) -> Result<File> {
        self.with_error_fault(self.faulty_upload(upload).await)
    }

    async fn upload_ticket(&self, request: TicketRequest) -> Result<UploadTicket> {
        self.with_error_fault(self.faulty_ticket(request).await)
    }

    async fn edit_file(&self, file: &FileId, edit: FileEdit) -> Result<Option<File>> {
        self.with_error_fault(self.faulty_edit_file(file, edit).await)
    }

    async fn move_file(&self, file: &FileId, folder: &FolderId) -> Result<Option<File>> {
        self.with_error_fault(self.faulty_move_file(file, folder).await)
    }

    async fn copy_file(&self, file: &FileId, folder: &FolderId) -> Result<File> {
        self.with_error_fault(self.faulty_copy_file(file, folder).await)
    }

    async fn delete_file(&self, file: &FileId) -> Result<()> {
        if self.is(Fault::DeleteDoesNothing) {
            return self.with_error_fault(self.inner.files(std::slice::from_ref(file)).await.map(drop));
        }
        self.with_error_fault(self.succeed_if_unknown(
            Fault::DeleteOfUnknownSucceeds,
            self.inner.delete_file(file).await,
            (),
        ))
    }

    async fn list(&self, folder: &FolderId, from: Option<NativeCursor>) -> Result<Listing> {
        self.with_error_fault(self.faulty_list(folder, from).await)
    }

    async fn folder(&self, folder: &FolderId) -> Result<Folder> {
        self.with_error_fault(self.faulty_folder(folder).await)
    }

    async fn create_folder(&self, new: NewFolder) -> Result<Folder> {
        self.with_error_fault(self.faulty_create_folder(new).await)
    }

    async fn edit_folder(&self, folder: &FolderId, edit: FolderEdit) -> Result<Option<Folder>> {
        self.with_error_fault(self.faulty_edit_folder(folder, edit).await)
    }

    async fn move_folder(&self, folder: &FolderId, parent: &FolderId) -> Result<Option<Folder>> {
        self.with_error_fault(self.faulty_move_folder(folder, parent).await)
    }

    async fn delete_folder(&self, folder: &FolderId) -> Result<()> {
        self.with_error_fault(self.faulty_delete_folder(folder).await)
    }

    async fn add_remote_upload(&self, new: NewRemoteUpload) -> Result<RemoteUpload> {
        self.with_error_fault(self.faulty_add_remote_upload(new).await)
    }

    async fn remote_uploads(&self, selection: RemoteUploadSelection) -> Result<Found<RemoteUpload>> {
        self.with_error_fault(self.faulty_remote_uploads(selection).await)
    }

    async fn cancel_remote_upload(&self, id: &RemoteUploadId) -> Result<()> {
        self.with_error_fault(self.faulty_cancel(id).await)
    }

    async fn conversions(&self, query: ConversionQuery) -> Result<Found<Conversion>> {
        self.with_error_fault(self.faulty_conversions(query).await)
    }

    async fn close(&self) {
        if self.is(Fault::CloseSendsRequestAgain) {
            self.send_extra_request().await;
        }
        self.inner.close().await;
    }
}
