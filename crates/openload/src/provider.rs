//! The adapter itself: each method of the trait in terms of the site's endpoints.

use std::sync::Arc;

use async_trait::async_trait;
use polyhost_domain::{
    Account, ByteRange, Capabilities, Capability, Conversion, ConversionQuery, DeleteSemantics, Dialect, Download,
    Error, File, FileEdit, FileId, FileLookup, FileRef, Folder, FolderEdit, FolderId, IdAlphabet, IdGrammar, Limits,
    LinkAnswer, Listing, ListingShape, NativeCursor, NewFolder, NewRemoteUpload, Profile, Provider, RemoteUpload,
    RemoteUploadSelection, Result, SortKey, Support, TicketRequest, Upload, UploadTicket,
};
use polyhost_state::KeyValue;
use polyhost_upstream::Client;
use url::Url;

use crate::{Config, Quirks};

/// What the adapter has code for; a site's quirks say which of it the site has.
pub const IMPLEMENTED: &[Capability] = &[
    Capability::AccountRead,
    Capability::FilesLookup,
    Capability::FilesRead,
    Capability::FilesUpload,
    Capability::FilesRename,
    Capability::FilesMove,
    Capability::FilesDelete,
    Capability::FilesThumbnail,
    Capability::FilesUploadTicket,
    Capability::FoldersList,
    Capability::FoldersCreate,
    Capability::FoldersRename,
    Capability::FoldersDelete,
    Capability::RemoteUploadsCreate,
    Capability::RemoteUploadsHeaders,
    Capability::RemoteUploadsList,
    Capability::RemoteUploadsRead,
    Capability::ConversionsList,
];

/// One account at one site of the OpenLoad dialect.
pub struct Openload {
    profile: Profile,
    #[expect(dead_code, reason = "the endpoints come next")]
    client: Client,
    #[expect(dead_code, reason = "the endpoints come next")]
    verdicts: Arc<dyn KeyValue>,
}

impl Openload {
    /// An adapter for one account. `client` sends its requests; `verdicts` remembers whether the credentials are good.
    #[must_use]
    pub fn new(config: Config, client: Client, verdicts: Arc<dyn KeyValue>) -> Self {
        Self { profile: profile(&config), client, verdicts }
    }
}

fn profile(config: &Config) -> Profile {
    let quirks = &config.quirks;
    Profile {
        origin: config.origin.clone(),
        dialect: Dialect::Openload,
        base_url: config.base_url.clone(),
        capabilities: capabilities(quirks),
        ids: IdGrammar::new(IdAlphabet::UrlSafe, &quirks.root_folder),
        delete: DeleteSemantics::Permanent,
        max_batch: 500,
        listing: ListingShape::Whole,
        sort_keys: &[SortKey::Name, SortKey::Size, SortKey::UploadedAt],
        digests: quirks.digest.into_iter().collect(),
        max_upload_bytes: None,
    }
}

fn capabilities(quirks: &Quirks) -> Capabilities {
    let added = quirks.added.iter().filter(|capability| IMPLEMENTED.contains(capability));
    let all = added.fold(Capabilities::native(IMPLEMENTED), |all, added| all.with(*added, Support::Native));
    quirks.removed.iter().fold(all, |all, removed| all.with(*removed, Support::Unsupported))
}

#[async_trait]
impl Provider for Openload {
    fn profile(&self) -> &Profile {
        &self.profile
    }

    async fn account(&self) -> Result<Account> {
        Err(Error::unsupported(Capability::AccountRead))
    }

    async fn limits(&self) -> Result<Limits> {
        Err(Error::unsupported(Capability::AccountLimits))
    }

    async fn files(&self, _ids: &[FileId]) -> Result<Vec<FileLookup>> {
        Err(Error::unsupported(Capability::FilesLookup))
    }

    async fn link(&self, _file: &FileRef) -> Result<LinkAnswer> {
        Err(Error::unsupported(Capability::FilesDownload))
    }

    async fn open(&self, _file: &FileRef, _range: Option<ByteRange>) -> Result<Download> {
        Err(Error::unsupported(Capability::FilesDownload))
    }

    async fn thumbnail(&self, _file: &FileId) -> Result<Url> {
        Err(Error::unsupported(Capability::FilesThumbnail))
    }

    async fn upload(&self, _upload: Upload) -> Result<File> {
        Err(Error::unsupported(Capability::FilesUpload))
    }

    async fn upload_ticket(&self, _request: TicketRequest) -> Result<UploadTicket> {
        Err(Error::unsupported(Capability::FilesUploadTicket))
    }

    async fn edit_file(&self, _file: &FileId, _edit: FileEdit) -> Result<Option<File>> {
        Err(Error::unsupported(Capability::FilesRename))
    }

    async fn move_file(&self, _file: &FileId, _folder: &FolderId) -> Result<Option<File>> {
        Err(Error::unsupported(Capability::FilesMove))
    }

    async fn copy_file(&self, _file: &FileId, _folder: &FolderId) -> Result<File> {
        Err(Error::unsupported(Capability::FilesCopy))
    }

    async fn delete_file(&self, _file: &FileId) -> Result<()> {
        Err(Error::unsupported(Capability::FilesDelete))
    }

    async fn list(&self, _folder: &FolderId, _from: Option<NativeCursor>) -> Result<Listing> {
        Err(Error::unsupported(Capability::FoldersList))
    }

    async fn folder(&self, _folder: &FolderId) -> Result<Folder> {
        Err(Error::unsupported(Capability::FoldersRead))
    }

    async fn create_folder(&self, _new: NewFolder) -> Result<Folder> {
        Err(Error::unsupported(Capability::FoldersCreate))
    }

    async fn edit_folder(&self, _folder: &FolderId, _edit: FolderEdit) -> Result<Option<Folder>> {
        Err(Error::unsupported(Capability::FoldersRename))
    }

    async fn move_folder(&self, _folder: &FolderId, _parent: &FolderId) -> Result<Option<Folder>> {
        Err(Error::unsupported(Capability::FoldersMove))
    }

    async fn delete_folder(&self, _folder: &FolderId) -> Result<()> {
        Err(Error::unsupported(Capability::FoldersDelete))
    }

    async fn add_remote_upload(&self, _new: NewRemoteUpload) -> Result<RemoteUpload> {
        Err(Error::unsupported(Capability::RemoteUploadsCreate))
    }

    async fn remote_uploads(&self, _selection: RemoteUploadSelection) -> Result<Vec<RemoteUpload>> {
        Err(Error::unsupported(Capability::RemoteUploadsList))
    }

    async fn conversions(&self, _query: ConversionQuery) -> Result<Vec<Conversion>> {
        Err(Error::unsupported(Capability::ConversionsList))
    }

    async fn close(&self) {}
}
