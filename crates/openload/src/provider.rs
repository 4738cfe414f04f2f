//! The adapter: implements each method of the trait with the site's endpoints.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use polyhost_domain::{
    Account, ByteRange, Capability, Conversion, ConversionQuery, Digest, Download, Error, ErrorKind, File, FileEdit,
    FileId, FileLookup, FileRef, Folder, FolderEdit, FolderId, Found, Limits, LinkAnswer, Listing, NativeCursor,
    NewFolder, NewRemoteUpload, Profile, Provider, RemoteUpload, RemoteUploadId, RemoteUploadSelection, Result,
    TicketRequest, Upload, UploadTicket,
};
use polyhost_state::KeyValue;
use polyhost_upstream::Client;
use url::Url;

use crate::auth::Auth;
use crate::client::Site;
use crate::convert::Convert;
use crate::profile::profile;
use crate::{Config, lookup, remote_uploads, uploads};

/// One account at one site of the OpenLoad dialect.
pub struct Openload {
    profile: Profile,
    site: Site,
    convert: Convert,
    file_field: String,
}

impl Openload {
    /// Returns an adapter for one account. `client` sends its requests; `verdicts` stores whether the credentials are
    /// valid.
    #[must_use]
    pub fn new(config: Config, client: Client, verdicts: Arc<dyn KeyValue>) -> Self {
        let profile = profile(&config);
        let Config { origin, base_url, credentials, quirks } = config;
        let ids = profile.ids.clone();
        Self {
            site: Site {
                http: client,
                base_url,
                ids: ids.clone(),
                auth: Auth::new(credentials, origin.clone(), verdicts),
                remote_headers: quirks.remote_headers,
            },
            convert: Convert { origin, ids, timezone: quirks.timezone, progress: quirks.progress },
            file_field: quirks.file_field,
            profile,
        }
    }

    /// Returns whether the site verifies an upload with the SHA-1 in the request for its address.
    fn checks_sha1(&self) -> bool {
        self.profile.digests.contains(&Digest::Sha1)
    }
}

#[async_trait]
impl Provider for Openload {
    fn profile(&self) -> &Profile {
        &self.profile
    }

    async fn account(&self) -> Result<Account> {
        self.profile.require(Capability::AccountRead)?;
        Ok(self.convert.account(self.site.account_info().await?.value))
    }

    async fn limits(&self) -> Result<Limits> {
        Err(Error::unsupported(Capability::AccountLimits))
    }

    async fn files(&self, ids: &[FileId]) -> Result<Vec<FileLookup>> {
        self.profile.require(Capability::FilesRead)?;
        if ids.len() > 1 {
            self.profile.require(Capability::FilesLookup)?;
        }
        lookup::files(&self.site, &self.convert, ids).await
    }

    async fn link(&self, _: &FileRef) -> Result<LinkAnswer> {
        Err(Error::unsupported(Capability::FilesDownload))
    }

    async fn open(&self, _: &FileRef, _: Option<ByteRange>) -> Result<Download> {
        Err(Error::unsupported(Capability::FilesDownload))
    }

    async fn thumbnail(&self, file: &FileId) -> Result<Url> {
        self.profile.require(Capability::FilesThumbnail)?;
        let splash = self.site.splash(file).await?;
        let address = splash.value.0.as_deref().and_then(|text| text.parse().ok());
        let address = address.ok_or_else(|| splash.missing("the address of a thumbnail"))?;
        self.site.http.admit(splash.reply.operation(), &address)?;
        Ok(address)
    }

    async fn upload(&self, upload: Upload) -> Result<File> {
        self.profile.require(Capability::FilesUpload)?;
        // A SHA-1 is sent only to a site that verifies it. Otherwise, the gateway verifies it.
        let sha1 = upload.sha1.filter(|_| self.checks_sha1());
        uploads::upload(&self.site, &self.convert, &self.file_field, Upload { sha1, ..upload }).await
    }

