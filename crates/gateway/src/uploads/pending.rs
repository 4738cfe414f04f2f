//! Which files are what an upload has led to, and which may be: no file is taken for two uploads.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use moka::sync::Cache;
use polyhost_domain::{Digest, File, FileId, FolderId};
use tokio::time::Instant;

use super::names::is_named;

/// How many of the files are remembered that uploads have led to.
const MOST_RECEIVED: u64 = 10_000;
/// How many of the uploads are remembered whose file was not found.
const MOST_UNRESOLVED: usize = 1_000;
/// How long either is remembered.
const KEPT: Duration = Duration::from_secs(60 * 60);
/// Sites report whole seconds. A clock that is further behind is not allowed for: to take an older file for the new one
/// would be worse than to find none.
pub(crate) const ROUNDING: SignedDuration = SignedDuration::from_secs(1);

/// The uploads of a user at a site, and their files. Clones are about the same user.
#[derive(Clone)]
pub(crate) struct PendingUploads(Arc<Inner>);

struct Inner {
    received: Cache<FileId, ()>,
    open: Mutex<Vec<Entry>>,
    next: AtomicU64,
}

struct Entry {
    number: u64,
    wanted: Wanted,
    /// When the upload ended without its file being found.
    ended: Option<Instant>,
}

/// What is known of the file that an upload should lead to.
#[derive(Debug, Clone)]
pub(crate) struct Wanted {
    pub(crate) folder: FolderId,
    /// The name that it was sent under, and the one that the site's answer reports.
    pub(crate) names: Vec<String>,
    /// In bytes; `None` while it is not known.
    pub(crate) length: Option<u64>,
    /// The SHA-1, where it is known.
    pub(crate) sha1: Option<String>,
    pub(crate) began_at: Timestamp,
}

/// An upload's claim on the file that it will lead to. Dropped without [`PendingUpload::resolve`], it stays for an hour: the
/// file may still appear.
pub(crate) struct PendingUpload {
    claims: PendingUploads,
    number: u64,
}

impl Default for PendingUploads {
    fn default() -> Self {
        let received = Cache::builder().max_capacity(MOST_RECEIVED).time_to_live(KEPT).build();
        Self(Arc::new(Inner { received, open: Mutex::default(), next: AtomicU64::new(0) }))
    }
}

impl PendingUploads {
    /// Begins an upload.
    pub(crate) fn begin(&self, wanted: Wanted) -> PendingUpload {
        let number = self.0.next.fetch_add(1, Ordering::Relaxed);
        let mut open = self.open();
        let oldest = Instant::now().checked_sub(KEPT);
        open.retain(|entry| entry.ended.is_none_or(|ended| oldest.is_none_or(|oldest| ended > oldest)));
        let unresolved = open.iter().filter(|entry| entry.ended.is_some()).count();
        if unresolved > MOST_UNRESOLVED
            && let Some(first) = open.iter().position(|entry| entry.ended.is_some())
        {
            open.remove(first);
        }
        open.push(Entry { number, wanted, ended: None });
        PendingUpload { claims: self.clone(), number }
    }

    /// Whether an upload into a folder ended without its file being found, so that the file may still appear.
    pub(crate) fn may_come_into(&self, folder: &FolderId) -> bool {
        let may_come = |entry: &Entry| entry.ended.is_some_and(|ended| ended.elapsed() < KEPT);
        self.open().iter().any(|entry| may_come(entry) && entry.wanted.folder == *folder)
    }

    /// Whether an upload has led to a file lately.
    pub(crate) fn has_received(&self, file: &FileId) -> bool {
        self.0.received.contains_key(file)
    }

