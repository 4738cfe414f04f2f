//! Uploads whose file is not known yet: those under way, and those that ended with an unknown outcome. No file is
//! assigned to two uploads. A folder in which a file may still appear counts as not empty.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use jiff::{SignedDuration, Timestamp};
use moka::sync::Cache;
use polyhost_domain::{Digest, File, FileId, FolderId};
use polyhost_state::{Exchange, KeyValue};
use tokio::time::Instant;

use super::names::is_named;

/// The maximum number of stored files of finished uploads.
const MAX_RECEIVED: u64 = 10_000;
/// The maximum number of stored uploads with an unknown outcome.
const MAX_UNRESOLVED: usize = 1_000;
/// The lifetime of stored files and uploads.
const REMEMBERED_FOR: Duration = Duration::from_secs(60 * 60);
/// The tolerance for upload dates: sites report whole seconds. A site's clock that is further behind is not tolerated.
/// Assigning an older file to the upload would be worse than finding none.
pub(crate) const ROUNDING: SignedDuration = SignedDuration::from_secs(1);

/// The uploads of one user at a site, and their files. Clones share their state.
#[derive(Clone)]
pub(crate) struct PendingUploads(Arc<Inner>);

struct Inner {
    /// The user's digest.
    user: Box<str>,
    /// The shared state. It has a key for each file that is assigned to an upload, so that no other replica assigns it.
    assigned: Arc<dyn KeyValue>,
    received: Cache<FileId, ()>,
    open: Mutex<Vec<Entry>>,
    next: AtomicU64,
}

struct Entry {
    number: u64,
    wanted: ExpectedFile,
    /// The file's id, if the site has returned it but did not confirm that it stored the file.
    file: Option<FileId>,
    /// The time at which the upload ended with an unknown outcome; `None` while it is under way.
    ended: Option<Instant>,
}

/// The known properties of the file that an upload should create.
#[derive(Debug, Clone)]
pub(crate) struct ExpectedFile {
    pub(crate) folder: FolderId,
    /// The name under which it was sent, and the name that the site's answer reports.
    pub(crate) names: Vec<String>,
    /// The size in bytes; `None` while it is unknown.
    pub(crate) length: Option<u64>,
    /// The SHA-1, if it is known.
    pub(crate) sha1: Option<String>,
    pub(crate) began_at: Timestamp,
}

/// An upload whose file is not known yet. If it is dropped without [`PendingUpload::resolve`], it stays stored for an
/// hour, because its file may still appear.
pub(crate) struct PendingUpload {
    uploads: PendingUploads,
    number: u64,
}

impl PendingUploads {
    /// Returns the uploads of a user, of which there are none yet.
    pub(super) fn new(user: &str, assigned: Arc<dyn KeyValue>) -> Self {
        let received = Cache::builder().max_capacity(MAX_RECEIVED).time_to_live(REMEMBERED_FOR).build();
        let next = AtomicU64::new(0);
        Self(Arc::new(Inner { user: user.into(), assigned, received, open: Mutex::default(), next }))
    }

    /// Assigns a file to an upload. Returns `false` if it is assigned to another one, maybe at another replica.
    async fn assign(&self, file: &FileId) -> bool {
        self.0.received.insert(file.clone(), ());
        let key = format!("assigned/{}/{file}", self.0.user);
        match self.0.assigned.compare_and_set(&key, None, Bytes::from_static(b"1"), REMEMBERED_FOR).await {
            Ok(exchange) => matches!(exchange, Exchange::Done(_)),
            // The store is full or cannot be reached: then only this process decides.
            Err(_) => true,
        }
    }

    /// Registers a new upload.
    pub(crate) fn begin(&self, wanted: ExpectedFile) -> PendingUpload {
        let number = self.0.next.fetch_add(1, Ordering::Relaxed);
        let mut open = self.open();
        let oldest = Instant::now().checked_sub(REMEMBERED_FOR);
        open.retain(|entry| entry.ended.is_none_or(|ended| oldest.is_none_or(|oldest| ended > oldest)));
        let unresolved = open.iter().filter(|entry| entry.ended.is_some()).count();
        if unresolved > MAX_UNRESOLVED
            && let Some(first) = open.iter().position(|entry| entry.ended.is_some())
        {
            open.remove(first);
        }
        open.push(Entry { number, wanted, file: None, ended: None });
        PendingUpload { uploads: self.clone(), number }
    }

