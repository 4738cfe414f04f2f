//! The test interface of a simulator, outside of the API: it adds objects, breaks them, and reads the stored state.

use super::codes;
use super::flavours::OffWords;
use super::rows::{Counts, File, NewFile, Owner, UrlUpload};
use super::seed;
use super::site::Context;
use super::store::ROOT;
use super::{Flavour, Xfilesharing};
use crate::content;
use crate::progress::Schedule;
use crate::receive::Damage;

impl Xfilesharing {
    /// Adds a folder to another and returns its id. `0`, the empty text and anything that is not a folder stand for the
    /// root.
    pub fn add_folder(&self, parent: &str, name: &str) -> String {
        self.with(|context| {
            let parent = context.store.own_folder(Some(parent)).unwrap_or(ROOT);
            context.store.add_folder(parent, context.options.stored_name(name)).to_string()
        })
    }

    /// Adds a file to a folder and returns its code. The folder is as in [`add_folder`](Self::add_folder). If the name
    /// is that of a video, its encoding starts.
    pub fn add_file(&self, folder: &str, name: &str, bytes: &[u8]) -> String {
        self.with(|context| {
            let folder = context.store.own_folder(Some(folder)).unwrap_or(ROOT);
            let stored = context.options.stored_name(name);
            let file = NewFile::of_bytes(folder, stored, content::type_by_name(name), bytes, context.now);
            context.store.add_file(context.options, codes::random_code(), file)
        })
    }

    /// Returns the code of the other user's file.
    pub fn foreign_file(&self) -> String {
        seed::foreign_code()
    }

    /// Returns the id of the other user's folder.
    pub fn foreign_folder(&self) -> String {
        self.with(|context| {
            let mut folders = context.store.folders.iter();
            let foreign = folders.find(|(_, folder)| folder.owner == Owner::Other);
            foreign.map(|(id, _)| id.to_string()).unwrap_or_default()
        })
    }

    /// Adds a URL upload of the other user to the queue.
    pub fn queue_foreign_url(&self, url: &str) {
        self.with(|context| {
            let upload = UrlUpload {
                number: context.store.next_number(),
                code: codes::random_code(),
                url: url.to_owned(),
                title: None,
                folder: ROOT,
                owner: Owner::Other,
                schedule: Schedule { start: context.now, step: context.options.remote_upload_step },
                error: None,
                stalls: false,
                finished: false,
            };
            context.store.url_uploads.push(upload);
        });
    }

    /// Sets a size that differs from the stored bytes, to stand for a very large file.
    pub fn claim_size(&self, code: &str, size: u64) {
        self.change_file(code, |file| file.size = size);
    }

    /// Sets the tags of a file.
    pub fn set_tags(&self, code: &str, tags: &str) {
        self.change_file(code, |file| file.tags = tags.to_owned());
    }

    /// Returns the tags of a file, if it exists.
    pub fn tags_of(&self, code: &str) -> Option<String> {
        self.with(|context| context.store.files.get(code).map(|file| file.tags.clone()))
    }

    /// Takes a file down for legal reasons: its own status becomes 451. Its fields stay.
    pub fn block_file(&self, code: &str) {
        self.change_file(code, |file| file.blocked = true);
    }

    /// Makes the encoding of a file fail at its end, with an error that Byse shows.
    pub fn fail_encoding_of(&self, code: &str) {
        self.with(|context| {
            let encodings = context.store.encodings.iter_mut().filter(|encoding| encoding.file == code);
            encodings.for_each(|encoding| encoding.error = Some("Encoding failed".to_owned()));
        });
    }

    /// Makes the encoding of a file stop in the middle.
    pub fn stall_encoding_of(&self, code: &str) {
        self.with(|context| {
            let encodings = context.store.encodings.iter_mut().filter(|encoding| encoding.file == code);
            encodings.for_each(|encoding| encoding.stalls = true);
        });
    }

    /// Makes URL uploads fail whose address contains `part`: those added from now on fail at their end.
    pub fn fail_remote_uploads_matching(&self, part: &str, message: &str) {
        self.with(|context| context.store.failing_urls.push((part.to_owned(), message.to_owned())));
    }