    fn open(&self) -> MutexGuard<'_, Vec<Entry>> {
        self.0.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl PendingUpload {
    /// Notes what has been learned of the file.
    pub(crate) fn learn(&self, wanted: Wanted) {
        if let Some(entry) = self.claims.open().iter_mut().find(|entry| entry.number == self.number) {
            entry.wanted = wanted;
        }
    }

    /// Whether another upload has led to a file.
    pub(crate) fn has_been_received(&self, file: &File) -> bool {
        self.claims.has_received(&file.id)
    }

    /// Takes a file that was found, unless it is another upload's, or may be. No two uploads take the same.
    pub(crate) fn take(&self, file: &File) -> bool {
        let others = self.claims.open();
        let is_contested = others.iter().any(|other| other.number != self.number && other.wanted.may_be(file));
        let free = !is_contested && !self.has_been_received(file);
        if free {
            self.claims.0.received.insert(file.id.clone(), ());
        }
        free
    }

    /// Ends the claim: the upload has led to this file, or to none.
    pub(crate) fn resolve(self, file: Option<&FileId>) {
        let mut open = self.claims.open();
        open.retain(|entry| entry.number != self.number);
        if let Some(file) = file {
            self.claims.0.received.insert(file.clone(), ());
        }
    }
}

impl Drop for PendingUpload {
    fn drop(&mut self) {
        if let Some(entry) = self.claims.open().iter_mut().find(|entry| entry.number == self.number) {
            entry.ended = Some(Instant::now());
        }
    }
}

impl Wanted {
    /// Whether a file has this one's name, as far as its name is known.
    pub(crate) fn has_name_of(&self, file: &File) -> bool {
        file.name.as_deref().is_none_or(|name| self.is_named(name))
    }

    fn is_named(&self, name: &str) -> bool {
        self.names.iter().any(|wanted| is_named(name, wanted))
    }

    /// Whether a file may be this one, as far as it is described.
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

    const SHA1: [&str; 2] = ["da39a3ee5e6b4b0d3255bfef95601890afd80709", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"];

    fn wanted(name: &str, length: Option<u64>, sha1: Option<&str>) -> Wanted {
        let (names, sha1) = (vec![name.to_owned()], sha1.map(str::to_owned));
        Wanted { folder: FolderId::Root, names, length, sha1, began_at: Timestamp::UNIX_EPOCH }
    }

    fn file(id: &str, name: &str, sha1: Option<&str>) -> File {
        let origin = Origin { account: "main".parse().unwrap(), provider: "pstream".parse().unwrap() };
        let id = IdGrammar::new(IdAlphabet::UrlSafe, "0").file(id).unwrap();
        let (name, sha1) = (Some(name.to_owned()), sha1.map(str::to_owned));
        let (folder_id, uploaded_at) = (Some(FolderId::Root), Some(Timestamp::UNIX_EPOCH));
        File { name, size: Some(5), sha1, folder_id, uploaded_at, ..File::bare(&origin, id) }
    }

    #[tokio::test]
    async fn two_uploads_of_one_name_take_no_file_unless_told_apart() {
        let claims = PendingUploads::default();
        let first = claims.begin(wanted("a.mp4", Some(5), Some(SHA1[0])));
        let second = claims.begin(wanted("A.mp4", Some(5), None));
        assert!(!first.take(&file("1", "a.mp4", None)) && !second.take(&file("1", "a.mp4", None)));
        second.learn(wanted("a.mp4", Some(5), Some(SHA1[1])));
        assert!(first.take(&file("1", "a.mp4", Some(SHA1[0]))));
        assert!(!second.take(&file("1", "a.mp4", Some(SHA1[0]))), "it is the first's");
        assert!(second.take(&file("2", "a (1).mp4", Some(SHA1[1]))));
    }

    #[tokio::test]
    async fn upload_of_unknown_length_may_lead_to_a_file_of_any_size() {
        let claims = PendingUploads::default();
        let _spooling = claims.begin(wanted("a.mp4", None, None));
        let lost = claims.begin(wanted("a.mp4", Some(5), None));
        assert!(!lost.take(&file("1", "a.mp4", None)));
        assert!(claims.begin(wanted("b.mp4", Some(5), None)).take(&file("2", "b.mp4", None)));
    }

    #[tokio::test(start_paused = true)]
    async fn claim_without_a_file_lasts_an_hour() {
        let claims = PendingUploads::default();
        drop(claims.begin(wanted("a.mp4", Some(5), None)));
        claims.begin(wanted("b.mp4", Some(5), None)).resolve(None);
        let next = claims.begin(wanted("a.mp4", Some(5), None));
        assert!(!next.take(&file("1", "a.mp4", None)));
        assert!(next.take(&file("2", "b.mp4", None)), "its upload has ended without a file");
        next.resolve(None);
        tokio::time::advance(KEPT + Duration::from_secs(1)).await;
        assert!(claims.begin(wanted("a.mp4", Some(5), None)).take(&file("1", "a.mp4", None)));
    }
}
