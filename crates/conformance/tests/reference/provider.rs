//! The reference provider: an adapter for the model in memory. All its capabilities can be native.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::{StreamExt, stream};
use polyhost_domain::*;
use url::Url;

use super::convert::{self, folder_number, number};
use super::store::{Condition, Fetch, FolderRow, Store};

/// The number of files in a native page.
const PAGE: usize = 2;

/// The model of a site: its objects, and the number of received requests.
#[derive(Default)]
pub(crate) struct Model {
    pub(crate) store: Mutex<Store>,
    pub(crate) requests: AtomicUsize,
}

/// An account at the model.
pub(crate) struct Reference {
    pub(crate) model: Arc<Model>,
    pub(crate) profile: Profile,
    /// Whether the site knows the credentials.
    pub(crate) known: bool,
    /// Whether the answer to a change has the object or is empty.
    pub(crate) answers_changes: bool,
}

impl Model {
    pub(crate) fn lock(&self) -> MutexGuard<'_, Store> {
        self.store.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Reference {
    /// Returns an error if one of the capabilities is not native. Sends no request.
    fn require(&self, needs: &[Capability]) -> Result<()> {
        let missing = needs.iter().find(|capability| !self.profile.capabilities.supports(**capability));
        missing.map_or(Ok(()), |capability| Err(Error::unsupported(*capability)))
    }

    /// Counts one request, and returns the store if the credentials are good.
    fn send(&self) -> Result<MutexGuard<'_, Store>> {
        self.model.requests.fetch_add(1, Ordering::Relaxed);
        if self.known { Ok(self.model.lock()) } else { Err(Error::new(ErrorKind::CredentialsRejected)) }
    }

    fn changed_file(&self, store: &Store, number: u64) -> Option<File> {
        self.answers_changes.then(|| store.files.get(&number).map(|row| self.file(number, row))).flatten()
    }

    fn changed_folder(&self, store: &Store, number: u64) -> Option<Folder> {
        let row = store.folders.get(&number)?;
        self.answers_changes.then(|| convert::folder(&self.profile, number, row))
    }

    fn file(&self, number: u64, row: &super::store::FileRow) -> File {
        convert::file(&self.profile, number, row)
    }

    fn resolve(&self, store: &Store, file: &FileRef) -> Result<(u64, Bytes)> {
        let number = match file {
            FileRef::Id(id) => number(id.as_str()),
            FileRef::ShortCode(code) => number(code.as_str().trim_start_matches("short")),
        };
        let row = store.files.get(&number).ok_or_else(|| Error::new(ErrorKind::FileNotFound))?;
        Ok((number, row.bytes.clone()))
    }
}

fn child_number(folder: &FolderId) -> Result<u64> {
    match folder {
        FolderId::Root => Err(Error::new(ErrorKind::FolderNotFound)),
        FolderId::Child(id) => Ok(number(id.as_str())),
    }
}

#[async_trait]
impl Provider for Reference {
    fn profile(&self) -> &Profile {
        &self.profile
    }

    async fn account(&self) -> Result<Account> {
        self.require(&[Capability::AccountRead])?;
        drop(self.send()?);
        Ok(Account {
            name: self.profile.origin.account.clone(),
            provider: self.profile.origin.provider.clone(),
            dialect: self.profile.dialect,
            id: Some("1".to_owned()),
            username: None,
            email: None,
            status: Some(AccountStatus::Active),
            created_at: super::store::time(0),
            last_login_at: None,
            paid_until: None,
            storage_used_bytes: None,
            storage_left_bytes: None,
        })
    }

    async fn limits(&self) -> Result<Limits> {
        self.require(&[Capability::AccountLimits])?;
        drop(self.send()?);
        Ok(Limits { max_upload_bytes: Some(1 << 30), ..Limits::default() })
    }

