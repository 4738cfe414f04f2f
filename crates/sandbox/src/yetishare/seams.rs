//! What a test can put into a simulator and see in it from outside of the API.

use super::Yetishare;
use super::links;
use super::php;
use super::rows::{Counts, File, NewFile};
use super::store::ROOT;

impl Yetishare {
    /// Puts a folder into another (`0`, `null`, the empty text and anything that is no folder: the root) and gives its
    /// id.
    pub fn add_folder(&self, parent: &str, name: &str) -> String {
        self.site.with(|context| {
            let parent = context.store.own_folder(php::id(parent)).map_or(ROOT, |folder| folder.id);
            context.store.add_folder(parent, name, context.now).to_string()
        })
    }

    /// Puts a file into a folder (`0`, `null`, the empty text and anything that is no folder: the root) and gives its
    /// id.
    pub fn add_file(&self, folder: &str, name: &str, bytes: &[u8]) -> String {
        self.site.with(|context| {
            let folder = context.store.own_folder(php::id(folder)).map_or(ROOT, |folder| folder.id);
            context.store.add_file(NewFile::of_bytes(folder, name, bytes, context.now)).to_string()
        })
    }

    /// Puts a file there that belongs to somebody else, in whose root it is.
    pub fn add_foreign_file(&self, name: &str, bytes: &[u8]) -> String {
        let id = self.add_file("0", name, bytes);
        self.change_file(&id, |file| file.own = false);
        id
    }

    /// Puts a folder there that belongs to somebody else, in whose root it is.
    pub fn add_foreign_folder(&self, name: &str) -> String {
        let id = self.add_folder("0", name);
        self.site.with(|context| context.store.folders.get_mut(&exact(&id)).map(|folder| folder.own = false));
        id
    }

    /// Makes a file claim a size that its bytes do not have, as only very large files could.
    pub fn claim_size(&self, id: &str, size: u64) {
        self.change_file(id, |file| file.size = size);
    }

    /// Makes a file have been downloaded so often.
    pub fn set_downloads(&self, id: &str, downloads: u64) {
        self.change_file(id, |file| file.downloads = downloads);
    }

    /// Gives a file a state: `active`, `trash`, `deleted`, or one of those that only old sites have.
    pub fn set_file_status(&self, id: &str, status: &str) {
        self.change_file(id, |file| file.status = status.to_owned());
    }

    /// The bytes of a file, if there is such a file. Ids are compared exactly.
    pub fn file_bytes(&self, id: &str) -> Option<Vec<u8>> {
        self.file(id)?.content.read().ok()
    }

    /// The folder that a file is in, `0` for the root, if there is such a file.
    pub fn folder_of(&self, id: &str) -> Option<String> {
        self.file(id).map(|file| file.folder.to_string())
    }

    /// The state of a file, if there is such a file.
    pub fn file_status(&self, id: &str) -> Option<String> {
        self.file(id).map(|file| file.status)
    }

    /// The folder that a folder is in, `0` for the root, if there is such a folder.
    pub fn parent_of(&self, folder: &str) -> Option<String> {
        self.site.with(|context| context.store.folders.get(&exact(folder)).map(|folder| folder.parent.to_string()))
    }

    /// The state of a folder, if there is such a folder.
    pub fn folder_status(&self, folder: &str) -> Option<String> {
        self.site.with(|context| context.store.folders.get(&exact(folder)).map(|folder| folder.status.clone()))
    }

    /// The password of a folder as it is stored, which is an MD5 in hexadecimal, if there is such a folder and it has
    /// one.
    pub fn folder_password(&self, folder: &str) -> Option<String> {
        self.site.with(|context| context.store.folders.get(&exact(folder)).and_then(|folder| folder.password.clone()))
    }

    /// The id of the first active file that has a name.
    pub fn find_file(&self, name: &str) -> Option<String> {
        self.site.with(|context| {
            let mut files = context.store.files.values();
            files.find(|file| file.is_listed() && file.name == name).map(|file| file.id.to_string())
        })
    }

    /// The id of the first active folder that has a name.
    pub fn find_folder(&self, name: &str) -> Option<String> {
        self.site.with(|context| {
            let mut folders = context.store.folders.values();
            folders.find(|folder| folder.is_listed() && folder.name == name).map(|folder| folder.id.to_string())
        })
    }

    /// A new download URL of a file which no redirect touches: for a redirect to lead to.
    pub fn direct_link(&self, id: &str) -> Option<String> {
        self.site.with(|context| {
            let file = context.store.files.get(&exact(id))?.clone();
            let token = links::issue(context, file.id);
            Some(format!("{}/hop/0/{}?download_token={token}", context.origin, file.short_url()))
        })
    }

    /// How much there is.
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

/// An id that is one to the last letter; otherwise 0, which nothing has.
fn exact(id: &str) -> u64 {
    id.parse().ok().filter(|number: &u64| number.to_string() == id).unwrap_or_default()
}
