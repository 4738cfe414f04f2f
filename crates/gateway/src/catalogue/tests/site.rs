//! A site made up here: a tree of folders that can be read and changed, that counts what it is asked, and whose answers
//! take as long, or fail, as a test wants.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use async_trait::async_trait;
use polyhost_domain::{
    Account, ByteRange, Capabilities, Capability, Conversion, ConversionQuery, DeleteSemantics, Dialect, Download,
    Error, ErrorKind, File, FileEdit, FileId, FileLookup, FileRef, FileStatus, Folder, FolderEdit, FolderId,
    IdAlphabet, IdGrammar, Limits, LinkAnswer, Listing, ListingShape, NameGrammar, NativeCursor, NewFolder,
    NewRemoteUpload, Origin, Profile, Provider, RemoteUpload, RemoteUploadSelection, Result, SortKey, TicketRequest,
    Upload, UploadTicket,
};
use polyhost_state::MemoryGenerations;
use polyhost_upstream::CircuitState;
use tokio::time::sleep;
use url::Url;

use crate::accounts;
use crate::catalogue::Catalogue;
use crate::config::CacheConfig;

/// What a site is like.
#[derive(Debug, Clone, Copy)]
pub(super) struct Manners {
    pub(super) delete: DeleteSemantics,
    /// Whether folders tell how much is in them.
    pub(super) counts: bool,
    /// Whether folders can be asked for by their ids.
    pub(super) tells_folders: bool,
    /// Whether the root lists the files of every folder.
    pub(super) deep: bool,
}

pub(super) const PLAIN: Manners =
    Manners { delete: DeleteSemantics::Permanent, counts: false, tells_folders: false, deep: false };

/// The site. Clones are the same one.
#[derive(Clone)]
pub(super) struct Site(Arc<(Profile, Manners, Mutex<State>)>);

#[derive(Default)]
pub(super) struct State {
    pub(super) files: BTreeMap<FileId, Entry>,
    pub(super) folders: BTreeMap<FolderId, Entry>,
    pub(super) calls: Vec<String>,
    pub(super) takes: Duration,
    pub(super) fails: Option<ErrorKind>,
    /// The next writes are done, and their answers lost.
    pub(super) loses: bool,
    made: u64,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) struct Entry {
    pub(super) name: String,
    pub(super) folder: FolderId,
    pub(super) trashed: bool,
}

impl Site {
    pub(super) fn new(manners: Manners) -> Self {
        let mut capabilities =
            vec![Capability::FoldersList, Capability::FilesRead, Capability::AccountRead, Capability::AccountLimits];
        capabilities.extend([Capability::FilesRename, Capability::FilesMove, Capability::FilesDelete]);
        capabilities.extend([Capability::FoldersRename, Capability::FoldersMove, Capability::FoldersDelete]);
        capabilities.extend(manners.tells_folders.then_some(Capability::FoldersRead));
        let profile = Profile {
            origin: Origin { account: "main".parse().unwrap(), provider: "pstream".parse().unwrap() },
            dialect: Dialect::Openload,
            base_url: "http://127.0.0.1:9/".parse().unwrap(),
            capabilities: Capabilities::native(&capabilities),
            ids: IdGrammar::new(IdAlphabet::UrlSafe, "0"),
            names: NameGrammar::ANY,
            delete: manners.delete,
            max_batch: 50,
            listing: ListingShape::Whole,
            sort_keys: &[SortKey::Name, SortKey::Size],
            digests: Vec::new(),
            doubtful_digests: Vec::new(),
            max_upload_bytes: None,
        };
        Self(Arc::new((profile, manners, Mutex::default())))
    }

    /// An account at the site, and a catalogue of it.
    pub(super) fn opened(&self, config: &CacheConfig) -> (Arc<accounts::Account>, Catalogue) {
        let generations = Arc::new(MemoryGenerations::default());
        let account = accounts::Account::new(Arc::new(self.clone()), &[], generations, || CircuitState::Closed);
        (Arc::new(account), Catalogue::new(config, tokio_util::task::TaskTracker::new()))
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.0.2.lock().unwrap()
    }

    pub(super) fn file_id(&self, id: &str) -> FileId {
        self.0.0.ids.file(id).unwrap()
    }

    pub(super) fn folder_id(&self, id: &str) -> FolderId {
        self.0.0.ids.folder(id).unwrap()
    }

    /// What was asked since the last look.
    pub(super) fn asked(&self) -> Vec<String> {
        std::mem::take(&mut self.state().calls)
    }

    /// Puts a file there, behind the gateway's back.
    pub(super) fn put(&self, id: &str, name: &str, folder: &FolderId) -> FileId {
        let id = self.file_id(id);
        self.state().files.insert(id.clone(), Entry::new(name, folder));
        id
    }

