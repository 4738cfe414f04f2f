//! The site: its files, folders and jobs, its journal of calls, and the settings that a test changes.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use polyhost_config::CacheConfig;
use polyhost_domain::{
    Conversion, Error, ErrorKind, FileId, FolderId, JobState, Profile, RemoteUpload, RemoteUploadId, Result,
};
use polyhost_state::State;
use polyhost_upstream::CircuitState;
use rand::rngs::StdRng;
use tokio::time::Instant;
use tokio_util::task::TaskTracker;

use crate::accounts::Account;
use crate::catalogue::Catalogue;
use crate::users::User;

/// A scripted site. Clones are the same site.
#[derive(Clone)]
pub(crate) struct Site(pub(super) Arc<Inner>);

pub(super) struct Inner {
    pub(super) profile: Profile,
    pub(super) began: Instant,
    state: Mutex<SiteState>,
}

/// The contents of a site, its journal and its settings.
#[derive(Default)]
pub(crate) struct SiteState {
    pub(crate) files: BTreeMap<FileId, Entry>,
    pub(crate) folders: BTreeMap<FolderId, Entry>,
    pub(super) remote_uploads: BTreeMap<RemoteUploadId, RemoteUpload>,
    pub(super) conversions: Vec<Conversion>,
    /// The number of files and folders that writes have created. Their ids contain this number.
    pub(super) created: u64,

    /// The calls since the journal was last read, with their times since the site's creation.
    pub(crate) journal: Vec<(Duration, String)>,
    /// The number of calls that have not reached the files yet. A cancelled call stays counted.
    pub(super) under_way: usize,
    pub(super) most_under_way: usize,

    /// Whether folders report the number of files in them.
    pub(crate) counts_files: bool,
    /// Whether the root lists the files of every folder.
    pub(crate) lists_deep: bool,
    /// The number of entries of each listing that cannot be read.
    pub(crate) unreadable: usize,
    /// The site's answer to the next uploads, after all bytes.
    pub(crate) upload_answer: UploadAnswer,
    /// Whether a move gives the file another id.
    pub(crate) renumbers: bool,
    /// A file that the site refuses to rename or delete.
    pub(crate) protected: Option<FileId>,
    /// Whether files have no upload time. Otherwise it is later than the time of any test.
    pub(crate) hides_dates: bool,

    /// The time that a call takes to reach the files. Reads and writes happen after it.
    pub(crate) delay: Duration,
    /// The delay of the answer to a read after the files were read.
    pub(crate) answer_delay: Duration,
    /// The error that answers every call.
    pub(super) failure: Option<Error>,
    /// Whether the next call panics.
    pub(super) panics: bool,
    /// Whether the next write is applied and its answer is dropped.
    pub(crate) loses_answer: bool,
    /// Draws the number of times that a read or write yields before its answer. If it is absent, each yields once.
    pub(crate) chance: Option<StdRng>,
    /// Called after each applied write, with whether its answer is dropped.
    pub(crate) after_write: Option<fn(bool)>,
}

/// The answer to an upload.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum UploadAnswer {
    /// The answer is lost. The test decides whether the site has the file.
    #[default]
    Lost,
    /// The file `short`, of which the site has stored one byte.
    Short,
    /// The site has stored the file outside of the account.
    NotOwned,
}

/// A file or folder.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Entry {
    pub(crate) name: String,
    pub(crate) folder: FolderId,
    pub(crate) trashed: bool,
}

impl Site {
    pub(crate) fn new(profile: Profile) -> Self {
        Self(Arc::new(Inner { profile, began: Instant::now(), state: Mutex::default() }))
    }

    /// Returns an account at the site and a new catalogue.
    pub(crate) fn opened(&self, config: &CacheConfig) -> (Arc<Account>, Catalogue) {
        (self.account("user"), Catalogue::new(config, TaskTracker::new()))
    }

    /// Returns an account at the site for a new user. All accounts have the same name.
    pub(crate) fn account(&self, user: &str) -> Arc<Account> {
        self.account_of(&Arc::new(User::new(user, &State::in_memory())))
    }

    /// Returns an account at the site for this user, who may have other accounts.
    pub(crate) fn account_of(&self, user: &Arc<User>) -> Arc<Account> {
        Arc::new(Account::new(Arc::new(self.clone()), Arc::clone(user), &[], || CircuitState::Closed))
    }

