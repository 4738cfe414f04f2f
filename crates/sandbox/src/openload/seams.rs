//! What a test can do to a simulator from outside of the API: put things there, break them, and look behind the answers.

use std::sync::Arc;

use super::Openload;
use super::ids;
use super::rows::{Condition, Counts, File, NewFile};
use super::store::{ROOT, Store};
use crate::receive::Damage;

impl Openload {
    /// Puts a folder into another (`0`, the empty text and anything that is no folder: the root) and gives its id.
    pub fn add_folder(&self, parent: &str, name: &str) -> String {
        self.change(|store| {
            let parent = store.folder(parent).unwrap_or(ROOT);
            store.add_folder(parent, name).to_string()
        })
    }

    /// Puts a file into a folder (`0`, the empty text and anything that is no folder: the root) and gives its id. If it is
    /// a video by its name, its conversion starts.
    pub fn add_file(&self, folder: &str, name: &str, bytes: &[u8]) -> String {
        self.site.with(|context| {
            let folder = context.store.folder(folder).unwrap_or(ROOT);
            let file = NewFile::of_bytes(folder, name, bytes, context.now);
            context.store.add_file(ids::random_id(), file)
        })
    }

    /// Puts a file there that belongs to somebody else: `file/info` tells about it, everything else is 403.
    pub fn add_foreign_file(&self, name: &str, bytes: &[u8]) -> String {
        let id = self.add_file("0", name, bytes);
        self.change_file(&id, |file| file.own = false);
        id
    }

    /// Makes a file claim a size that its bytes do not have, as only very large files could.
    pub fn claim_size(&self, id: &str, size: u64) {
        self.change_file(id, |file| file.size = size);
    }

    /// Breaks a file: from now on its own status is 500, and its size is missing.
    pub fn break_file(&self, id: &str) {
        self.change_file(id, |file| file.condition = Condition::Broken);
    }

    /// Takes a file down for legal reasons: from now on its own status is 451, and nothing is told about it.
    pub fn block_file(&self, id: &str) {
        self.change_file(id, |file| file.condition = Condition::Blocked);
    }

    /// Suspends a file.
    pub fn suspend_file(&self, id: &str) {
        self.change_file(id, |file| file.suspended = true);
    }

    /// Makes the newest conversion of a file end as failed.
    pub fn fail_conversion_of(&self, id: &str) {
        self.change(|store| {
            let conversion = store.files.get(id).and_then(|file| file.conversion);
            if let Some(conversion) = conversion.and_then(|id| store.conversions.get_mut(&id)) {
                conversion.fails = true;
            }
        });
    }

    /// Makes remote uploads fail that are added from now on and whose URL contains `part`: at their end, with the words
    /// of `message`.
    pub fn fail_remote_uploads_matching(&self, part: &str, message: &str) {
        self.change(|store| store.failing_urls.push((part.to_owned(), message.to_owned())));
    }

    /// Damages the next upload: one byte of what is stored differs from what was sent.
    pub fn spoil_next_upload(&self) {
        self.change(|store| store.damage_next_upload = Damage::OneByteWrong);
    }

    /// Refuses an operation, such as `file/rename`, with 403 `Permission denied`, although the credentials are good.
    pub fn forbid(&self, operation: &str) {
        self.change(|store| store.forbidden.insert(operation.to_owned()));
    }

    /// Takes a [`forbid`](Self::forbid) back.
    pub fn allow(&self, operation: &str) {
        self.change(|store| store.forbidden.remove(operation));
    }

    /// The bytes of a file, if there is such a file.
    pub fn file_bytes(&self, id: &str) -> Option<Vec<u8>> {
        let content = self.site.with(|context| context.store.files.get(id).map(|file| file.content.clone()))?;
        content.read().ok()
    }

    /// The folder that a file is in, `0` for the root, if there is such a file.
    pub fn folder_of(&self, id: &str) -> Option<String> {
        self.site.with(|context| context.store.files.get(id).map(|file| file.folder.to_string()))
    }

    /// The id of the first file that has a name.
    pub fn find_file(&self, name: &str) -> Option<String> {
        self.site.with(|context| {
            let named = context.store.files.values().filter(|file| file.name == name);
            named.min_by_key(|file| file.number).map(|file| file.id.clone())
        })
    }

    /// The id of the first folder that has a name.
    pub fn find_folder(&self, name: &str) -> Option<String> {
        self.site.with(|context| {
            let mut folders = context.store.folders.iter();
            folders.find(|(_, folder)| folder.name == name).map(|(id, _)| id.to_string())
        })
    }

    /// The additional headers that a remote upload was given, as `Name: value`, in the order sent.
    pub fn remote_upload_headers(&self, id: &str) -> Option<Vec<String>> {
        let id: u64 = id.parse().ok()?;
        self.site.with(|context| context.store.remote_uploads.get(&id).map(|upload| upload.headers.clone()))
    }

    /// How much there is.
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