    async fn files(&self, ids: &[FileId]) -> Result<Vec<FileLookup>> {
        self.require(&[Capability::FilesRead])?;
        if ids.len() > 1 {
            self.require(&[Capability::FilesLookup])?;
        }
        let mut found = Vec::new();
        for ids in ids.chunks(50) {
            let store = self.send()?;
            found.extend(ids.iter().map(|id| convert::lookup(&self.profile, &store, number(id.as_str()))));
        }
        Ok(found)
    }

    async fn link(&self, file: &FileRef) -> Result<LinkAnswer> {
        self.require(&[Capability::FilesDownload])?;
        let (number, _) = self.resolve(&*self.send()?, file)?;
        let url = self.profile.base_url.join(&format!("d/{number}")).unwrap();
        let file_id = Some(convert::file_id(&self.profile, number));
        Ok(LinkAnswer::Ready(Link { url, file_id, name: None, expires_at: None, headers: HeaderFields::default() }))
    }

    async fn open(&self, file: &FileRef, range: Option<ByteRange>) -> Result<Download> {
        self.require(&[Capability::FilesDownload])?;
        let (_, bytes) = self.resolve(&*self.send()?, file)?;
        let size = bytes.len() as u64;
        let (first, last) = match range {
            None => (0, size - 1),
            Some(ByteRange::From(first, last)) => (first, last.unwrap_or(size - 1).min(size - 1)),
            Some(ByteRange::Last(count)) => (size.saturating_sub(count), size - 1),
        };
        if first >= size {
            return Err(Error::new(ErrorKind::RangeNotSatisfiable));
        }
        let part = bytes.slice(first as usize..=last as usize);
        Ok(Download {
            length: Some(part.len() as u64),
            stream: stream::iter([Ok(part)]).boxed(),
            range: range.map(|_| ContentRange { first, last, size: Some(size) }),
            content_type: None,
        })
    }

    async fn thumbnail(&self, file: &FileId) -> Result<Url> {
        self.require(&[Capability::FilesThumbnail])?;
        self.send()?.file_mut(number(file.as_str()))?;
        Ok(self.profile.base_url.join(&format!("t/{file}.jpg")).unwrap())
    }

    async fn upload(&self, upload: Upload) -> Result<File> {
        self.require(&[Capability::FilesUpload])?;
        let folder = folder_number(&upload.folder);
        self.send()?.folder(folder)?;
        let incomplete = || Error::new(ErrorKind::BodyIncomplete);
        let SizedStream { length, mut stream, .. } = upload.body.open().await.map_err(|_| incomplete())?;
        let mut bytes = Vec::new();
        while let Some(piece) = stream.next().await {
            bytes.extend(piece.map_err(|_| incomplete())?);
        }
        if bytes.len() as u64 != length {
            return Err(incomplete());
        }
        let mut store = self.send()?;
        let number = store.add_file(upload.name.as_str(), folder, bytes.into(), Condition::Sound);
        let file = store.files.get(&number).map(|row| self.file(number, row)).unwrap();
        if upload.sha1.is_some_and(|sha1| file.sha1.as_deref() != Some(sha1.as_str())) {
            store.files.remove(&number);
            return Err(Error::new(ErrorKind::Rejected));
        }
        Ok(file)
    }

    async fn upload_ticket(&self, request: TicketRequest) -> Result<UploadTicket> {
        self.require(&[Capability::FilesUploadTicket])?;
        let mut store = self.send()?;
        store.folder(folder_number(&request.folder))?;
        let mut url = self.profile.base_url.join(&format!("ul/{}", store.number())).unwrap();
        if request.transport == TicketTransport::PlainHttp {
            url.set_scheme("http").unwrap();
        }
        Ok(UploadTicket { url, method: "POST", file_field: "file1".to_owned(), expires_at: None })
    }

