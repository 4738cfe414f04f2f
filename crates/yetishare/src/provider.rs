//! The adapter: implements each method of the trait with the site's endpoints.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use futures_util::future::try_join;
use polyhost_domain::{
    Account, ByteRange, Capability, Conversion, ConversionQuery, Download, Error, ErrorKind, File, FileEdit, FileId,
    FileLookup, FileRef, Folder, FolderEdit, FolderId, Found, Limits, LinkAnswer, Listing, NativeCursor, NewFolder,
    NewRemoteUpload, Profile, Provider, RemoteUpload, RemoteUploadId, RemoteUploadSelection, Result, TicketRequest,
    Upload, UploadTicket,
};
use polyhost_state::State;
use polyhost_upstream::{Client, Login, LoginBudget, Session};
use url::Url;

use crate::auth::Authenticator;
use crate::client::{Answered, Site};
use crate::convert::Convert;
use crate::profile::profile;
use crate::{Config, downloads, folders, remote_uploads, uploads, wire};

/// The name of the operation that downloads a file from its link, in errors and metrics.
const DOWNLOAD: &str = "download";

/// One account at one site of the YetiShare dialect.
pub struct Yetishare {
    profile: Profile,
    site: Site,
    convert: Convert,
}

impl Yetishare {
    /// Returns an adapter for one account. `client` sends its requests. `state` stores its session, which all adapters
    /// with the same state share.
    #[must_use]
    pub fn new(config: Config, client: Client, state: &State) -> Self {
        let profile = profile(&config);
        let Config { origin, base_url, credentials, quirks } = config;
        let ids = profile.ids.clone();
        let authenticator = Arc::new(Authenticator { http: client.clone(), base_url: base_url.clone(), credentials });
        let [mode, first, second] = authenticator.credentials.identity();
        let identity = [base_url.as_str().trim_end_matches('/'), mode, first, second];
        let login: Arc<dyn Login> = Arc::<Authenticator>::clone(&authenticator);
        let session = Session::new(login, origin.clone(), &identity, state, client.tasks());
        let session = session.with_budget(quirks.login_budget);
        Self {
            convert: Convert { origin, ids: ids.clone(), digest: quirks.digest, html_entities: quirks.html_entities },
            site: Site { http: client, base_url, ids, session, authenticator, timezone: quirks.timezone },
            profile,
        }
    }

    /// Returns the same adapter with another login budget, for tests.
    #[must_use]
    pub fn with_login_budget(mut self, budget: LoginBudget) -> Self {
        self.site.session = self.site.session.with_budget(budget);
        self
    }

    /// Returns a file. An answer with another file's id is an error.
    async fn file(&self, id: &FileId) -> Result<File> {
        let mut answered = self.site.file_info(id).await?;
        let file = self.convert.file(std::mem::take(&mut answered.value), &answered.zone);
        file.filter(|file| file.id == *id).ok_or_else(|| answered.missing("the requested file"))
    }

    /// Returns the file after a confirmed change, where the answer contains it.
    fn changed(&self, answered: Answered<Option<wire::File>>, id: &FileId) -> Option<File> {
        let file = self.convert.file(answered.value?, &answered.zone);
        file.filter(|file| file.id == *id)
    }
}

#[async_trait]
impl Provider for Yetishare {
    fn profile(&self) -> &Profile {
        &self.profile
    }

    async fn account(&self) -> Result<Account> {
        self.profile.require(Capability::AccountRead)?;
        let mut answered = self.site.account_info().await?;
        let account = self.convert.account(std::mem::take(&mut answered.value), &answered.zone);
        account.ok_or_else(|| answered.missing("the account's id"))
    }

    async fn limits(&self) -> Result<Limits> {
        self.profile.require(Capability::AccountLimits)?;
        let (mut package, account) = try_join(self.site.account_package(), self.site.account_info()).await?;
        let limits = self.convert.limits(std::mem::take(&mut package.value), &account.value);
        limits.ok_or_else(|| package.missing("the account's package"))
    }

    async fn files(&self, ids: &[FileId]) -> Result<Vec<FileLookup>> {
        self.profile.require(Capability::FilesRead)?;
        match ids {
            [] => Ok(Vec::new()),
            [id] => match self.file(id).await {
                Ok(file) => Ok(vec![FileLookup::Found(Box::new(file))]),
                Err(error) if error.kind() == ErrorKind::FileNotFound => Ok(vec![FileLookup::Failed(error)]),
                Err(error) => Err(error),
            },
            _ => Err(Error::unsupported(Capability::FilesLookup)),
        }
    }

    async fn link(&self, file: &FileRef) -> Result<LinkAnswer> {
        self.profile.require(Capability::FilesDownload)?;
        downloads::link(&self.site, &self.convert, file).await.map(LinkAnswer::Ready)
    }

    async fn open(&self, file: &FileRef, range: Option<ByteRange>) -> Result<Download> {
        self.profile.require(Capability::FilesDownload)?;
        let link = downloads::link(&self.site, &self.convert, file).await?;
        self.site.http.open(DOWNLOAD, link.url, range).await
    }

    async fn thumbnail(&self, _: &FileId) -> Result<Url> {
        Err(Error::unsupported(Capability::FilesThumbnail))
    }