    async fn upload_ticket(&self, request: TicketRequest) -> Result<UploadTicket> {
        self.profile.require(Capability::FilesUploadTicket)?;
        let unsupported = Error::unsupported(Capability::FilesUploadTicket);
        if request.sha1.is_some() && !self.checks_sha1() {
            let detail =
                "The site does not check the SHA-1 of an upload, so a ticket cannot require one. Leave out \"sha1\".";
            return Err(unsupported.with_detail(detail));
        }
        let ticket = uploads::ticket(&self.site, &self.convert, &self.file_field, &request).await;
        ticket.map_err(|error| match error.kind() {
            ErrorKind::Unsupported(_) => error.into_kind(unsupported.kind()),
            _ => error,
        })
    }

    async fn edit_file(&self, file: &FileId, edit: FileEdit) -> Result<Option<File>> {
        if edit.content_type.is_some() {
            self.profile.require(Capability::FilesSetContentType)?;
        }
        if let Some(name) = &edit.name {
            self.profile.require(Capability::FilesRename)?;
            self.site.rename(file, name).await?;
        }
        Ok(None)
    }

    async fn move_file(&self, file: &FileId, folder: &FolderId) -> Result<Option<File>> {
        self.profile.require(Capability::FilesMove)?;
        self.site.move_file(file, folder).await?;
        Ok(None)
    }

    async fn copy_file(&self, _: &FileId, _: &FolderId) -> Result<File> {
        Err(Error::unsupported(Capability::FilesCopy))
    }

    async fn delete_file(&self, file: &FileId) -> Result<()> {
        self.profile.require(Capability::FilesDelete)?;
        self.site.delete(file).await
    }

    async fn list(&self, folder: &FolderId, _: Option<NativeCursor>) -> Result<Listing> {
        self.profile.require(Capability::FoldersList)?;
        self.site.list_folder(folder, &self.convert).await
    }

    async fn folder(&self, _: &FolderId) -> Result<Folder> {
        Err(Error::unsupported(Capability::FoldersRead))
    }

    async fn create_folder(&self, new: NewFolder) -> Result<Folder> {
        self.profile.require(Capability::FoldersCreate)?;
        self.profile.require_guards(new.visibility, new.password.as_ref())?;
        let created = self.site.create_folder(&new.parent, &new.name).await?;
        let id = created.value.folderid.as_deref().and_then(|id| self.profile.ids.folder(id).ok());
        let id = id.ok_or_else(|| created.missing("the folder's id"))?;
        Ok(Folder::bare(&self.profile.origin, id, Some(new.parent), Some(new.name.as_str().to_owned())))
    }

    async fn edit_folder(&self, folder: &FolderId, edit: FolderEdit) -> Result<Option<Folder>> {
        self.profile.require_guards(edit.visibility, edit.password.as_ref())?;
        if let Some(name) = &edit.name {
            self.profile.require(Capability::FoldersRename)?;
            self.profile.require_child(folder)?;
            self.site.rename_folder(folder, name).await?;
        }
        Ok(None)
    }

    async fn move_folder(&self, _: &FolderId, _: &FolderId) -> Result<Option<Folder>> {
        Err(Error::unsupported(Capability::FoldersMove))
    }

    async fn delete_folder(&self, folder: &FolderId) -> Result<()> {
        self.profile.require(Capability::FoldersDelete)?;
        self.profile.require_child(folder)?;
        self.site.delete_folder(folder).await
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
            RemoteUploadSelection::Recent(limit) => {
                self.profile.require(Capability::RemoteUploadsList)?;
                remote_uploads::recent(&self.site, &self.convert, limit).await
            }
        }
    }

    async fn cancel_remote_upload(&self, id: &RemoteUploadId) -> Result<()> {
        self.profile.require(Capability::RemoteUploadsCancel)?;
        remote_uploads::cancel(&self.site, id).await
    }

    async fn conversions(&self, query: ConversionQuery) -> Result<Found<Conversion>> {
        self.profile.require(Capability::ConversionsList)?;
        let limit = query.limit.clamp(1, 100);
        let mut found = self.site.converts(query.file.as_ref(), limit, &self.convert).await?;
        // It is unknown which of the two parameters the site reads. It may read neither.
        found.items.retain(|conversion| query.file.is_none() || conversion.file_id == query.file);
        found.items.truncate(query.limit as usize);
        Ok(found)
    }

    /// Does nothing, because login and key are not a session.
    async fn close(&self) {}
}

impl fmt::Debug for Openload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Openload").field("origin", &self.profile.origin).finish_non_exhaustive()
    }
}