    /// Returns whether an upload into a folder ended with an unknown outcome, so that its file may still appear.
    pub(crate) fn may_come_into(&self, folder: &FolderId) -> bool {
        let may_come = |entry: &Entry| entry.ended.is_some_and(|ended| ended.elapsed() < REMEMBERED_FOR);
        self.open().iter().any(|entry| may_come(entry) && entry.wanted.folder == *folder)
    }

    /// Returns whether a file is assigned to a recent upload.
    pub(crate) fn has_received(&self, file: &FileId) -> bool {
        self.0.received.contains_key(file)
    }

    fn open(&self) -> MutexGuard<'_, Vec<Entry>> {
        self.0.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl PendingUpload {
    /// Replaces the known properties of the file.
    pub(crate) fn learn(&self, wanted: ExpectedFile) {
        if let Some(entry) = self.uploads.open().iter_mut().find(|entry| entry.number == self.number) {
            entry.wanted = wanted;
        }
    }

    /// Returns whether a file is already assigned to an upload.
    pub(crate) fn has_been_received(&self, file: &File) -> bool {
        self.uploads.has_received(&file.id)
    }

    /// Assigns a found file to this upload and returns whether that succeeded. It fails if the file belongs, or may
    /// belong, to another upload.
    pub(crate) async fn take(&self, file: &File) -> bool {
        !self.is_contested(file) && !self.has_been_received(file) && self.uploads.assign(&file.id).await
    }

    /// Returns whether a file may belong to another upload of this process.
    fn is_contested(&self, file: &File) -> bool {
        let may_be_of =
            |other: &Entry| other.number != self.number && other.file.is_none() && other.wanted.may_be(file);
        self.uploads.open().iter().any(may_be_of)
    }

    /// Ends the upload with an unknown outcome. `file` is the id that the site has returned, if any.
    pub(crate) async fn leave_unresolved(self, file: Option<&FileId>) {
        if let Some(entry) = self.uploads.open().iter_mut().find(|entry| entry.number == self.number) {
            entry.file = file.cloned();
        }
        if let Some(file) = file {
            self.uploads.assign(file).await;
        }
    }

    /// Ends the upload. `file` is the file that it created, if any.
    pub(crate) async fn resolve(self, file: Option<&FileId>) {
        if let Some(file) = file {
            self.uploads.assign(file).await;
        }
        self.uploads.open().retain(|entry| entry.number != self.number);
    }
}

impl Drop for PendingUpload {
    fn drop(&mut self) {
        if let Some(entry) = self.uploads.open().iter_mut().find(|entry| entry.number == self.number) {
            entry.ended = Some(Instant::now());
        }
    }
}

impl ExpectedFile {
    /// Returns whether a file's name matches the expected one. A file without a name matches.
    pub(crate) fn has_name_of(&self, file: &File) -> bool {
        file.name.as_deref().is_none_or(|name| self.is_named(name))
    }

    fn is_named(&self, name: &str) -> bool {
        self.names.iter().any(|wanted| is_named(name, wanted))
    }

