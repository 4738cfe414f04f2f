//! What the simulated account holds. Everything is in one place behind one lock, so that an operation sees and leaves a
//! consistent whole.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::time::Duration;

use jiff::Timestamp;

use super::ids;
use super::progress::{Schedule, Stage};
use super::reply::Refusal;
use super::rows::{Condition, Conversion, Counts, File, Folder, NewFile, RemoteUpload, Ticket};
use crate::receive::Damage;
use crate::{content, remote};

/// The folder that everything is in. It has no row of its own.
pub(crate) const ROOT: u64 = 0;

/// Folders' ids are greater than this, so that they look like a busy site's.
const FIRST_FOLDER: u64 = 4247;

/// Likewise the ids of conversions.
const FIRST_CONVERSION: u64 = 451_984_900;

/// The size of a file that a remote upload fetched, in bytes.
const FETCHED_LENGTH: usize = 48 * 1024;

/// What the account holds.
#[derive(Debug, Default)]
pub(crate) struct Store {
    pub(crate) folders: BTreeMap<u64, Folder>,
    pub(crate) files: HashMap<String, File>,
    pub(crate) tickets: HashMap<String, Ticket>,
    pub(crate) remote_uploads: BTreeMap<u64, RemoteUpload>,
    pub(crate) conversions: BTreeMap<u64, Conversion>,
    /// Operations that are refused with 403, although the credentials are good.
    pub(crate) forbidden: HashSet<String>,
    /// Parts of URLs whose remote uploads fail, and the site's words for it.
    pub(crate) failing_urls: Vec<(String, String)>,
    /// How the next upload is to arrive damaged.
    pub(crate) damage_next_upload: Damage,
    conversion_step: Duration,
    last_folder: u64,
    last_number: u64,
}

impl Store {
    /// An empty store, in which each step of a conversion takes so long.
    pub(crate) fn new(conversion_step: Duration) -> Self {
        Self { conversion_step, ..Self::default() }
    }

    /// Lets happen what the time that has passed has brought: finished remote uploads become files.
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
        // A folder that was deleted meanwhile cannot take the file; the root can.
        let folder = if self.folders.contains_key(&upload.folder) { upload.folder } else { ROOT };
        let name = remote::name_of(&upload.url);
        let bytes = content::made_up(&upload.url, FETCHED_LENGTH);
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
        // The id of a deleted folder never comes back.
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

    /// The folder that a text names: `0` and the empty text are the root, and otherwise the text must be an id exactly.
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

    /// A file of this account, to do something with.
    pub(crate) fn own_file(&mut self, id: &str) -> Result<&mut File, Refusal> {
        let file = self.files.get_mut(id).ok_or_else(Refusal::no_such_video)?;
        if file.own { Ok(file) } else { Err(Refusal::forbidden()) }
    }

    /// A folder and all that are below it, parents first.
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

    /// The newest conversion of a file.
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
