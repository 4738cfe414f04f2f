//! Arrivals: files that may still come into a folder although no request of the gateway is under way. A folder that
//! expects one is not empty, whatever its listing says.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use moka::policy::EvictionPolicy;
use moka::sync::Cache;
use polyhost_domain::{FolderId, JobState, RemoteUpload, RemoteUploadId};

/// How many remote uploads are remembered of one user, and for how long: a site may fetch for hours.
const MAX_REMOTE: u64 = 10_000;
const REMOTE_TTL: Duration = Duration::from_secs(24 * 60 * 60);
/// How many uploads without a known outcome are remembered of one user, and for how long a site may work on one.
const MAX_UNKNOWN: u64 = 1_000;
const UNKNOWN_TTL: Duration = Duration::from_secs(15 * 60);

/// What may still come into the folders of one user.
pub(crate) struct Arrivals {
    /// Remote uploads that are not known to have ended.
    remote: Cache<RemoteUploadId, FolderId>,
    /// Uploads whose answer was lost.
    unknown: Cache<u64, FolderId>,
    noted: AtomicU64,
}

impl Default for Arrivals {
    fn default() -> Self {
        Self {
            remote: cache(MAX_REMOTE, REMOTE_TTL),
            unknown: cache(MAX_UNKNOWN, UNKNOWN_TTL),
            noted: AtomicU64::default(),
        }
    }
}

fn cache<K: std::hash::Hash + Eq + Send + Sync + 'static>(capacity: u64, ttl: Duration) -> Cache<K, FolderId> {
    Cache::builder().max_capacity(capacity).time_to_live(ttl).eviction_policy(EvictionPolicy::lru()).build()
}

impl Arrivals {
    /// Notes that the site was asked to fetch a file into a folder.
    pub(crate) fn begin_remote(&self, upload: &RemoteUploadId, folder: &FolderId) {
        self.remote.insert(upload.clone(), folder.clone());
    }

    /// Notes that a file may have been sent into a folder, or not.
    pub(crate) fn note_unknown(&self, folder: &FolderId) {
        self.unknown.insert(self.noted.fetch_add(1, Ordering::Relaxed), folder.clone());
    }

    /// Notes what a site says of remote uploads. Those that have ended bring no file any more.
    pub(crate) fn observe(&self, uploads: &[RemoteUpload]) {
        let has_ended = |upload: &&RemoteUpload| {
            matches!(upload.state, JobState::Succeeded | JobState::Failed | JobState::Cancelled)
        };
        uploads.iter().filter(has_ended).for_each(|upload| self.end_remote(&upload.id));
    }

    /// Notes that a remote upload brings no file any more.
    pub(crate) fn end_remote(&self, upload: &RemoteUploadId) {
        self.remote.invalidate(upload);
    }

    /// The remote uploads into a folder that are not known to have ended.
    pub(crate) fn remote_into(&self, folder: &FolderId) -> Vec<RemoteUploadId> {
        let into = self.remote.iter().filter(|(_, into)| into == folder);
        into.map(|(upload, _): (Arc<RemoteUploadId>, _)| RemoteUploadId::clone(&upload)).collect()
    }

    /// Whether a folder expects a file.
    pub(crate) fn are_expected(&self, folder: &FolderId) -> bool {
        self.has_unknown(folder) || self.remote.iter().any(|(_, into)| into == *folder)
    }

    /// Whether an upload into a folder has no known outcome.
    pub(crate) fn has_unknown(&self, folder: &FolderId) -> bool {
        self.unknown.iter().any(|(_, into)| into == *folder)
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
        arrivals.begin_remote(&id, &folder);
        for state in [JobState::Queued, JobState::Running, JobState::Unknown] {
            arrivals.observe(&[RemoteUpload { state, ..RemoteUpload::bare(&origin, id.clone()) }]);
            assert_eq!(arrivals.remote_into(&folder).len(), 1);
        }
        assert!(arrivals.remote_into(&FolderId::Root).is_empty());
        arrivals.observe(&[RemoteUpload { state: JobState::Failed, ..RemoteUpload::bare(&origin, id) }]);
        assert!(arrivals.remote_into(&folder).is_empty());
    }
}
