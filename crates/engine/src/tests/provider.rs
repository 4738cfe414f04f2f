//! The site as a `Provider`: the journal text and the answer of each call. Links, downloads and tickets are
//! unsupported.

use async_trait::async_trait;
use futures_util::StreamExt as _;
use polyhost_domain::{
    Account, ByteRange, Capability, Conversion, ConversionQuery, DeleteSemantics, Delivery, Download, Error, ErrorKind,
    File, FileEdit, FileId, FileLookup, FileRef, FileStatus, Folder, FolderDeletion, FolderEdit, FolderId, Found,
    JobState, Limits, LinkAnswer, Listing, NativeCursor, NewFolder, NewRemoteUpload, Profile, Provider, RemoteUpload,
    RemoteUploadId, RemoteUploadSelection, Result, TicketRequest, Upload, UploadTicket,
};
use url::Url;

use super::site::{Entry, Site, SiteState, UploadAnswer};

fn unsupported<T>(capability: Capability) -> Result<T> {
    Err(Error::unsupported(capability))
}

impl Site {
    /// Returns a file as listings show it: with its folder, and active even in the trash.
    fn listed(&self, state: &SiteState, id: &FileId, entry: &Entry) -> File {
        File {
            name: Some(entry.name.clone()),
            folder_id: Some(entry.folder.clone()),
            size: Some(entry.name.len() as u64),
            uploaded_at: (!state.hides_dates).then(|| "9000-01-01T00:00:00Z".parse().unwrap()),
            status: FileStatus::Active,
            ..File::bare(&self.0.profile.origin, id.clone())
        }
    }

    /// Returns a file as a read of the single file shows it: without its folder.
    fn single(&self, state: &SiteState, id: &FileId, entry: &Entry) -> File {
        let status = if entry.trashed { FileStatus::Trashed } else { FileStatus::Active };
        File { folder_id: None, status, ..self.listed(state, id, entry) }
    }

    fn folder_of(&self, state: &SiteState, id: &FolderId, entry: &Entry) -> Folder {
        let (parent, name) = (Some(entry.folder.clone()), Some(entry.name.clone()));
        Folder { file_count: state.count(id), ..Folder::bare(&self.0.profile.origin, id.clone(), parent, name) }
    }

    fn has_trash(&self) -> bool {
        self.0.profile.delete == DeleteSemantics::Trash
    }
}

#[async_trait]
impl Provider for Site {
    fn profile(&self) -> &Profile {
        &self.0.profile
    }

