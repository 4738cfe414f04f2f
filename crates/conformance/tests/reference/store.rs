//! The objects of the model: folders, files, remote uploads, and a clock that only `advance` moves.

use std::collections::BTreeMap;

use bytes::Bytes;
use jiff::Timestamp;
use polyhost_domain::{Error, ErrorKind, JobState, Result, Visibility};
use sha1::{Digest, Sha1};

/// The number of the root folder.
pub(crate) const ROOT: u64 = 0;

/// The time at which the model's clock starts: 2026-01-01.
const BEGIN: i64 = 1_767_225_600;

/// The seconds by which one step advances the clock.
const STEP: i64 = 10;

#[derive(Default)]
pub(crate) struct Store {
    pub(crate) folders: BTreeMap<u64, FolderRow>,
    pub(crate) files: BTreeMap<u64, FileRow>,
    pub(crate) fetches: BTreeMap<u64, Fetch>,
    pub(crate) steps: i64,
    last: u64,
}

#[derive(Clone)]
pub(crate) struct FolderRow {
    pub(crate) name: String,
    pub(crate) parent: u64,
    pub(crate) visibility: Visibility,
    pub(crate) guarded: bool,
}

#[derive(Clone)]
pub(crate) struct FileRow {
    pub(crate) name: String,
    pub(crate) folder: u64,
    pub(crate) bytes: Bytes,
    pub(crate) sha1: String,
    pub(crate) content_type: String,
    pub(crate) condition: Condition,
    pub(crate) step: i64,
}

/// The special conditions of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Condition {
    Sound,
    Trashed,
    Broken,
    Blocked,
    Denied,
}

/// A remote upload.
#[derive(Clone)]
pub(crate) struct Fetch {
    pub(crate) url: String,
    pub(crate) folder: u64,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) step: i64,
    pub(crate) file: Option<u64>,
}

impl Fetch {
    /// Returns the state: first queued, then running, then succeeded or failed.
    pub(crate) fn state(&self, steps: i64) -> JobState {
        match job_state(steps - self.step) {
            JobState::Succeeded if self.fails() => JobState::Failed,
            state => state,
        }
    }

    fn fails(&self) -> bool {
        self.url.contains(".invalid")
    }
}

/// Returns the state of a job that started so many steps ago.
pub(crate) fn job_state(steps: i64) -> JobState {
    match steps {
        ..1 => JobState::Queued,
        1..3 => JobState::Running,
        _ => JobState::Succeeded,
    }
}

/// Returns the time at a step.
pub(crate) fn time(step: i64) -> Option<Timestamp> {
    Timestamp::from_second(BEGIN + STEP * step).ok()
}

impl Store {
    /// Returns a number that no object has.
    pub(crate) fn number(&mut self) -> u64 {
        self.last += 1;
        self.last
    }

    pub(crate) fn add_file(&mut self, name: &str, folder: u64, bytes: Bytes, condition: Condition) -> u64 {
        let (number, step) = (self.number(), self.steps);
        let content_type = "video/mp4".to_owned();
        let sha1 = hex::encode(Sha1::digest(&bytes));
        let row = FileRow { name: name.to_owned(), folder, bytes, sha1, content_type, condition, step };
        self.files.insert(number, row);
        number
    }

    /// Returns the folder's number, or an error if the folder does not exist. The root always exists.
    pub(crate) fn folder(&self, number: u64) -> Result<u64> {
        let there = number == ROOT || self.folders.contains_key(&number);
        if there { Ok(number) } else { Err(Error::new(ErrorKind::FolderNotFound)) }
    }

    /// Returns a folder's row for a change, or an error if the folder does not exist.
    pub(crate) fn folder_mut(&mut self, number: u64) -> Result<&mut FolderRow> {
        self.folders.get_mut(&number).ok_or_else(|| Error::new(ErrorKind::FolderNotFound))
    }

    /// Returns a file's row for a change, or an error if the file does not exist or the account may not change it.
    pub(crate) fn file_mut(&mut self, number: u64) -> Result<&mut FileRow> {
        match self.files.get_mut(&number) {
            None => Err(Error::new(ErrorKind::FileNotFound)),
            Some(row) if row.condition == Condition::Denied => Err(Error::new(ErrorKind::Forbidden)),
            Some(row) => Ok(row),
        }
    }

    /// Removes a folder with everything in it, at every depth.
    pub(crate) fn remove_folder(&mut self, number: u64) {
        self.folders.remove(&number);
        self.files.retain(|_, row| row.folder != number);
        let below: Vec<_> =
            self.folders.iter().filter(|(_, row)| row.parent == number).map(|(number, _)| *number).collect();
        below.into_iter().for_each(|number| self.remove_folder(number));
    }

    /// Moves the clock by one step. Remote uploads that finish become files.
    pub(crate) fn advance(&mut self) {
        self.steps += 1;
        let steps = self.steps;
        let arrived = |fetch: &Fetch| fetch.file.is_none() && fetch.state(steps) == JobState::Succeeded;
        let due: Vec<_> = self.fetches.iter().filter(|(_, fetch)| arrived(fetch)).map(|(id, _)| *id).collect();
        for id in due {
            let folder = self.fetches.get(&id).map_or(ROOT, |fetch| fetch.folder);
            let file = self.add_file("fetched.mp4", folder, Bytes::from_static(b"fetched"), Condition::Sound);
            if let Some(fetch) = self.fetches.get_mut(&id) {
                fetch.file = Some(file);
            }
        }
    }
}