    /// Puts a folder there, behind the gateway's back.
    pub(super) fn put_folder(&self, id: &str, name: &str, parent: &FolderId) -> FolderId {
        let id = self.folder_id(id);
        self.state().folders.insert(id.clone(), Entry::new(name, parent));
        id
    }

    fn file(&self, id: &FileId, entry: &Entry, tells_folder: bool) -> File {
        File {
            name: Some(entry.name.clone()),
            folder_id: tells_folder.then(|| entry.folder.clone()),
            size: Some(entry.name.len() as u64),
            status: if entry.trashed && !tells_folder { FileStatus::Trashed } else { FileStatus::Active },
            ..File::bare(&self.0.0.origin, id.clone())
        }
    }

    fn folder_of(&self, state: &State, id: &FolderId, entry: &Entry) -> Folder {
        Folder {
            file_count: self.count(state, id),
            ..Folder::bare(&self.0.0.origin, id.clone(), Some(entry.folder.clone()), Some(entry.name.clone()))
        }
    }

    /// How many files a folder tells to be in it.
    pub(super) fn count(&self, state: &State, id: &FolderId) -> Option<u64> {
        self.0.1.counts.then(|| state.files.values().filter(|file| file.folder == *id).count() as u64)
    }

    /// Whether the listing of a folder shows a file.
    pub(super) fn lists(&self, folder: &FolderId, file: &Entry) -> bool {
        file.folder == *folder || self.0.1.deep && *folder == FolderId::Root
    }

    async fn ask(&self, call: String) -> Result<()> {
        let (takes, fails) = {
            let mut state = self.state();
            state.calls.push(call);
            (state.takes, state.fails)
        };
        if takes > Duration::ZERO {
            sleep(takes).await;
        }
        tokio::task::yield_now().await;
        fails.map_or(Ok(()), |kind| Err(Error::new(kind).retryable(true)))
    }

    /// Answers a read some time after the site has looked.
    async fn answer<T>(&self, told: Result<T>) -> Result<T> {
        tokio::task::yield_now().await;
        told
    }

    /// Does a write, and answers it some time later, or loses the answer.
    async fn write<T>(&self, call: String, change: impl FnOnce(&mut State) -> Result<T> + Send) -> Result<T>
    where
        T: Send,
    {
        self.ask(call).await?;
        let (done, loses) = {
            let mut state = self.state();
            let loses = std::mem::take(&mut state.loses);
            (change(&mut state), loses)
        };
        super::model::note_applied(loses);
        tokio::task::yield_now().await;
        if loses { Err(Error::new(ErrorKind::OutcomeUnknown)) } else { done }
    }
}

impl Entry {
    pub(super) fn new(name: &str, folder: &FolderId) -> Self {
        Self { name: name.to_owned(), folder: folder.clone(), trashed: false }
    }
}

fn no<T>() -> Result<T> {
    Err(Error::unsupported(Capability::FilesUpload))
}

fn missing<T>(kind: ErrorKind) -> Result<T> {
    Err(Error::new(kind))
}

#[async_trait]
impl Provider for Site {
    fn profile(&self) -> &Profile {
        &self.0.0
    }

    async fn account(&self) -> Result<Account> {
        self.ask("account".to_owned()).await?;
        let origin = &self.0.0.origin;
        Ok(Account {
            name: origin.account.clone(),
            provider: origin.provider.clone(),
            dialect: Dialect::Openload,
            id: None,
            username: None,
            email: None,
            status: None,
            created_at: None,
            last_login_at: None,
            paid_until: None,
        })
    }

    async fn limits(&self) -> Result<Limits> {
        self.ask("limits".to_owned()).await?;
        Ok(Limits::default())
    }

    async fn files(&self, ids: &[FileId]) -> Result<Vec<FileLookup>> {
        self.ask(format!("file {}", ids[0])).await?;
        let told = {
            let state = self.state();
            let look = |id: &FileId| match state.files.get(id) {
                Some(entry) => FileLookup::Found(Box::new(self.file(id, entry, false))),
                None => FileLookup::Failed(Error::new(ErrorKind::FileNotFound)),
            };
            ids.iter().map(look).collect()
        };
        self.answer(Ok(told)).await
    }

    async fn list(&self, folder: &FolderId, _: Option<NativeCursor>) -> Result<Listing> {
        self.ask(format!("list {folder}")).await?;
        let told = {
            let state = self.state();
            let files = state.files.iter().filter(|(_, entry)| self.lists(folder, entry));
            let folders = state.folders.iter().filter(|(_, entry)| entry.folder == *folder);
            let listing = Listing {
                files: files.map(|(id, entry)| self.file(id, entry, true)).collect(),
                folders: folders.map(|(id, entry)| self.folder_of(&state, id, entry)).collect(),
                ..Listing::default()
            };
            let exists = *folder == FolderId::Root || state.folders.contains_key(folder);
            if exists { Ok(listing) } else { missing(ErrorKind::FolderNotFound) }
        };
        self.answer(told).await
    }