    pub(crate) fn state(&self) -> MutexGuard<'_, SiteState> {
        self.0.state.lock().unwrap()
    }

    pub(crate) fn file_id(&self, id: &str) -> FileId {
        self.0.profile.ids.file(id).unwrap()
    }

    pub(crate) fn folder_id(&self, id: &str) -> FolderId {
        self.0.profile.ids.folder(id).unwrap()
    }

    pub(crate) fn upload_id(&self, id: &str) -> RemoteUploadId {
        self.0.profile.ids.remote_upload(id).unwrap()
    }

    /// Adds or replaces a file, without a call.
    pub(crate) fn put_file(&self, id: &str, name: &str, folder: &FolderId) -> FileId {
        let id = self.file_id(id);
        self.state().files.insert(id.clone(), Entry::new(name, folder));
        id
    }

    /// Adds or replaces a folder, without a call.
    pub(crate) fn put_folder(&self, id: &str, name: &str, parent: &FolderId) -> FolderId {
        let id = self.folder_id(id);
        self.state().folders.insert(id.clone(), Entry::new(name, parent));
        id
    }

    /// Adds or replaces a remote upload.
    pub(crate) fn put_upload(&self, id: &str, state: JobState, percent: f64) {
        let id = self.upload_id(id);
        let bare = RemoteUpload::bare(&self.0.profile.origin, id.clone());
        let upload = RemoteUpload { state, progress_percent: Some(percent), ..bare };
        self.state().remote_uploads.insert(id, upload);
    }

    /// Changes only the update time of the remote uploads.
    pub(crate) fn touch_uploads(&self, second: i64) {
        let at = jiff::Timestamp::from_second(second).unwrap();
        self.state().remote_uploads.values_mut().for_each(|upload| upload.updated_at = Some(at));
    }

    pub(crate) fn remove_upload(&self, id: &str) {
        self.state().remote_uploads.remove(&self.upload_id(id));
    }

    /// Adds a conversion of a file, or replaces it.
    pub(crate) fn put_conversion(&self, id: &str, file: &str, state: JobState) {
        let origin = &self.0.profile.origin;
        let conversion = Conversion {
            id: id.to_owned(),
            account: origin.account.clone(),
            provider: origin.provider.clone(),
            file_id: Some(self.file_id(file)),
            name: None,
            state,
            raw_state: None,
            progress_percent: None,
            retries: None,
            updated_at: None,
            page_url: None,
        };
        let conversions = &mut self.state().conversions;
        conversions.retain(|other| other.id != id);
        conversions.push(conversion);
    }
}

impl SiteState {
    /// Returns the number of files that a folder reports.
    pub(crate) fn count(&self, folder: &FolderId) -> Option<u64> {
        self.counts_files.then(|| self.files.values().filter(|file| file.folder == *folder).count() as u64)
    }

    /// Returns whether the listing of a folder shows a file.
    pub(crate) fn lists(&self, folder: &FolderId, file: &Entry) -> bool {
        file.folder == *folder || self.lists_deep && *folder == FolderId::Root
    }

    pub(super) fn file(&mut self, id: &FileId) -> Result<&mut Entry> {
        self.files.get_mut(id).ok_or_else(|| Error::new(ErrorKind::FileNotFound))
    }

    pub(super) fn refuse_protected(&self, file: &FileId) -> Result<()> {
        let is_protected = self.protected.as_ref() == Some(file);
        if is_protected { Err(Error::new(ErrorKind::Forbidden).retryable(true)) } else { Ok(()) }
    }

    /// Returns whether a folder has neither files nor folders.
    pub(super) fn is_empty(&self, folder: &FolderId) -> bool {
        !self.files.values().chain(self.folders.values()).any(|entry| entry.folder == *folder)
    }

    pub(super) fn folder(&mut self, id: &FolderId) -> Result<&mut Entry> {
        self.folders.get_mut(id).ok_or_else(|| Error::new(ErrorKind::FolderNotFound))
    }
}

impl Entry {
    pub(super) fn new(name: &str, folder: &FolderId) -> Self {
        Self { name: name.to_owned(), folder: folder.clone(), trashed: false }
    }
}