    async fn edit_file(&self, file: &FileId, edit: FileEdit) -> Result<Option<File>> {
        let needs = [
            edit.name.is_some().then_some(Capability::FilesRename),
            edit.content_type.is_some().then_some(Capability::FilesSetContentType),
        ];
        self.require(&needs.into_iter().flatten().collect::<Vec<_>>())?;
        let (mut store, number) = (self.send()?, number(file.as_str()));
        let row = store.file_mut(number)?;
        if let Some(name) = edit.name {
            row.name = name.to_string();
        }
        if let Some(content_type) = edit.content_type {
            row.content_type = content_type;
        }
        Ok(self.changed_file(&store, number))
    }

    async fn move_file(&self, file: &FileId, folder: &FolderId) -> Result<Option<File>> {
        self.require(&[Capability::FilesMove])?;
        let (mut store, number) = (self.send()?, number(file.as_str()));
        store.file_mut(number)?;
        let folder = store.folder(folder_number(folder))?;
        store.file_mut(number)?.folder = folder;
        Ok(self.changed_file(&store, number))
    }

    async fn copy_file(&self, file: &FileId, folder: &FolderId) -> Result<File> {
        self.require(&[Capability::FilesCopy])?;
        let mut store = self.send()?;
        let row = store.file_mut(number(file.as_str()))?.clone();
        let folder = store.folder(folder_number(folder))?;
        let copy = store.add_file(&format!("{} (1)", row.name), folder, row.bytes, Condition::Sound);
        store.files.get(&copy).map(|row| self.file(copy, row)).ok_or_else(|| Error::new(ErrorKind::Internal))
    }

    async fn delete_file(&self, file: &FileId) -> Result<()> {
        self.require(&[Capability::FilesDelete])?;
        let (mut store, number) = (self.send()?, number(file.as_str()));
        let row = store.file_mut(number)?;
        match self.profile.delete {
            DeleteSemantics::Trash => row.condition = Condition::Trashed,
            DeleteSemantics::Permanent => drop(store.files.remove(&number)),
        }
        Ok(())
    }

    async fn list(&self, folder: &FolderId, from: Option<NativeCursor>) -> Result<Listing> {
        self.require(&[Capability::FoldersList])?;
        let store = self.send()?;
        let folder = store.folder(folder_number(folder))?;
        let folders = store.folders.iter().filter(|(_, row)| row.parent == folder);
        let listed = |condition| matches!(condition, Condition::Sound | Condition::Broken | Condition::Denied);
        let files = store.files.iter().filter(|(_, row)| row.folder == folder && listed(row.condition));
        let mut listing = Listing {
            folders: folders.map(|(number, row)| convert::folder(&self.profile, *number, row)).collect(),
            files: files.map(|(number, row)| self.file(*number, row)).collect(),
            unreadable: 0,
            incomplete: false,
            next: None,
        };
        if self.profile.listing == ListingShape::Paged {
            let start = from.map_or(0, |cursor| number(&cursor.0) as usize);
            listing.next = (listing.files.len() > start + PAGE).then(|| NativeCursor((start + PAGE).to_string()));
            listing.folders.retain(|_| start == 0);
            listing.files = listing.files.into_iter().skip(start).take(PAGE).collect();
        }
        Ok(listing)
    }

    async fn folder(&self, folder: &FolderId) -> Result<Folder> {
        self.require(&[Capability::FoldersRead])?;
        let (mut store, number) = (self.send()?, folder_number(folder));
        Ok(convert::folder(&self.profile, number, store.folder_mut(number)?))
    }

    async fn create_folder(&self, new: NewFolder) -> Result<Folder> {
        self.require(&[Capability::FoldersCreate])?;
        self.require(new.visibility.map(|_| Capability::FoldersVisibility).as_slice())?;
        self.require(new.password.as_ref().map(|_| Capability::FoldersPassword).as_slice())?;
        let mut store = self.send()?;
        let row = FolderRow {
            name: new.name.to_string(),
            parent: store.folder(folder_number(&new.parent))?,
            visibility: new.visibility.unwrap_or(Visibility::Private),
            guarded: matches!(new.password, Some(PasswordChange::Set(_))),
        };
        let number = store.number();
        store.folders.insert(number, row.clone());
        Ok(convert::folder(&self.profile, number, &row))
    }

