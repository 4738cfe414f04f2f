//! The state of the simulated account. All of it is behind one lock, so that every operation sees and leaves a
//! consistent state.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::time::Duration;

use jiff::Timestamp;

use super::ids;
use super::reply::Refusal;
use super::rows::{Condition, Conversion, Counts, File, Folder, NewFile, RemoteUpload, Ticket};
use crate::progress::{Schedule, Stage};
use crate::receive::Damage;
use crate::{content, remote};

/// The root folder. It has no row.
pub(crate) const ROOT: u64 = 0;

/// The ids of folders are greater than this, so that they look like those of a busy site.
const FIRST_FOLDER: u64 = 4247;

/// The ids of conversions are greater than this, for the same reason.
const FIRST_CONVERSION: u64 = 451_984_900;

/// The size of a file that a remote upload fetched, in bytes.
const FETCHED_LENGTH: usize = 48 * 1024;

/// The state of the account.
#[derive(Debug, Default)]
pub(crate) struct Store {
    pub(crate) folders: BTreeMap<u64, Folder>,
    pub(crate) files: HashMap<String, File>,
    pub(crate) tickets: HashMap<String, Ticket>,
    pub(crate) remote_uploads: BTreeMap<u64, RemoteUpload>,
    pub(crate) conversions: BTreeMap<u64, Conversion>,
    /// Operations that are rejected with 403, although the credentials are good.
    pub(crate) forbidden: HashSet<String>,
    /// Parts of URLs whose remote uploads fail, with the site's message.
    pub(crate) failing_urls: Vec<(String, String)>,
    /// The damage to apply to the next upload.
    pub(crate) damage_next_upload: Damage,
    conversion_step: Duration,
    last_folder: u64,
    last_number: u64,
}

impl Store {
    /// Creates an empty store. `conversion_step` is the duration of one step of a conversion.
    pub(crate) fn new(conversion_step: Duration) -> Self {
        Self { conversion_step, ..Self::default() }
    }

    /// Updates the store to the time: finished remote uploads become files.
    pub(crate) fn settle(&mut self, now: Timestamp) {
        let arrived = |upload: &RemoteUpload| {
            upload.error.is_none() && upload.file.is_none() && upload.schedule.stage(now) == Stage::Done
        };
        let due: Vec<u64> =
            self.remote_uploads.iter().filter(|(_, upload)| arrived(upload)).map(|(id, _)| *id).collect();
        for id in due {
            self.finish_remote_upload(id);
        }
    }

    fn finish_remote_upload(&mut self, id: u64) {
        let Some(upload) = self.remote_uploads.get(&id).cloned() else { return };
        // If the folder was deleted in the meantime, the file goes to the root.
        let folder = if self.folders.contains_key(&upload.folder) { upload.folder } else { ROOT };
        let name = remote::name_of(&upload.url);
        let bytes = content::generated(&upload.url, FETCHED_LENGTH);
        let file = self.add_file(ids::random_id(), NewFile::of_bytes(folder, &name, &bytes, upload.schedule.end()));
        if let Some(upload) = self.remote_uploads.get_mut(&id) {
            upload.file = Some(file);
        }
    }

    /// Stores a file, and starts its conversion if it is a video.
    pub(crate) fn add_file(&mut self, id: String, new: NewFile) -> String {
        let is_video = new.content_type.starts_with("video/");
        let schedule = Schedule { start: new.uploaded_at, step: self.conversion_step };
        let file = File {
            id: id.clone(),
            number: self.next_number(),
            name: new.name,
            folder: new.folder,
            content: new.content,
            size: new.size,
            sha1: new.sha1,
            content_type: new.content_type,
            uploaded_at: new.uploaded_at,
            condition: Condition::Sound,
            suspended: false,
            own: true,
            conversion: None,
            unlisted_for: 0,
        };
        self.files.insert(id.clone(), file);
        if is_video {
            self.add_conversion(Conversion { file: id.clone(), schedule, fails: false, retries: 0 });
        }
        id
    }

    pub(crate) fn add_folder(&mut self, parent: u64, name: &str) -> u64 {
        // The id of a deleted folder is never used again.
        self.last_folder += 1;
        let id = FIRST_FOLDER + self.last_folder;
        self.folders.insert(id, Folder { parent, name: name.to_owned() });
        id
    }

    pub(crate) fn add_remote_upload(&mut self, upload: RemoteUpload) -> u64 {
        let id = self.remote_uploads.last_key_value().map_or(0, |(last, _)| *last) + 1;
        self.remote_uploads.insert(id, upload);
        id
    }

    pub(crate) fn add_conversion(&mut self, conversion: Conversion) -> u64 {
        let id = FIRST_CONVERSION + self.next_number();
        if let Some(file) = self.files.get_mut(&conversion.file) {
            file.conversion = Some(id);
        }
        self.conversions.insert(id, conversion);
        id
    }

    fn next_number(&mut self) -> u64 {
        self.last_number += 1;
        self.last_number
    }

    /// Returns the folder that a text names. `0` and the empty text are the root. Any other text must be exactly an id.
    pub(crate) fn folder(&self, text: &str) -> Result<u64, Refusal> {
        match text {
            "" | "0" => Ok(ROOT),
            text => text
                .parse()
                .ok()
                .filter(|id: &u64| id.to_string() == text && self.folders.contains_key(id))
                .ok_or_else(Refusal::no_such_folder),
        }
    }

    /// Returns a file for an operation. It must be this account's.
    pub(crate) fn own_file(&mut self, id: &str) -> Result<&mut File, Refusal> {
        let file = self.files.get_mut(id).ok_or_else(Refusal::no_such_video)?;
        if file.own { Ok(file) } else { Err(Refusal::forbidden()) }
    }

    /// Returns a folder and all folders below it, parents first.
    pub(crate) fn with_all_below(&self, folder: u64) -> Vec<u64> {
        let mut found = vec![folder];
        let mut next = 0;
        while let Some(parent) = found.get(next).copied() {
            found.extend(self.folders.iter().filter(|(_, folder)| folder.parent == parent).map(|(id, _)| *id));
            next += 1;
        }
        found
    }

    pub(crate) fn delete_file(&mut self, id: &str) {
        self.files.remove(id);
        self.conversions.retain(|_, conversion| conversion.file != id);
    }

    /// Returns the newest conversion of a file.
    pub(crate) fn conversion_of(&self, file: &File) -> Option<&Conversion> {
        self.conversions.get(&file.conversion?)
    }

    pub(crate) fn counts(&self) -> Counts {
        Counts {
            folders: self.folders.len(),
            files: self.files.len(),
            remote_uploads: self.remote_uploads.len(),
            conversions: self.conversions.len(),
            upload_urls: self.tickets.len(),
        }
    }
}
