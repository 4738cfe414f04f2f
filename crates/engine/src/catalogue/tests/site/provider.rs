//! What the site answers, and does.

use async_trait::async_trait;
use futures_util::StreamExt as _;
use polyhost_domain::{
    Account, ByteRange, Capability, Conversion, ConversionQuery, DeleteSemantics, DialectName, Download, Error,
    ErrorKind, File, FileEdit, FileId, FileLookup, FileRef, Folder, FolderEdit, FolderId, Found, Limits, LinkAnswer,
    Listing, NativeCursor, NewFolder, NewRemoteUpload, Profile, Provider, RemoteUpload, RemoteUploadSelection, Result,
    TicketRequest, Upload, UploadTicket,
};
use url::Url;

use super::{Entry, Site};

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
            dialect: DialectName::Openload,
            id: None,
            username: None,
            email: None,
            status: None,
            created_at: None,
            last_login_at: None,
            paid_until: None,
            storage_used_bytes: None,
            storage_left_bytes: None,
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

    /// Takes all the bytes, and nobody hears of it again.
    async fn upload(&self, upload: Upload) -> Result<File> {
        self.ask("upload".to_owned()).await?;
        let mut bytes = upload.body.open().await.unwrap().stream;
        while bytes.next().await.is_some() {}
        Err(Error::new(ErrorKind::OutcomeUnknown))
    }

    async fn upload_ticket(&self, _: TicketRequest) -> Result<UploadTicket> {
        no()
    }

    async fn add_remote_upload(&self, _: NewRemoteUpload) -> Result<RemoteUpload> {
        no()
    }

    async fn remote_uploads(&self, _: RemoteUploadSelection) -> Result<Found<RemoteUpload>> {
        no()
    }

    async fn conversions(&self, _: ConversionQuery) -> Result<Found<Conversion>> {
        no()
    }

    async fn close(&self) {}
}