    async fn edit_folder(&self, folder: &FolderId, edit: FolderEdit) -> Result<Option<Folder>> {
        self.require(edit.name.as_ref().map(|_| Capability::FoldersRename).as_slice())?;
        self.require(edit.visibility.map(|_| Capability::FoldersVisibility).as_slice())?;
        self.require(edit.password.as_ref().map(|_| Capability::FoldersPassword).as_slice())?;
        let number = child_number(folder)?;
        let mut store = self.send()?;
        let row = store.folder_mut(number)?;
        if let Some(name) = edit.name {
            row.name = name.to_string();
        }
        row.visibility = edit.visibility.unwrap_or(row.visibility);
        row.guarded = edit.password.map_or(row.guarded, |password| matches!(password, PasswordChange::Set(_)));
        Ok(self.changed_folder(&store, number))
    }

    async fn move_folder(&self, folder: &FolderId, parent: &FolderId) -> Result<Option<Folder>> {
        self.require(&[Capability::FoldersMove])?;
        let number = child_number(folder)?;
        let mut store = self.send()?;
        let parent = store.folder(folder_number(parent))?;
        store.folder_mut(number)?.parent = parent;
        Ok(self.changed_folder(&store, number))
    }

    async fn delete_folder(&self, folder: &FolderId) -> Result<()> {
        self.require(&[Capability::FoldersDelete])?;
        let number = child_number(folder)?;
        let mut store = self.send()?;
        store.folder_mut(number)?;
        store.remove_folder(number);
        Ok(())
    }

    async fn add_remote_upload(&self, new: NewRemoteUpload) -> Result<RemoteUpload> {
        self.require(&[Capability::RemoteUploadsCreate])?;
        self.require((!new.headers.is_empty()).then_some(Capability::RemoteUploadsHeaders).as_slice())?;
        let mut store = self.send()?;
        let fetch = Fetch {
            url: new.url.as_str().to_owned(),
            folder: store.folder(folder_number(&new.folder))?,
            headers: new.headers.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect(),
            step: store.steps,
            file: None,
        };
        let number = store.number();
        store.fetches.insert(number, fetch.clone());
        Ok(convert::remote_upload(&self.profile, store.steps, number, &fetch))
    }

    async fn remote_uploads(&self, selection: RemoteUploadSelection) -> Result<Found<RemoteUpload>> {
        let (need, wanted, limit) = match selection {
            RemoteUploadSelection::Ids(ids) => (Capability::RemoteUploadsRead, Some(ids), usize::MAX),
            RemoteUploadSelection::Recent(limit) => (Capability::RemoteUploadsList, None, limit as usize),
        };
        self.require(&[need])?;
        let store = self.send()?;
        let newest_first = store.fetches.iter().rev();
        let all = newest_first.map(|(number, row)| convert::remote_upload(&self.profile, store.steps, *number, row));
        let asked = |found: &RemoteUpload| wanted.as_ref().is_none_or(|ids| ids.contains(&found.id));
        Ok(all.filter(asked).take(limit).collect())
    }

    async fn cancel_remote_upload(&self, id: &RemoteUploadId) -> Result<()> {
        self.require(&[Capability::RemoteUploadsCancel])?;
        let removed = self.send()?.fetches.remove(&number(id.as_str()));
        removed.map(drop).ok_or_else(|| Error::new(ErrorKind::RemoteUploadNotFound))
    }

    async fn conversions(&self, query: ConversionQuery) -> Result<Found<Conversion>> {
        self.require(&[Capability::ConversionsList])?;
        let store = self.send()?;
        let newest_first = store.files.iter().rev();
        let all = newest_first.map(|(number, row)| convert::conversion(&self.profile, store.steps, *number, row));
        let asked = |found: &Conversion| query.file.is_none() || found.file_id == query.file;
        Ok(all.filter(asked).take(query.limit as usize).collect())
    }

    async fn close(&self) {}
}