    /// Returns whether a file may be the expected one, by all fields that are known of it.
    pub(crate) fn may_be(&self, file: &File) -> bool {
        let has_size = |size: u64| self.length.is_none_or(|length| length == size);
        let digest = file.sha1.as_deref().and_then(|text| Digest::Sha1.normalize(text));
        let differs = digest.zip(self.sha1.as_ref()).is_some_and(|(digest, sha1)| digest != *sha1);
        file.name.as_deref().is_some_and(|name| self.is_named(name))
            && file.size.filter(|size| *size > 0).is_none_or(has_size)
            && file.folder_id.as_ref().is_none_or(|folder| *folder == self.folder)
            && !differs
            && file.uploaded_at.is_none_or(|at| at >= self.began_at - ROUNDING)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use polyhost_domain::{IdAlphabet, IdGrammar, Origin};
    use polyhost_state::State;

    const SHA1: [&str; 2] = ["da39a3ee5e6b4b0d3255bfef95601890afd80709", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"];

    fn wanted(name: &str, length: Option<u64>, sha1: Option<&str>) -> ExpectedFile {
        let (names, sha1) = (vec![name.to_owned()], sha1.map(str::to_owned));
        ExpectedFile { folder: FolderId::Root, names, length, sha1, began_at: Timestamp::UNIX_EPOCH }
    }

    fn file(id: &str, name: &str, sha1: Option<&str>) -> File {
        let origin = Origin { account: "main".parse().unwrap(), provider: "pstream".parse().unwrap() };
        let id = IdGrammar::new(IdAlphabet::UrlSafe, "0").file(id).unwrap();
        let (name, sha1) = (Some(name.to_owned()), sha1.map(str::to_owned));
        let (folder_id, uploaded_at) = (Some(FolderId::Root), Some(Timestamp::UNIX_EPOCH));
        File { name, size: Some(5), sha1, folder_id, uploaded_at, ..File::bare(&origin, id) }
    }

    fn uploads() -> PendingUploads {
        PendingUploads::new("user", State::in_memory().values)
    }

    #[tokio::test]
    async fn file_of_two_uploads_is_assigned_only_by_digest() {
        let uploads = uploads();
        let first = uploads.begin(wanted("a.mp4", Some(5), Some(SHA1[0])));
        let second = uploads.begin(wanted("A.mp4", Some(5), None));
        assert!(!first.take(&file("1", "a.mp4", None)).await && !second.take(&file("1", "a.mp4", None)).await);
        second.learn(wanted("a.mp4", Some(5), Some(SHA1[1])));
        assert!(first.take(&file("1", "a.mp4", Some(SHA1[0]))).await);
        assert!(!second.take(&file("1", "a.mp4", Some(SHA1[0]))).await, "the file is the first upload's");
        assert!(second.take(&file("2", "a (1).mp4", Some(SHA1[1]))).await);
    }

    #[tokio::test]
    async fn upload_of_unknown_length_matches_files_of_any_size() {
        let uploads = uploads();
        let _spooling = uploads.begin(wanted("a.mp4", None, None));
        let lost = uploads.begin(wanted("a.mp4", Some(5), None));
        assert!(!lost.take(&file("1", "a.mp4", None)).await);
        assert!(uploads.begin(wanted("b.mp4", Some(5), None)).take(&file("2", "b.mp4", None)).await);
    }

    #[tokio::test(start_paused = true)]
    async fn unresolved_upload_is_remembered_for_an_hour() {
        let uploads = uploads();
        drop(uploads.begin(wanted("a.mp4", Some(5), None)));
        uploads.begin(wanted("b.mp4", Some(5), None)).resolve(None).await;
        let next = uploads.begin(wanted("a.mp4", Some(5), None));
        assert!(!next.take(&file("1", "a.mp4", None)).await);
        assert!(next.take(&file("2", "b.mp4", None)).await, "its upload was resolved without a file");
        next.resolve(None).await;
        tokio::time::advance(REMEMBERED_FOR + Duration::from_secs(1)).await;
        assert!(uploads.begin(wanted("a.mp4", Some(5), None)).take(&file("1", "a.mp4", None)).await);
    }

    #[tokio::test(start_paused = true)]
    async fn unresolved_upload_is_expected_in_its_folder_for_an_hour() {
        let uploads = uploads();
        let is_expected = || uploads.may_come_into(&FolderId::Root);
        let under_way = uploads.begin(wanted("a.mp4", Some(5), None));
        assert!(!is_expected(), "an upload under way holds a claim on the folder instead");
        let named = file("1", "a.mp4", None);
        under_way.leave_unresolved(Some(&named.id)).await;
        assert!(is_expected());
        let next = uploads.begin(wanted("a.mp4", Some(5), None));
        assert!(
            !next.take(&named).await && next.take(&file("2", "a.mp4", None)).await,
            "the ids tell the two files apart"
        );
        next.resolve(None).await;
        tokio::time::advance(REMEMBERED_FOR + Duration::from_secs(1)).await;
        assert!(!is_expected());
    }

    #[tokio::test]
    async fn file_is_assigned_to_one_upload_of_all_replicas() {
        let values = State::in_memory().values;
        let [one, other] = [(), ()].map(|()| PendingUploads::new("user", Arc::clone(&values)));
        let stranger = PendingUploads::new("other user", values);
        assert!(one.begin(wanted("a.mp4", Some(5), None)).take(&file("1", "a.mp4", None)).await);

        assert!(!other.begin(wanted("a.mp4", Some(5), None)).take(&file("1", "a.mp4", None)).await);
        assert!(stranger.begin(wanted("a.mp4", Some(5), None)).take(&file("1", "a.mp4", None)).await);
        one.begin(wanted("b.mp4", Some(5), None)).resolve(Some(&file("2", "b.mp4", None).id)).await;
        assert!(!other.begin(wanted("b.mp4", Some(5), None)).take(&file("2", "b.mp4", None)).await);
    }
}
