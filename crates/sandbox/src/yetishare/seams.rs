//! The test interface of a simulator, outside of the API: it adds objects and reads the stored state.

use super::Yetishare;
use super::links;
use super::php;
use super::rows::{Counts, File, NewFile};
use super::store::ROOT;

impl Yetishare {
    /// Adds a folder to another and returns its id. `0`, `null`, the empty text and anything that is not a folder stand
    /// for the root.
    pub fn add_folder(&self, parent: &str, name: &str) -> String {
        self.site.with(|context| {
            let parent = context.store.own_folder(php::id(parent)).map_or(ROOT, |folder| folder.id);
            context.store.add_folder(parent, name, context.now).to_string()
        })
    }

    /// Adds a file to a folder and returns its id. `0`, `null`, the empty text and anything that is not a folder stand
    /// for the root.
    pub fn add_file(&self, folder: &str, name: &str, bytes: &[u8]) -> String {
        self.site.with(|context| {
            let folder = context.store.own_folder(php::id(folder)).map_or(ROOT, |folder| folder.id);
            context.store.add_file(NewFile::of_bytes(folder, name, bytes, context.now)).to_string()
        })
    }

    /// Adds a file to the root of another account.
    pub fn add_foreign_file(&self, name: &str, bytes: &[u8]) -> String {
        let id = self.add_file("0", name, bytes);
        self.change_file(&id, |file| file.own = false);
        id
    }

    /// Adds a folder to the root of another account.
    pub fn add_foreign_folder(&self, name: &str) -> String {
        let id = self.add_folder("0", name);
        self.site.with(|context| context.store.folders.get_mut(&exact(&id)).map(|folder| folder.own = false));
        id
    }

    /// Sets a size that differs from the stored bytes, to stand for a very large file.
    pub fn claim_size(&self, id: &str, size: u64) {
        self.change_file(id, |file| file.size = size);
    }

    /// Sets the number of downloads of a file.
    pub fn set_downloads(&self, id: &str, downloads: u64) {
        self.change_file(id, |file| file.downloads = downloads);
    }

    /// Sets the state of a file: `active`, `trash`, `deleted`, or one that only old sites have.
    pub fn set_file_status(&self, id: &str, status: &str) {
        self.change_file(id, |file| file.status = status.to_owned());
    }

    /// Returns the bytes of a file, if it exists. Ids are compared exactly.
    pub fn file_bytes(&self, id: &str) -> Option<Vec<u8>> {
        self.file(id)?.content.read().ok()
    }

    /// Returns the folder that a file is in, if the file exists. The root is `0`.
    pub fn folder_of(&self, id: &str) -> Option<String> {
        self.file(id).map(|file| file.folder.to_string())
    }

    /// Returns the state of a file, if it exists.
    pub fn file_status(&self, id: &str) -> Option<String> {
        self.file(id).map(|file| file.status)
    }

    /// Returns the parent of a folder, if the folder exists. The root is `0`.
    pub fn parent_of(&self, folder: &str) -> Option<String> {
        self.site.with(|context| context.store.folders.get(&exact(folder)).map(|folder| folder.parent.to_string()))
    }

    /// Returns the state of a folder, if it exists.
    pub fn folder_status(&self, folder: &str) -> Option<String> {
        self.site.with(|context| context.store.folders.get(&exact(folder)).map(|folder| folder.status.clone()))
    }

    /// Returns the password of a folder as it is stored, which is an MD5 in hexadecimal, if the folder exists and has
    /// one.
    pub fn folder_password(&self, folder: &str) -> Option<String> {
        self.site.with(|context| context.store.folders.get(&exact(folder)).and_then(|folder| folder.password.clone()))
    }

    /// Returns the id of the first active file with this name.
    pub fn find_file(&self, name: &str) -> Option<String> {
        self.site.with(|context| {
            let mut files = context.store.files.values();
            files.find(|file| file.is_listed() && file.name == name).map(|file| file.id.to_string())
        })
    }

    /// Returns the id of the first active folder with this name.
    pub fn find_folder(&self, name: &str) -> Option<String> {
        self.site.with(|context| {
            let mut folders = context.store.folders.values();
            folders.find(|folder| folder.is_listed() && folder.name == name).map(|folder| folder.id.to_string())
        })
    }

    /// Returns a new download URL of a file that is not redirected. It is meant as the target of a redirect.
    pub fn direct_link(&self, id: &str) -> Option<String> {
        self.site.with(|context| {
            let file = context.store.files.get(&exact(id))?.clone();
            let token = links::issue(context, file.id);
            Some(format!("{}/hop/0/{}?download_token={token}", context.origin, file.short_url()))
        })
    }

    /// Returns the number of objects of each kind.
    pub fn counts(&self) -> Counts {
        self.site.with(|context| context.store.counts())
    }

    fn file(&self, id: &str) -> Option<File> {
        self.site.with(|context| context.store.files.get(&exact(id)).cloned())
    }

    fn change_file(&self, id: &str, change: impl FnOnce(&mut File)) {
        self.site.with(|context| context.store.files.get_mut(&exact(id)).map(change));
    }
}

/// Returns the number if the text is exactly an id, and otherwise 0, which no object has.
fn exact(id: &str) -> u64 {
    id.parse().ok().filter(|number: &u64| number.to_string() == id).unwrap_or_default()
}