    async fn folder(&self, folder: &FolderId) -> Result<Folder> {
        self.ask(format!("folder {folder}")).await?;
        let told = {
            let state = self.state();
            let found = state.folders.get(folder).map(|entry| self.folder_of(&state, folder, entry));
            found.map_or_else(|| missing(ErrorKind::FolderNotFound), Ok)
        };
        self.answer(told).await
    }

    async fn edit_file(&self, file: &FileId, edit: FileEdit) -> Result<Option<File>> {
        let name = edit.name.unwrap().to_string();
        self.write(format!("rename {file}"), |state| {
            let Some(entry) = state.files.get_mut(file) else { return missing(ErrorKind::FileNotFound) };
            entry.name = name;
            Ok(None)
        })
        .await
    }

    async fn move_file(&self, file: &FileId, folder: &FolderId) -> Result<Option<File>> {
        self.write(format!("move {file}"), |state| {
            let Some(entry) = state.files.get_mut(file) else { return missing(ErrorKind::FileNotFound) };
            entry.folder = folder.clone();
            Ok(None)
        })
        .await
    }

    async fn copy_file(&self, file: &FileId, folder: &FolderId) -> Result<File> {
        self.write(format!("copy {file}"), |state| {
            state.made += 1;
            let (id, entry) = (self.file_id(&format!("c{}", state.made)), Entry::new("copy", folder));
            let copy = self.file(&id, &entry, true);
            state.files.insert(id, entry);
            Ok(copy)
        })
        .await
    }

    async fn delete_file(&self, file: &FileId) -> Result<()> {
        let trash = self.0.1.delete == DeleteSemantics::Trash;
        self.write(format!("delete {file}"), |state| {
            let Some(entry) = state.files.get_mut(file) else { return missing(ErrorKind::FileNotFound) };
            entry.trashed = trash;
            if !trash {
                state.files.remove(file);
            }
            Ok(())
        })
        .await
    }

    async fn create_folder(&self, new: NewFolder) -> Result<Folder> {
        self.write("create".to_owned(), |state| {
            state.made += 1;
            let (id, entry) = (self.folder_id(&format!("d{}", state.made)), Entry::new(new.name.as_str(), &new.parent));
            let folder = self.folder_of(state, &id, &entry);
            state.folders.insert(id, entry);
            Ok(folder)
        })
        .await
    }

    async fn edit_folder(&self, folder: &FolderId, edit: FolderEdit) -> Result<Option<Folder>> {
        let name = edit.name.unwrap().to_string();
        self.write(format!("rename {folder}"), |state| {
            let Some(entry) = state.folders.get_mut(folder) else { return missing(ErrorKind::FolderNotFound) };
            entry.name = name;
            Ok(None)
        })
        .await
    }

    async fn move_folder(&self, folder: &FolderId, parent: &FolderId) -> Result<Option<Folder>> {
        self.write(format!("move {folder}"), |state| {
            let Some(entry) = state.folders.get_mut(folder) else { return missing(ErrorKind::FolderNotFound) };
            entry.folder = parent.clone();
            Ok(None)
        })
        .await
    }

    async fn delete_folder(&self, folder: &FolderId) -> Result<()> {
        let trash = self.0.1.delete == DeleteSemantics::Trash;
        self.write(format!("delete {folder}"), |state| {
            let Some(entry) = state.folders.get_mut(folder) else { return missing(ErrorKind::FolderNotFound) };
            entry.trashed = trash;
            if !trash {
                state.folders.remove(folder);
                state.files.retain(|_, file| file.folder != *folder);
            }
            Ok(())
        })
        .await
    }

    async fn link(&self, _: &FileRef) -> Result<LinkAnswer> {
        no()
    }

    async fn open(&self, _: &FileRef, _: Option<ByteRange>) -> Result<Download> {
        no()
    }

    async fn thumbnail(&self, _: &FileId) -> Result<Url> {
        no()
    }

    async fn upload(&self, _: Upload) -> Result<File> {
        no()
    }

    async fn upload_ticket(&self, _: TicketRequest) -> Result<UploadTicket> {
        no()
    }

    async fn add_remote_upload(&self, _: NewRemoteUpload) -> Result<RemoteUpload> {
        no()
    }

    async fn remote_uploads(&self, _: RemoteUploadSelection) -> Result<Vec<RemoteUpload>> {
        no()
    }

    async fn conversions(&self, _: ConversionQuery) -> Result<Vec<Conversion>> {
        no()
    }

    async fn close(&self) {}
}