    async fn upload(&self, upload: Upload) -> Result<File> {
        self.profile.require(Capability::FilesUpload)?;
        uploads::upload(&self.site, &self.convert, upload).await
    }

    /// Unsupported, because a ticket would contain the session's token.
    async fn upload_ticket(&self, _: TicketRequest) -> Result<UploadTicket> {
        Err(Error::unsupported(Capability::FilesUploadTicket))
    }

    async fn edit_file(&self, file: &FileId, edit: FileEdit) -> Result<Option<File>> {
        if edit.name.is_some() {
            self.profile.require(Capability::FilesRename)?;
        }
        if edit.content_type.is_some() {
            self.profile.require(Capability::FilesSetContentType)?;
        }
        let answered = self.site.file_edit(file, edit.name.as_ref(), edit.content_type.as_deref()).await?;
        Ok(self.changed(answered, file))
    }

    async fn move_file(&self, file: &FileId, folder: &FolderId) -> Result<Option<File>> {
        self.profile.require(Capability::FilesMove)?;
        let answered = self.site.file_move(file, folder).await?;
        Ok(self.changed(answered, file))
    }

    async fn copy_file(&self, file: &FileId, folder: &FolderId) -> Result<File> {
        self.profile.require(Capability::FilesCopy)?;
        let mut answered = self.site.file_copy(file, folder).await?;
        let copy = self.convert.file(std::mem::take(&mut answered.value), &answered.zone);
        let copy = copy.filter(|copy| copy.id != *file).ok_or_else(|| answered.missing("the copy's id"))?;
        let folder_id = copy.folder_id.clone().unwrap_or_else(|| folder.clone());
        Ok(File { folder_id: Some(folder_id), ..copy })
    }

    async fn delete_file(&self, file: &FileId) -> Result<()> {
        self.profile.require(Capability::FilesDelete)?;
        self.site.file_delete(file).await
    }

    async fn list(&self, folder: &FolderId, _: Option<NativeCursor>) -> Result<Listing> {
        self.profile.require(Capability::FoldersList)?;
        self.site.folder_listing(folder, &self.convert).await
    }

    async fn folder(&self, folder: &FolderId) -> Result<Folder> {
        self.profile.require(Capability::FoldersRead)?;
        if *folder == FolderId::Root {
            // The site has no data about the root.
            return Ok(Folder::bare(&self.profile.origin, FolderId::Root, None, Some(String::new())));
        }
        let mut answered = self.site.folder_info(folder).await?;
        let found = self.convert.folder(std::mem::take(&mut answered.value), &answered.zone, None);
        found.filter(|found| found.id == *folder).ok_or_else(|| answered.missing("the requested folder"))
    }

    async fn create_folder(&self, new: NewFolder) -> Result<Folder> {
        self.profile.require(Capability::FoldersCreate)?;
        self.profile.require_guards(new.visibility, new.password.as_ref())?;
        folders::create(&self.site, &self.convert, new).await
    }

    async fn edit_folder(&self, folder: &FolderId, edit: FolderEdit) -> Result<Option<Folder>> {
        self.profile.require_guards(edit.visibility, edit.password.as_ref())?;
        if edit.name.is_some() {
            self.profile.require(Capability::FoldersRename)?;
        }
        self.profile.require_child(folder)?;
        folders::edit(&self.site, &self.convert, folder, edit).await
    }

    async fn move_folder(&self, folder: &FolderId, parent: &FolderId) -> Result<Option<Folder>> {
        self.profile.require(Capability::FoldersMove)?;
        self.profile.require_child(folder)?;
        let answered = self.site.folder_move(folder, parent).await?;
        let moved = answered.value.and_then(|wire| self.convert.folder(wire, &answered.zone, None));
        Ok(moved.filter(|moved| moved.id == *folder))
    }

    async fn delete_folder(&self, folder: &FolderId) -> Result<()> {
        self.profile.require(Capability::FoldersDelete)?;
        self.profile.require_child(folder)?;
        self.site.folder_delete(folder).await
    }

    async fn add_remote_upload(&self, new: NewRemoteUpload) -> Result<RemoteUpload> {
        self.profile.require(Capability::RemoteUploadsCreate)?;
        if !new.headers.is_empty() {
            self.profile.require(Capability::RemoteUploadsHeaders)?;
        }
        remote_uploads::add(&self.site, &self.convert, &new).await
    }

    async fn remote_uploads(&self, selection: RemoteUploadSelection) -> Result<Found<RemoteUpload>> {
        match selection {
            RemoteUploadSelection::Ids(ids) => {
                self.profile.require(Capability::RemoteUploadsRead)?;
                remote_uploads::by_id(&self.site, &self.convert, &ids).await.map(Found::from)
            }
            RemoteUploadSelection::Recent(_) => Err(Error::unsupported(Capability::RemoteUploadsList)),
        }
    }

    async fn cancel_remote_upload(&self, _: &RemoteUploadId) -> Result<()> {
        Err(Error::unsupported(Capability::RemoteUploadsCancel))
    }

    async fn conversions(&self, _: ConversionQuery) -> Result<Found<Conversion>> {
        Err(Error::unsupported(Capability::ConversionsList))
    }

    async fn close(&self) {
        self.site.session.close().await;
    }
}

impl fmt::Debug for Yetishare {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Yetishare").field("origin", &self.profile.origin).finish_non_exhaustive()
    }
}
