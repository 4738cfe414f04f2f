//! The test interface of a simulator, outside of the API: it adds objects, breaks them, and reads the stored state.

use std::sync::Arc;

use super::Openload;
use super::ids;
use super::rows::{Condition, Counts, File, NewFile};
use super::store::{ROOT, Store};
use crate::receive::Damage;

impl Openload {
    /// Adds a folder to another and returns its id. `0`, the empty text and anything that is not a folder stand for the
    /// root.
    pub fn add_folder(&self, parent: &str, name: &str) -> String {
        self.change(|store| {
            let parent = store.folder(parent).unwrap_or(ROOT);
            store.add_folder(parent, name).to_string()
        })
    }

    /// Adds a file to a folder and returns its id. `0`, the empty text and anything that is not a folder stand for the
    /// root. If the name is that of a video, its conversion starts.
    pub fn add_file(&self, folder: &str, name: &str, bytes: &[u8]) -> String {
        self.site.with(|context| {
            let folder = context.store.folder(folder).unwrap_or(ROOT);
            let file = NewFile::of_bytes(folder, name, bytes, context.now);
            context.store.add_file(ids::random_id(), file)
        })
    }

    /// Adds a file of another account: `file/info` describes it, every other operation is 403.
    pub fn add_foreign_file(&self, name: &str, bytes: &[u8]) -> String {
        let id = self.add_file("0", name, bytes);
        self.change_file(&id, |file| file.own = false);
        id
    }

    /// Sets a size that differs from the stored bytes, to stand for a very large file.
    pub fn claim_size(&self, id: &str, size: u64) {
        self.change_file(id, |file| file.size = size);
    }

    /// Breaks a file: its own status becomes 500, and its size is missing.
    pub fn break_file(&self, id: &str) {
        self.change_file(id, |file| file.condition = Condition::Broken);
    }

    /// Takes a file down for legal reasons: its own status becomes 451, and its other fields are missing.
    pub fn block_file(&self, id: &str) {
        self.change_file(id, |file| file.condition = Condition::Blocked);
    }

    /// Suspends a file.
    pub fn suspend_file(&self, id: &str) {
        self.change_file(id, |file| file.suspended = true);
    }

    /// Makes the newest conversion of a file fail at its end.
    pub fn fail_conversion_of(&self, id: &str) {
        self.change(|store| {
            let conversion = store.files.get(id).and_then(|file| file.conversion);
            if let Some(conversion) = conversion.and_then(|id| store.conversions.get_mut(&id)) {
                conversion.fails = true;
            }
        });
    }

    /// Makes remote uploads fail whose URL contains `part`: those added from now on fail at their end, with `message`.
    pub fn fail_remote_uploads_matching(&self, part: &str, message: &str) {
        self.change(|store| store.failing_urls.push((part.to_owned(), message.to_owned())));
    }

    /// Damages the next upload: one stored byte differs from the byte that was sent.
    pub fn spoil_next_upload(&self) {
        self.change(|store| store.damage_next_upload = Damage::OneByteWrong);
    }

    /// Rejects an operation, such as `file/rename`, with 403 `Permission denied`, although the credentials are good.
    pub fn forbid(&self, operation: &str) {
        self.change(|store| store.forbidden.insert(operation.to_owned()));
    }

    /// Reverts a [`forbid`](Self::forbid).
    pub fn allow(&self, operation: &str) {
        self.change(|store| store.forbidden.remove(operation));
    }

    /// Returns the bytes of a file, if it exists.
    pub fn file_bytes(&self, id: &str) -> Option<Vec<u8>> {
        let content = self.site.with(|context| context.store.files.get(id).map(|file| file.content.clone()))?;
        content.read().ok()
    }

    /// Returns the folder that a file is in, if the file exists. The root is `0`.
    pub fn folder_of(&self, id: &str) -> Option<String> {
        self.site.with(|context| context.store.files.get(id).map(|file| file.folder.to_string()))
    }

    /// Returns the id of the first file with this name.
    pub fn find_file(&self, name: &str) -> Option<String> {
        self.site.with(|context| {
            let named = context.store.files.values().filter(|file| file.name == name);
            named.min_by_key(|file| file.number).map(|file| file.id.clone())
        })
    }

    /// Returns the id of the first folder with this name.
    pub fn find_folder(&self, name: &str) -> Option<String> {
        self.site.with(|context| {
            let mut folders = context.store.folders.iter();
            folders.find(|(_, folder)| folder.name == name).map(|(id, _)| id.to_string())
        })
    }

    /// Returns the additional headers of a remote upload, as `Name: value`, in the order sent.
    pub fn remote_upload_headers(&self, id: &str) -> Option<Vec<String>> {
        let id: u64 = id.parse().ok()?;
        self.site.with(|context| context.store.remote_uploads.get(&id).map(|upload| upload.headers.clone()))
    }

    /// Returns the number of objects of each kind.
    pub fn counts(&self) -> Counts {
        self.site.with(|context| context.store.counts())
    }

    fn change_file(&self, id: &str, change: impl FnOnce(&mut File)) {
        self.change(|store| store.files.get_mut(id).map(change));
    }

    fn change<T>(&self, change: impl FnOnce(&mut Store) -> T) -> T {
        Arc::clone(&self.site).with(|context| change(context.store))
    }
}
