//! Arrivals: files that a site may still fetch into a folder by remote upload. A folder that expects such a file counts
//! as not empty, even if its listing is empty. Uploads with an unknown outcome are in [`crate::uploads`].

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use moka::policy::EvictionPolicy;
use moka::sync::Cache;
use polyhost_domain::{FolderId, JobState, RemoteUpload, RemoteUploadId};

/// The maximum number of stored remote uploads of one user, and their lifetime. A site may take hours to fetch a file.
const MAX_KNOWN: u64 = 10_000;
const KNOWN_TTL: Duration = Duration::from_secs(24 * 60 * 60);
/// The maximum number of stored remote uploads with an unknown id of one user, and their lifetime. It is unknown
/// whether the site has accepted them.
const MAX_UNKNOWN: u64 = 1_000;
const UNKNOWN_TTL: Duration = Duration::from_secs(15 * 60);

/// The remote uploads that may still add files to the folders of one user.
pub(crate) struct Arrivals {
    /// Remote uploads that are not known to have ended.
    known: Cache<RemoteUploadId, FolderId>,
    /// Remote uploads whose id was lost with the site's answer, by a local number.
    unknown: Cache<u64, FolderId>,
    next: AtomicU64,
}

impl Default for Arrivals {
    fn default() -> Self {
        Self {
            known: cache(MAX_KNOWN, KNOWN_TTL),
            unknown: cache(MAX_UNKNOWN, UNKNOWN_TTL),
            next: AtomicU64::default(),
        }
    }
}

fn cache<K: std::hash::Hash + Eq + Send + Sync + 'static>(capacity: u64, ttl: Duration) -> Cache<K, FolderId> {
    Cache::builder().max_capacity(capacity).time_to_live(ttl).eviction_policy(EvictionPolicy::lru()).build()
}

impl Arrivals {
    /// Records that the site accepted a remote upload into a folder.
    pub(crate) fn begin(&self, upload: &RemoteUploadId, folder: &FolderId) {
        self.known.insert(upload.clone(), folder.clone());
    }

    /// Records that a remote upload was requested and that the site's answer was lost.
    pub(crate) fn may_begin(&self, folder: &FolderId) {
        self.unknown.insert(self.next.fetch_add(1, Ordering::Relaxed), folder.clone());
    }

    /// Records the states of remote uploads that a site has reported. One that has ended adds no file any more.
    pub(crate) fn observe(&self, uploads: &[RemoteUpload]) {
        let has_ended = |upload: &&RemoteUpload| {
            matches!(upload.state, JobState::Succeeded | JobState::Failed | JobState::Cancelled)
        };
        uploads.iter().filter(has_ended).for_each(|upload| self.end(&upload.id));
    }

    /// Records that a remote upload adds no file any more.
    pub(crate) fn end(&self, upload: &RemoteUploadId) {
        self.known.invalidate(upload);
    }

    /// Returns the remote uploads into a folder that are not known to have ended.
    pub(crate) fn known_into(&self, folder: &FolderId) -> Vec<RemoteUploadId> {
        let into = self.known.iter().filter(|(_, into)| into == folder);
        into.map(|(upload, _): (Arc<RemoteUploadId>, _)| RemoteUploadId::clone(&upload)).collect()
    }

    /// Returns whether a remote upload may still add a file to a folder.
    pub(crate) fn are_expected(&self, folder: &FolderId) -> bool {
        self.unknown.iter().any(|(_, into)| into == *folder) || self.known.iter().any(|(_, into)| into == *folder)
    }
}

#[cfg(test)]
mod tests {
    use polyhost_domain::{IdAlphabet, IdGrammar, Origin};

    use super::*;

    #[test]
    fn remote_upload_is_expected_until_it_has_ended() {
        let ids = IdGrammar::new(IdAlphabet::UrlSafe, "0");
        let (id, folder) = (ids.remote_upload("22").unwrap(), ids.folder("7").unwrap());
        let origin = Origin { account: "main".parse().unwrap(), provider: "pstream".parse().unwrap() };
        let arrivals = Arrivals::default();
        arrivals.begin(&id, &folder);
        for state in [JobState::Queued, JobState::Running, JobState::Unknown] {
            arrivals.observe(&[RemoteUpload { state, ..RemoteUpload::bare(&origin, id.clone()) }]);
            assert_eq!(arrivals.known_into(&folder).len(), 1);
        }
        assert!(arrivals.known_into(&FolderId::Root).is_empty());
        arrivals.observe(&[RemoteUpload { state: JobState::Failed, ..RemoteUpload::bare(&origin, id) }]);
        assert!(arrivals.known_into(&folder).is_empty());
    }

    #[test]
    fn lost_remote_upload_is_expected_in_its_folder_only() {
        let folder = IdGrammar::new(IdAlphabet::UrlSafe, "0").folder("7").unwrap();
        let arrivals = Arrivals::default();
        arrivals.may_begin(&folder);
        assert!(arrivals.are_expected(&folder) && !arrivals.are_expected(&FolderId::Root));
        assert!(arrivals.known_into(&folder).is_empty());
    }
}
