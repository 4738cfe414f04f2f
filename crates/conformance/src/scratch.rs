//! A scratch area at the site for one check: a new folder, the objects that the check creates, and their removal.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use polyhost_domain::{
    Capability, EntryName, File, FileId, Folder, FolderId, NewFolder, Provider, Upload, UploadReport,
};

use crate::body::Content;
use crate::{Failure, Subject, body, expect};

/// The size of a file in bytes, where the check does not depend on it.
const USUAL_LENGTH: usize = 1000;

/// The scratch area of a check.
pub(crate) struct Scratch<'a> {
    /// The subject that is checked.
    pub(crate) subject: &'a Subject,
    /// A folder for this check, or the root if the provider cannot create folders.
    pub(crate) base: FolderId,
    made: Mutex<Vec<Made>>,
}

/// A file that a check has uploaded.
#[derive(Clone)]
pub(crate) struct Sample {
    /// Its id.
    pub(crate) id: FileId,
    /// The answer to the upload.
    pub(crate) file: File,
    /// The name that the site stores.
    pub(crate) name: String,
    /// Its bytes.
    pub(crate) bytes: Bytes,
}

enum Made {
    File(FileId),
    Folder(FolderId),
}

/// Runs a check in a scratch area, and removes the objects that it created, even if it fails.
pub(crate) async fn in_scratch<F>(subject: &Subject, work: F) -> Result<(), Failure>
where
    F: AsyncFnOnce(&Scratch<'_>) -> Result<(), Failure>,
{
    let mut scratch = Scratch { subject, base: FolderId::Root, made: Mutex::default() };
    if subject.can(Capability::FoldersCreate) {
        scratch.base = scratch.folder_in(&FolderId::Root).await?.id;
    }
    let outcome = work(&scratch).await;
    scratch.clear().await;
    outcome
}

/// Returns a name that no object at the site has.
pub(crate) fn unique(ending: &str) -> String {
    static COUNTER: AtomicU64 = AtomicU64::new(0);
    let started = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |elapsed| elapsed.as_millis());
    format!("check {started} {}{ending}", COUNTER.fetch_add(1, Ordering::Relaxed))
}

/// Parses a text as an entry name.
pub(crate) fn entry_name(text: &str) -> Result<EntryName, Failure> {
    text.parse().map_err(|fault| Failure::new(format!("the name {text:?}"), "a name", format!("{fault}")))
}

impl Scratch<'_> {
    /// The provider that is checked.
    pub(crate) fn provider(&self) -> &dyn Provider {
        &*self.subject.provider
    }

    /// Returns whether the provider's profile calls a capability native.
    pub(crate) fn can(&self, capability: Capability) -> bool {
        self.subject.can(capability)
    }

    /// Uploads a new file to the check's folder.
    pub(crate) async fn file(&self) -> Result<Sample, Failure> {
        self.file_in(&self.base).await
    }

    /// Uploads a new file to a folder.
    pub(crate) async fn file_in(&self, folder: &FolderId) -> Result<Sample, Failure> {
        self.file_of(&unique(".mp4"), folder, body::pattern(USUAL_LENGTH)).await
    }

    /// Uploads a new file with this name and these bytes.
    pub(crate) async fn file_of(&self, name: &str, folder: &FolderId, bytes: Bytes) -> Result<Sample, Failure> {
        let upload = upload(name, folder, bytes.len(), body::once(&bytes))?;
        let file = expect::ok(self.upload(upload).await, "uploading a file")?;
        Ok(Sample { id: file.id.clone(), file, name: self.subject.site.spelling(name), bytes })
    }

    /// Uploads a file and registers it for removal.
    pub(crate) async fn upload(&self, upload: Upload) -> polyhost_domain::Result<File> {
        let outcome = self.provider().upload(upload).await;
        if let Ok(file) = &outcome {
            self.remember_file(&file.id);
        }
        outcome
    }

    /// Creates a new folder in a folder.
    pub(crate) async fn folder_in(&self, parent: &FolderId) -> Result<Folder, Failure> {
        let new =
            NewFolder { name: entry_name(&unique(""))?, parent: parent.clone(), visibility: None, password: None };
        expect::ok(self.create_folder(new).await, "creating a folder")
    }

    /// Creates a folder and registers it for removal.
    pub(crate) async fn create_folder(&self, new: NewFolder) -> polyhost_domain::Result<Folder> {
        let outcome = self.provider().create_folder(new).await;
        if let Ok(folder) = &outcome {
            self.remember(Made::Folder(folder.id.clone()));
        }
        outcome
    }

    /// Registers a file for removal that another call than [`Self::upload`] created.
    pub(crate) fn remember_file(&self, file: &FileId) {
        self.remember(Made::File(file.clone()));
    }

    fn remember(&self, made: Made) {
        self.made.lock().unwrap_or_else(PoisonError::into_inner).push(made);
    }

    /// Removes the created objects, the newest first. Ignores objects that are gone or cannot be removed.
    async fn clear(&self) {
        let made = std::mem::take(&mut *self.made.lock().unwrap_or_else(PoisonError::into_inner));
        for made in made.into_iter().rev() {
            match made {
                Made::File(file) => drop(self.provider().delete_file(&file).await),
                Made::Folder(FolderId::Root) => {}
                Made::Folder(folder) => drop(self.provider().delete_folder(&folder).await),
            }
        }
    }
}

/// Returns an upload without optional fields, whose body declares this length.
pub(crate) fn upload(name: &str, folder: &FolderId, length: usize, body: Content) -> Result<Upload, Failure> {
    Ok(Upload {
        name: entry_name(name)?,
        folder: folder.clone(),
        content_type: None,
        sha1: None,
        body: body.declaring(length as u64),
        report: UploadReport::default(),
    })
}