    async fn account(&self) -> Result<Account> {
        self.ask(Capability::AccountRead, "account".to_owned()).await?;
        let Profile { origin, dialect, .. } = &self.0.profile;
        Ok(Account {
            name: origin.account.clone(),
            provider: origin.provider.clone(),
            dialect: *dialect,
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
        self.ask(Capability::AccountLimits, "limits".to_owned()).await?;
        Ok(Limits::default())
    }

    async fn files(&self, ids: &[FileId]) -> Result<Vec<FileLookup>> {
        let names: Vec<&str> = ids.iter().map(FileId::as_str).collect();
        self.read(Capability::FilesRead, format!("files {}", names.join(",")), |state| {
            let look = |id: &FileId| match state.files.get(id) {
                Some(entry) => FileLookup::Found(Box::new(self.single(state, id, entry))),
                None => FileLookup::Failed(Error::new(ErrorKind::FileNotFound)),
            };
            Ok(ids.iter().map(look).collect())
        })
        .await
    }

    async fn list(&self, folder: &FolderId, _: Option<NativeCursor>) -> Result<Listing> {
        self.read(Capability::FoldersList, format!("list {folder}"), |state| {
            if *folder != FolderId::Root && !state.folders.contains_key(folder) {
                return Err(Error::new(ErrorKind::FolderNotFound));
            }
            let files = state.files.iter().filter(|(_, entry)| state.lists(folder, entry));
            let folders = state.folders.iter().filter(|(_, entry)| entry.folder == *folder);
            Ok(Listing {
                files: files.map(|(id, entry)| self.listed(state, id, entry)).collect(),
                folders: folders.map(|(id, entry)| self.folder_of(state, id, entry)).collect(),
                unreadable: state.unreadable,
                ..Listing::default()
            })
        })
        .await
    }

    async fn folder(&self, folder: &FolderId) -> Result<Folder> {
        self.read(Capability::FoldersRead, format!("folder {folder}"), |state| {
            let entry = state.folders.get(folder).ok_or_else(|| Error::new(ErrorKind::FolderNotFound))?;
            Ok(self.folder_of(state, folder, entry))
        })
        .await
    }

    async fn edit_file(&self, file: &FileId, edit: FileEdit) -> Result<Option<File>> {
        let name = edit.name.unwrap().to_string();
        self.write(Capability::FilesRename, format!("rename {file}"), |state| {
            state.refuse_protected(file)?;
            state.file(file)?.name = name;
            Ok(None)
        })
        .await
    }

    async fn move_file(&self, file: &FileId, folder: &FolderId) -> Result<Option<File>> {
        self.write(Capability::FilesMove, format!("move {file}"), |state| {
            state.file(file)?.folder = folder.clone();
            if !state.renumbers {
                return Ok(None);
            }
            let id = self.file_id(&format!("{file}x"));
            let entry = state.files.remove(file).unwrap();
            let moved = self.listed(state, &id, &entry);
            state.files.insert(id, entry);
            Ok(Some(moved))
        })
        .await
    }

    async fn copy_file(&self, file: &FileId, folder: &FolderId) -> Result<File> {
        self.write(Capability::FilesCopy, format!("copy {file}"), |state| {
            state.created += 1;
            let (id, entry) = (self.file_id(&format!("c{}", state.created)), Entry::new("copy", folder));
            let copy = self.listed(state, &id, &entry);
            state.files.insert(id, entry);
            Ok(copy)
        })
        .await
    }

    async fn delete_file(&self, file: &FileId) -> Result<()> {
        self.write(Capability::FilesDelete, format!("delete {file}"), |state| {
            state.refuse_protected(file)?;
            state.file(file)?.trashed = true;
            if !self.has_trash() {
                state.files.remove(file);
            }
            Ok(())
        })
        .await
    }

    async fn create_folder(&self, new: NewFolder) -> Result<Folder> {
        self.write(Capability::FoldersCreate, "create".to_owned(), |state| {
            state.created += 1;
            let id = self.folder_id(&format!("d{}", state.created));
            let entry = Entry::new(new.name.as_str(), &new.parent);
            let folder = self.folder_of(state, &id, &entry);
            state.folders.insert(id, entry);
            Ok(folder)
        })
        .await
    }

    async fn edit_folder(&self, folder: &FolderId, edit: FolderEdit) -> Result<Option<Folder>> {
        let name = edit.name.unwrap().to_string();
        self.write(Capability::FoldersRename, format!("rename {folder}"), |state| {
            state.folder(folder)?.name = name;
            Ok(None)
        })
        .await
    }

    async fn move_folder(&self, folder: &FolderId, parent: &FolderId) -> Result<Option<Folder>> {
        self.write(Capability::FoldersMove, format!("move {folder}"), |state| {
            state.folder(folder)?.folder = parent.clone();
            Ok(None)
        })
        .await
    }

    async fn delete_folder(&self, folder: &FolderId) -> Result<()> {
        self.write(Capability::FoldersDelete, format!("delete {folder}"), |state| {
            if self.0.profile.deletes_folders == FolderDeletion::OnlyEmpty && !state.is_empty(folder) {
                return Err(Error::new(ErrorKind::FolderNotEmpty));
            }
            state.folder(folder)?.trashed = true;
            if !self.has_trash() {
                state.folders.remove(folder);
                state.files.retain(|_, file| file.folder != *folder);
            }
            Ok(())
        })
        .await
    }

    /// Reads all bytes, and then answers as the test has chosen.
    async fn upload(&self, upload: Upload) -> Result<File> {
        self.ask(Capability::FilesUpload, "upload".to_owned()).await?;
        let mut bytes = upload.body.open().await.unwrap().stream;
        while bytes.next().await.is_some() {}
        let answer = self.state().upload_answer;
        match answer {
            UploadAnswer::Lost => Err(Error::new(ErrorKind::OutcomeUnknown)),
            UploadAnswer::NotOwned => Err(Error::new(ErrorKind::UploadNotOwned)),
            UploadAnswer::Short => {
                upload.report.note_delivery(Delivery::Complete);
                let id = self.put_file("short", upload.name.as_str(), &upload.folder);
                let file = File::bare(&self.0.profile.origin, id);
                Ok(File { name: Some(upload.name.to_string()), size: Some(1), ..file })
            }
        }
    }

    async fn remote_uploads(&self, selection: RemoteUploadSelection) -> Result<Found<RemoteUpload>> {
        let (capability, call) = match &selection {
            RemoteUploadSelection::Recent(limit) => (Capability::RemoteUploadsList, format!("recent {limit}")),
            RemoteUploadSelection::Ids(ids) => {
                let ids: Vec<&str> = ids.iter().map(RemoteUploadId::as_str).collect();
                (Capability::RemoteUploadsRead, format!("ids {}", ids.join(",")))
            }
        };
        self.read(capability, call, |SiteState { remote_uploads: all, .. }| match selection {
            RemoteUploadSelection::Recent(limit) => Ok(all.values().rev().take(limit as usize).cloned().collect()),
            RemoteUploadSelection::Ids(ids) => Ok(ids.iter().filter_map(|id| all.get(id).cloned()).collect()),
        })
        .await
    }

    async fn cancel_remote_upload(&self, id: &RemoteUploadId) -> Result<()> {
        self.write(Capability::RemoteUploadsCancel, format!("cancel {id}"), |state| {
            let upload = state.remote_uploads.get_mut(id).ok_or_else(|| Error::new(ErrorKind::RemoteUploadNotFound))?;
            upload.state = JobState::Cancelled;
            Ok(())
        })
        .await
    }

    async fn conversions(&self, query: ConversionQuery) -> Result<Found<Conversion>> {
        let file = query.file.as_ref().map_or("all", FileId::as_str);
        self.read(Capability::ConversionsList, format!("conversions {file} {}", query.limit), |state| {
            let wanted = |job: &&Conversion| query.file.is_none() || job.file_id == query.file;
            Ok(state.conversions.iter().filter(wanted).take(query.limit as usize).cloned().collect())
        })
        .await
    }

    async fn link(&self, _: &FileRef) -> Result<LinkAnswer> {
        unsupported(Capability::FilesDownload)
    }

    async fn open(&self, _: &FileRef, _: Option<ByteRange>) -> Result<Download> {
        unsupported(Capability::FilesDownload)
    }

    async fn thumbnail(&self, _: &FileId) -> Result<Url> {
        unsupported(Capability::FilesThumbnail)
    }

    async fn upload_ticket(&self, _: TicketRequest) -> Result<UploadTicket> {
        unsupported(Capability::FilesUploadTicket)
    }

    async fn add_remote_upload(&self, _: NewRemoteUpload) -> Result<RemoteUpload> {
        unsupported(Capability::RemoteUploadsCreate)
    }

    async fn close(&self) {}
}