    /// Makes URL uploads stop in the middle whose address contains `part`, if they are added from now on.
    pub fn stall_remote_uploads_matching(&self, part: &str) {
        self.with(|context| context.store.stalling_urls.push(part.to_owned()));
    }

    /// Damages the next upload: one stored byte differs from the byte that was sent.
    pub fn spoil_next_upload(&self) {
        self.with(|context| context.store.damage_next_upload = Damage::OneByteWrong);
    }

    /// Refuses the next uploaded file with these words, inside of a successful answer.
    pub fn refuse_next_upload(&self, words: &str) {
        self.with(|context| context.store.refuse_next_upload = Some(words.to_owned()));
    }

    /// Lets this many calls of `upload/server` find no server.
    pub fn no_upload_servers(&self, calls: u32) {
        self.with(|context| context.store.calls_without_server = calls);
    }

    /// Ends all upload sessions. Their ids become unknown.
    pub fn end_sessions(&self) {
        self.with(|context| context.store.sessions.clear());
    }

    /// Refuses a function, such as `file/clone`.
    pub fn forbid(&self, function: &str, words: OffWords) {
        self.with(|context| context.store.off.insert(function.to_owned(), words));
    }

    /// Reverts a [`forbid`](Self::forbid), or an option that refuses the function.
    pub fn allow(&self, function: &str) {
        self.with(|context| context.store.off.remove(function));
    }

    /// Returns the bytes of a file, if it exists.
    pub fn file_bytes(&self, code: &str) -> Option<Vec<u8>> {
        let content = self.with(|context| context.store.files.get(code).map(|file| file.content.clone()))?;
        content.read().ok()
    }

    /// Returns the folder that a file is in, if the file exists. The root is `0`.
    pub fn folder_of(&self, code: &str) -> Option<String> {
        self.with(|context| context.store.files.get(code).map(|file| file.folder.to_string()))
    }

    /// Returns the stored name of a file, if it exists.
    pub fn name_of(&self, code: &str) -> Option<String> {
        self.with(|context| context.store.files.get(code).map(|file| file.name.clone()))
    }

    /// Returns the parent of a folder, if the folder exists. The root is `0`.
    pub fn parent_of(&self, folder: &str) -> Option<String> {
        let id: u64 = folder.parse().ok()?;
        self.with(|context| context.store.folders.get(&id).map(|folder| folder.parent.to_string()))
    }

    /// Returns whether a file has no owner.
    pub fn is_anonymous(&self, code: &str) -> bool {
        let owner = self.with(|context| context.store.files.get(code).map(|file| file.owner));
        owner == Some(Owner::Anonymous)
    }

    /// Returns the code of the account's oldest file that is stored for this name.
    pub fn find_file(&self, name: &str) -> Option<String> {
        self.with(|context| {
            let stored = [context.options.stored_name(name), context.options.name_of_upload(name)];
            let named = context.store.files.values().filter(|file| file.is_own() && stored.contains(&file.name));
            named.min_by_key(|file| file.number).map(|file| file.code.clone())
        })
    }

    /// Returns the id of the account's first folder that is stored for this name.
    pub fn find_folder(&self, name: &str) -> Option<String> {
        self.with(|context| {
            let stored = context.options.stored_name(name);
            let mut folders = context.store.folders.iter();
            folders.find(|(_, folder)| folder.name == stored).map(|(id, _)| id.to_string())
        })
    }

    /// Returns the number of objects of each kind.
    pub fn counts(&self) -> Counts {
        self.with(|context| context.store.counts())
    }

    /// Returns the flavour of the site.
    pub fn flavour(&self) -> Flavour {
        self.site.options().flavour
    }

    fn change_file(&self, code: &str, change: impl FnOnce(&mut File)) {
        self.with(|context| context.store.files.get_mut(code).map(change));
    }

    fn with<T>(&self, act: impl FnOnce(&mut Context<'_>) -> T) -> T {
        self.site.with(act)
    }
}
