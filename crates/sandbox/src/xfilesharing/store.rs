//! The state of the simulated site. All of it is behind one lock, so that every call sees and leaves a consistent
//! state.

use std::collections::{BTreeMap, HashMap};

use jiff::Timestamp;

use super::codes;
use super::flavours::{Flavour, OffWords};
use super::gate::Gate;
use super::jobs::State;
use super::options::Options;
use super::rows::{Counts, Deleted, Encoding, File, Folder, NewFile, Owner, Session, UrlUpload};
use crate::progress::Schedule;
use crate::receive::Damage;
use crate::{content, remote};

/// The root folder. It has no row.
pub(crate) const ROOT: u64 = 0;

/// The ids of folders are greater than this, so that they look like those of a busy site.
const FIRST_FOLDER: u64 = 31_416;

/// The size of a file that a URL upload fetched, in bytes.
const FETCHED_LENGTH: usize = 48 * 1024;

/// The state of the site.
#[derive(Debug, Default)]
pub(crate) struct Store {
    pub(crate) folders: BTreeMap<u64, Folder>,
    pub(crate) files: HashMap<String, File>,
    pub(crate) sessions: HashMap<String, Session>,
    pub(crate) url_uploads: Vec<UrlUpload>,
    pub(crate) encodings: Vec<Encoding>,
    pub(crate) deleted: Vec<Deleted>,
    pub(crate) gate: Gate,
    /// The functions that are refused.
    pub(crate) off: HashMap<String, OffWords>,
    /// Parts of URLs whose uploads fail, with the site's message.
    pub(crate) failing_urls: Vec<(String, String)>,
    /// Parts of URLs whose uploads stall.
    pub(crate) stalling_urls: Vec<String>,
    /// The damage to apply to the next upload.
    pub(crate) damage_next_upload: Damage,
    /// The words with which the next uploaded file is refused.
    pub(crate) refuse_next_upload: Option<String>,
    /// The number of further `upload/server` calls that find no server.
    pub(crate) calls_without_server: u32,
    /// The totals of `file/list` by filter, with the time of counting.
    pub(crate) totals: HashMap<String, (Timestamp, usize)>,
    /// The number of `file/list` calls.
    pub(crate) listings: u64,
    /// The number of `upload/server` calls.
    pub(crate) nodes: u64,
    last_folder: u64,
    last_number: u64,
}

impl Store {
    /// Updates the store to the time: finished URL uploads become files, and finished encodings leave the queue.
    pub(crate) fn settle(&mut self, options: &Options, now: Timestamp) {
        let is_due = |upload: &&UrlUpload| !upload.finished && upload.state(now) == State::Done;
        let due: Vec<UrlUpload> = self.url_uploads.iter().filter(is_due).cloned().collect();
        for upload in due {
            self.fetched(options, upload);
        }
        let leaves = matches!(options.flavour, Flavour::Xvs | Flavour::Dood);
        self.url_uploads.retain_mut(|upload| {
            upload.finished |= upload.state(now) == State::Done;
            !(upload.finished && leaves)
        });
        self.encodings.retain(|encoding| encoding.state(now) != State::Done);
    }

    fn fetched(&mut self, options: &Options, upload: UrlUpload) {
        // If the folder was deleted in the meantime, the file goes to the root.
        let folder = if self.folders.contains_key(&upload.folder) { upload.folder } else { ROOT };
        let file_name = remote::name_of(&upload.url);
        let name = upload.title.unwrap_or_else(|| options.name_of_upload(&file_name));
        let content_type = content::type_by_name(&file_name);
        let bytes = content::generated(&upload.url, FETCHED_LENGTH);
        let file = NewFile::of_bytes(folder, name, content_type, &bytes, upload.schedule.end());
        self.add_file(options, upload.code, NewFile { owner: upload.owner, ..file });
    }

