//! The adapter: implements each method of the trait with the site's endpoints.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use polyhost_domain::{
    Account, ByteRange, Capability, Conversion, ConversionQuery, Download, Error, ErrorKind, File, FileEdit, FileId,
    FileLookup, FileRef, Folder, FolderEdit, FolderId, Found, Limits, LinkAnswer, Listing, NativeCursor, NewFolder,
    NewRemoteUpload, Profile, Provider, RemoteUpload, RemoteUploadId, RemoteUploadSelection, Result, TicketRequest,
    Upload, UploadTicket,
};
use polyhost_state::KeyValue;
use polyhost_upstream::{Client, fingerprint};
use secrecy::ExposeSecret as _;
use url::Url;

use crate::client::Site;
use crate::convert::Convert;
use crate::listing::Sizes;
use crate::profile::profile;
use crate::remote_uploads::Seen;
use crate::uploads::FormOptions;
use crate::{Config, Flavour, conversions, files, folders, link, listing, remote_uploads, uploads};

/// One account at one site of the XFileSharing dialect.
pub struct Xfilesharing {
    profile: Profile,
    site: Site,
    seen: Seen,
    file_field: String,
    utype: &'static str,
    remote_url_unescaped: bool,
}

impl Xfilesharing {
    /// Returns an adapter for one account. `client` sends its requests; `values` records remote uploads.
    #[must_use]
    pub fn new(config: Config, client: Client, values: Arc<dyn KeyValue>) -> Self {
        let profile = profile(&config);
        let Config { origin, base_url, key, quirks } = config;
        let traits = quirks.flavour.traits();
        let identity = [origin.provider.as_str(), key.expose_secret()];
        let seen = Seen::new(values, format!("xfilesharing/remote_uploads/{}", fingerprint(&identity)));
        let convert = Convert {
            origin,
            ids: profile.ids.clone(),
            traits,
            base_url: base_url.clone(),
            timezone: quirks.timezone,
            names: quirks.names.unwrap_or(traits.name_form),
            page_url: quirks.page_url,
            embed_url: quirks.embed_url,
            user: user_number(quirks.flavour, key.expose_secret()),
        };
        Self {
            site: Site { http: client, base_url, key, traits, convert },
            profile,
            seen,
            file_field: quirks.file_field.unwrap_or_else(|| traits.upload.file.to_owned()),
            utype: quirks.utype,
            remote_url_unescaped: quirks.remote_url_unescaped.unwrap_or(quirks.flavour == Flavour::Xvs),
        }
    }
}

/// Returns the user's number, with which the keys of two flavours begin. The last 16 characters are the secret.
fn user_number(flavour: Flavour, key: &str) -> Option<String> {
    let has_number = matches!(flavour, Flavour::Xvs | Flavour::Xfs);
    let head = key.len().checked_sub(16).and_then(|length| key.get(..length))?;
    let is_number = !head.is_empty() && head.bytes().all(|byte| byte.is_ascii_digit());
    (has_number && is_number).then(|| head.to_owned())
}

#[async_trait]
impl Provider for Xfilesharing {
    fn profile(&self) -> &Profile {
        &self.profile
    }

    async fn account(&self) -> Result<Account> {
        self.profile.require(Capability::AccountRead)?;
        self.site.account_info().await
    }

    async fn limits(&self) -> Result<Limits> {
        Err(Error::unsupported(Capability::AccountLimits))
    }

    async fn files(&self, ids: &[FileId]) -> Result<Vec<FileLookup>> {
        self.profile.require(Capability::FilesRead)?;
        if ids.len() > 1 {
            self.profile.require(Capability::FilesLookup)?;
        }
        files::lookup(&self.site, ids).await
    }

    async fn link(&self, file: &FileRef) -> Result<LinkAnswer> {
        self.profile.require(Capability::FilesDownload)?;
        link::link(&self.site, file).await
    }

    async fn open(&self, file: &FileRef, range: Option<ByteRange>) -> Result<Download> {
        match self.link(file).await? {
            LinkAnswer::Ready(link) => self.site.http.open("file/direct_link", link.url, range).await,
            LinkAnswer::NotReady { after } => {
                let error = Error::new(ErrorKind::RateLimited).retryable(true).with_retry_after(Some(after));
                let detail = "The site is still fetching the file.";
                Err(error.at(&self.profile.origin.provider, "file/direct_link").with_detail(detail))
            }
        }
    }

    async fn thumbnail(&self, file: &FileId) -> Result<Url> {
        self.profile.require(Capability::FilesThumbnail)?;
        files::picture(&self.site, file).await
    }

    async fn upload(&self, upload: Upload) -> Result<File> {
        self.profile.require(Capability::FilesUpload)?;
        let options = FormOptions { file_field: &self.file_field, utype: self.utype };
        uploads::upload(&self.site, &options, upload).await
    }

