//! The state of the simulated site. All of it is behind one lock, so that every operation sees and leaves a consistent
//! state.

use std::collections::{BTreeMap, HashMap};

use jiff::Timestamp;

use super::next_upload::NextUpload;
use super::options::{Options, Redirects};
use super::queue::{Due, Queue, State};
use super::refusal::Refusal;
use super::rows::{ACTIVE, Counts, File, Folder, Link, NewFile, TRASH};
use super::sessions::Sessions;
use crate::{content, remote};

/// The root folder. It has no row.
pub(crate) const ROOT: u64 = 0;

/// The ids of folders and of files are greater than these. The two are numbered independently.
const BEFORE_FOLDERS: u64 = 100;
const BEFORE_FILES: u64 = 1_000;

/// The size of a file that a remote upload fetched, in bytes.
pub(crate) const FETCHED_LENGTH: usize = 48 * 1024;

/// The state of the site.
#[derive(Debug, Default)]
pub(crate) struct Store {
    pub(crate) folders: BTreeMap<u64, Folder>,
    pub(crate) files: BTreeMap<u64, File>,
    pub(crate) links: HashMap<String, Link>,
    pub(crate) remote_uploads: Queue,
    pub(crate) sessions: Sessions,
    pub(crate) uploads: NextUpload,
    pub(crate) demo_mode: bool,
    pub(crate) redirects: Redirects,
    trashed_folders_answer: bool,
}

impl Store {
    pub(crate) fn new(options: &Options) -> Self {
        Self {
            remote_uploads: Queue::new(options.remote_upload_tick),
            trashed_folders_answer: options.trashed_folders_answer,
            ..Self::default()
        }
    }

    /// Updates the store to the time: tokens and links expire, and remote uploads end.
    pub(crate) fn settle(&mut self, options: &Options, now: Timestamp) {
        self.sessions.sweep(options, now);
        self.links.retain(|_, link| link.valid_until > now);
        for due in self.remote_uploads.settle(now) {
            self.finish(&due);
        }
    }

    /// Ends a remote upload. If it succeeds, adds its file.
    pub(crate) fn finish(&mut self, due: &Due) {
        let (started, finished) = (due.started, due.finished);
        let Some(job) = self.remote_uploads.jobs.get(&due.id).cloned() else { return };
        let state = if job.error.is_some() {
            State::Failed { started, finished }
        } else {
            // If the folder was deleted in the meantime, the file goes to the root.
            let folder = if self.own_folder(job.folder).is_ok() { job.folder } else { ROOT };
            let bytes = content::generated(&job.url, FETCHED_LENGTH);
            let new = NewFile::of_bytes(folder, &remote::name_of(&job.url), &bytes, finished);
            State::Complete { started, finished, file: self.add_file(NewFile { source: "remote", ..new }) }
        };
        if let Some(job) = self.remote_uploads.jobs.get_mut(&due.id) {
            job.state = state;
        }
    }

    pub(crate) fn add_file(&mut self, new: NewFile) -> u64 {
        // Rows are never removed from the table, so no id is used again.
        let id = self.files.last_key_value().map_or(BEFORE_FILES, |(last, _)| *last) + 1;
        let file = File {
            id,
            name: new.name,
            folder: new.folder,
            content: new.content,
            size: new.size,
            content_type: new.content_type,
            status: ACTIVE.to_owned(),
            downloads: 0,
            uploaded: new.uploaded,
            accessed: None,
            is_public: 0,
            source: new.source,
            own: true,
            unlisted_for: 0,
        };
        self.files.insert(id, file);
        id
    }

    pub(crate) fn add_folder(&mut self, parent: u64, name: &str, now: Timestamp) -> u64 {
        let id = self.folders.last_key_value().map_or(BEFORE_FOLDERS, |(last, _)| *last) + 1;
        let folder = Folder {
            id,
            parent,
            name: name.to_owned(),
            is_public: 0,
            password: None,
            status: ACTIVE.to_owned(),
            added: now,
            updated: None,
            own: true,
        };
        self.folders.insert(id, folder);
        id
    }

    /// Returns a file of this account, in any state.
    pub(crate) fn own_file(&mut self, id: u64) -> Result<&mut File, Refusal> {
        self.files.get_mut(&id).filter(|file| file.own).ok_or_else(Refusal::no_such_file)
    }

    /// Returns a folder of this account.
    pub(crate) fn own_folder(&mut self, id: u64) -> Result<&mut Folder, Refusal> {
        let answers = |folder: &&mut Folder| folder.own && (self.trashed_folders_answer || folder.status == ACTIVE);
        self.folders.get_mut(&id).filter(answers).ok_or_else(Refusal::no_such_folder)
    }

    /// Returns the folders that are listed in a folder, sorted by name.
    pub(crate) fn folders_in(&self, parent: u64) -> Vec<&Folder> {
        let listed = self.folders.values().filter(|folder| folder.is_listed() && folder.parent == parent);
        let mut folders: Vec<&Folder> = listed.collect();
        folders.sort_by_cached_key(|folder| (folder.name.to_lowercase(), folder.id));
        folders
    }

    /// Returns the files that are listed in a folder, sorted by name.
    pub(crate) fn files_in(&self, folder: u64) -> Vec<&File> {
        let listed = self.files.values().filter(|file| file.is_listed() && file.folder == folder);
        let mut files: Vec<&File> = listed.collect();
        files.sort_by_cached_key(|file| (file.name.to_lowercase(), file.id));
        files
    }

    /// Returns a folder and all folders below it, each once. Folders can be moved into a cycle.
    pub(crate) fn with_all_below(&self, folder: u64) -> Vec<u64> {
        let mut found = vec![folder];
        let mut next = 0;
        while let Some(parent) = found.get(next).copied() {
            let below: Vec<u64> = self.folders_in(parent).iter().map(|folder| folder.id).collect();
            let new = below.into_iter().filter(|id| !found.contains(id)).collect::<Vec<_>>();
            found.extend(new);
            next += 1;
        }
        found
    }

    /// Moves a folder with everything in it to the trash.
    pub(crate) fn trash_folder(&mut self, folder: u64) {
        let subtree = self.with_all_below(folder);
        let folders = self.folders.values_mut().filter(|folder| folder.is_listed() && subtree.contains(&folder.id));
        folders.for_each(|folder| folder.status = TRASH.to_owned());
        let files = self.files.values_mut().filter(|file| file.is_listed() && subtree.contains(&file.folder));
        files.for_each(|file| file.status = TRASH.to_owned());
    }

    pub(crate) fn counts(&self) -> Counts {
        let folders = self.folders.values().filter(|folder| folder.status == ACTIVE).count();
        let files = self.files.values().filter(|file| file.status == ACTIVE).count();
        Counts {
            folders,
            files,
            trashed_folders: self.folders.len() - folders,
            trashed_files: self.files.len() - files,
            remote_uploads: self.remote_uploads.jobs.len(),
            links: self.links.len(),
        }
    }
}