    /// Stores a file, and starts its encoding if it is a video.
    pub(crate) fn add_file(&mut self, options: &Options, code: String, new: NewFile) -> String {
        let file = File {
            code: code.clone(),
            number: self.next_number(),
            name: new.name,
            folder: new.folder,
            content: new.content,
            size: new.size,
            content_type: new.content_type,
            uploaded: new.uploaded,
            owner: new.owner,
            tags: String::new(),
            category: "0".to_owned(),
            is_public: true,
            is_adult: false,
            is_premium: false,
            views: 0,
            blocked: false,
            unlisted_for: 0,
        };
        if file.is_video() && options.flavour != Flavour::Xfs {
            let schedule = Schedule { start: new.uploaded, step: options.encoding_step };
            self.encodings.push(Encoding { file: code.clone(), schedule, error: None, stalls: false });
        }
        self.files.insert(code.clone(), file);
        code
    }

    /// Copies a file of any user. The copy has no encoding of its own.
    pub(crate) fn clone_file(&mut self, original: File, now: Timestamp) -> String {
        let code = codes::random_code();
        let number = self.next_number();
        let copy = File {
            code: code.clone(),
            number,
            uploaded: now,
            owner: Owner::Account,
            views: 0,
            unlisted_for: 0,
            ..original
        };
        self.files.insert(code.clone(), copy);
        code
    }

    pub(crate) fn add_folder(&mut self, parent: u64, name: String) -> u64 {
        // The id of a deleted folder is never used again.
        self.last_folder += 1;
        let id = FIRST_FOLDER + self.last_folder;
        self.folders.insert(id, Folder { parent, name, owner: Owner::Account });
        id
    }

    pub(crate) fn next_number(&mut self) -> u64 {
        self.last_number += 1;
        self.last_number
    }

    /// Returns the account's folder with exactly this id, or the root for `0`, the empty text and no text.
    pub(crate) fn own_folder(&self, text: Option<&str>) -> Option<u64> {
        let id: u64 = match text.unwrap_or_default() {
            "" | "0" => return Some(ROOT),
            text => text.parse().ok().filter(|id: &u64| id.to_string() == text)?,
        };
        self.folders.get(&id).filter(|folder| folder.owner == Owner::Account).map(|_| id)
    }

    /// Returns the account's file.
    pub(crate) fn own_file(&mut self, code: &str) -> Option<&mut File> {
        self.files.get_mut(code).filter(|file| file.is_own())
    }

    /// Returns the account's files in a folder, newest first.
    pub(crate) fn files_in(&self, folder: u64) -> Vec<&File> {
        newest_first(self.files.values().filter(|file| file.is_own() && file.folder == folder))
    }

    pub(crate) fn delete_file(&mut self, code: &str, time: Timestamp) {
        if let Some(file) = self.files.remove(code) {
            self.encodings.retain(|encoding| encoding.file != code);
            self.deleted.push(Deleted { code: file.code, name: file.name, time });
        }
    }

    pub(crate) fn encoding_of(&self, code: &str) -> Option<&Encoding> {
        self.encodings.iter().find(|encoding| encoding.file == code)
    }

    pub(crate) fn counts(&self) -> Counts {
        let owned_by = |owner| self.files.values().filter(|file| file.owner == owner).count();
        Counts {
            folders: self.folders.values().filter(|folder| folder.owner == Owner::Account).count(),
            files: owned_by(Owner::Account),
            anonymous_files: owned_by(Owner::Anonymous),
            remote_uploads: self.url_uploads.iter().filter(|upload| upload.owner == Owner::Account).count(),
            encodings: self.encodings.len(),
            sessions: self.sessions.len(),
        }
    }
}

/// Sorts files by their upload time, and those of the same second by their creation order, newest first.
pub(crate) fn newest_first<'a>(files: impl Iterator<Item = &'a File>) -> Vec<&'a File> {
    let mut files: Vec<&File> = files.collect();
    files.sort_by_key(|file| std::cmp::Reverse((file.uploaded.as_second(), file.number)));
    files
}