    async fn upload_ticket(&self, _: TicketRequest) -> Result<UploadTicket> {
        Err(Error::unsupported(Capability::FilesUploadTicket))
    }

    async fn edit_file(&self, file: &FileId, edit: FileEdit) -> Result<Option<File>> {
        if edit.content_type.is_some() {
            return Err(Error::unsupported(Capability::FilesSetContentType));
        }
        let Some(name) = &edit.name else { return Ok(None) };
        self.profile.require(Capability::FilesRename)?;
        files::rename(&self.site, file, name).await
    }

    async fn move_file(&self, file: &FileId, folder: &FolderId) -> Result<Option<File>> {
        self.profile.require(Capability::FilesMove)?;
        files::relocate(&self.site, file, folder).await
    }

    async fn copy_file(&self, file: &FileId, folder: &FolderId) -> Result<File> {
        self.profile.require(Capability::FilesCopy)?;
        files::copy(&self.site, file, folder).await
    }

    async fn delete_file(&self, file: &FileId) -> Result<()> {
        self.profile.require(Capability::FilesDelete)?;
        files::delete(&self.site, file).await
    }

    async fn list(&self, folder: &FolderId, _: Option<NativeCursor>) -> Result<Listing> {
        self.profile.require(Capability::FoldersList)?;
        listing::whole(&self.site, folder, Sizes::Filled).await
    }

    async fn folder(&self, _: &FolderId) -> Result<Folder> {
        Err(Error::unsupported(Capability::FoldersRead))
    }

    async fn create_folder(&self, new: NewFolder) -> Result<Folder> {
        self.profile.require(Capability::FoldersCreate)?;
        self.profile.require_guards(new.visibility, new.password.as_ref())?;
        folders::create(&self.site, new).await
    }

    async fn edit_folder(&self, folder: &FolderId, edit: FolderEdit) -> Result<Option<Folder>> {
        self.profile.require_guards(edit.visibility, edit.password.as_ref())?;
        if let Some(name) = &edit.name {
            self.profile.require(Capability::FoldersRename)?;
            self.profile.require_child(folder)?;
            folders::rename(&self.site, folder, name).await?;
        }
        Ok(None)
    }

    async fn move_folder(&self, folder: &FolderId, parent: &FolderId) -> Result<Option<Folder>> {
        self.profile.require(Capability::FoldersMove)?;
        self.profile.require_child(folder)?;
        folders::relocate(&self.site, folder, parent).await?;
        Ok(None)
    }

    async fn delete_folder(&self, folder: &FolderId) -> Result<()> {
        self.profile.require(Capability::FoldersDelete)?;
        self.profile.require_child(folder)?;
        folders::delete(&self.site, folder).await
    }

    async fn add_remote_upload(&self, new: NewRemoteUpload) -> Result<RemoteUpload> {
        self.profile.require(Capability::RemoteUploadsCreate)?;
        if !new.headers.is_empty() {
            return Err(Error::unsupported(Capability::RemoteUploadsHeaders));
        }
        remote_uploads::add(&self.site, &self.seen, self.remote_url_unescaped, &new).await
    }

    async fn remote_uploads(&self, selection: RemoteUploadSelection) -> Result<Found<RemoteUpload>> {
        match selection {
            RemoteUploadSelection::Ids(ids) => {
                self.profile.require(Capability::RemoteUploadsRead)?;
                remote_uploads::by_id(&self.site, &self.seen, &ids).await.map(Found::from)
            }
            RemoteUploadSelection::Recent(limit) => {
                self.profile.require(Capability::RemoteUploadsList)?;
                remote_uploads::recent(&self.site, &self.seen, limit.clamp(1, 100)).await
            }
        }
    }

    async fn cancel_remote_upload(&self, id: &RemoteUploadId) -> Result<()> {
        self.profile.require(Capability::RemoteUploadsCancel)?;
        remote_uploads::cancel(&self.site, id).await
    }

    async fn conversions(&self, query: ConversionQuery) -> Result<Found<Conversion>> {
        self.profile.require(Capability::ConversionsList)?;
        conversions::list(&self.site, &query).await
    }

    /// Does nothing, because a key is not a session.
    async fn close(&self) {}
}

impl fmt::Debug for Xfilesharing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Xfilesharing").field("origin", &self.profile.origin).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn user_number_is_the_head_of_the_key() {
        let key = "12345abcdefghijklmnop";
        assert_eq!(user_number(Flavour::Xvs, key).as_deref(), Some("12345"));
        assert_eq!(user_number(Flavour::Dood, key), None);
        for other in ["abcdefghijklmnop", "x12abcdefghijklmnop", "short"] {
            assert_eq!(user_number(Flavour::Xfs, other), None, "{other}");
        }
    }
}
