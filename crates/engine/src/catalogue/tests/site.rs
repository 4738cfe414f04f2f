//! A site made up here: a tree of folders that can be read and changed, that counts what it is asked, and whose answers
//! take as long, or fail, as a test wants.

mod provider;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use polyhost_config::CacheConfig;
use polyhost_domain::{
    Capabilities, Capability, DeleteSemantics, DialectName, Error, ErrorKind, File, FileId, FileStatus, Folder,
    FolderId, IdAlphabet, IdGrammar, ListingShape, NameGrammar, Origin, Profile, Result, SortKey,
};
use polyhost_upstream::CircuitState;
use rand::RngExt as _;
use rand::rngs::StdRng;
use tokio::time::sleep;

use crate::accounts;
use crate::catalogue::Catalogue;
use crate::users::User;

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
    /// Whether files tell when they were uploaded: later than anything here.
    pub(super) dates: bool,
}

pub(super) const PLAIN: Manners =
    Manners { delete: DeleteSemantics::Permanent, counts: false, tells_folders: false, deep: false, dates: true };

/// How many go first where an answer takes long: enough for reads and writes from their beginning to their end.
const LONGEST: usize = 60;

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
    /// How long the answer to a read is on its way.
    pub(super) lags: Duration,
    /// Decides how many others come first between what the site does and its answer; else it is one.
    pub(super) chance: Option<StdRng>,
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
        capabilities.push(Capability::FilesUpload);
        capabilities.extend(manners.tells_folders.then_some(Capability::FoldersRead));
        let profile = Profile {
            origin: Origin { account: "main".parse().unwrap(), provider: "pstream".parse().unwrap() },
            dialect: DialectName::Openload,
            base_url: "http://127.0.0.1:9/".parse().unwrap(),
            capabilities: Capabilities::native(&capabilities),
            ids: IdGrammar::new(IdAlphabet::UrlSafe, "0"),
            names: NameGrammar::ANY,
            delete: manners.delete,
            max_batch: 50,
            tells_folder: false,
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
        (self.account("user"), Catalogue::new(config, tokio_util::task::TaskTracker::new()))
    }

    /// An account at the site, for one of its users. All are called the same.
    pub(super) fn account(&self, user: &str) -> Arc<accounts::Account> {
        self.account_of(&Arc::new(User::new(user, &polyhost_state::State::in_memory())))
    }

    /// Another account at the site, for a user that may have others.
    pub(super) fn account_of(&self, user: &Arc<User>) -> Arc<accounts::Account> {
        Arc::new(accounts::Account::new(Arc::new(self.clone()), Arc::clone(user), &[], || CircuitState::Closed))
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
            uploaded_at: self.0.1.dates.then(|| "9000-01-01T00:00:00Z".parse().unwrap()),
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
        let lags = self.state().lags;
        if lags > Duration::ZERO {
            sleep(lags).await;
        }
        self.dawdle().await;
        told
    }

    /// Lets others go first: mostly a few, and sometimes so many that some do all that they have to do meanwhile.
    async fn dawdle(&self) {
        let others = self.state().chance.as_mut().map_or(1, |chance| {
            let most = if chance.random_range(0..4) == 0 { LONGEST } else { 4 };
            chance.random_range(1..=most)
        });
        for _ in 0..others {
            tokio::task::yield_now().await;
        }
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
        self.dawdle().await;
        if loses { Err(Error::new(ErrorKind::OutcomeUnknown)) } else { done }
    }
}

impl Entry {
    pub(super) fn new(name: &str, folder: &FolderId) -> Self {
        Self { name: name.to_owned(), folder: folder.clone(), trashed: false }
    }
}
