//! Remote uploads that have succeeded. Each adds a file to a folder without a write of the gateway, so the cache must
//! be invalidated when the success is first seen.
//!
//! Each replica does that for itself. Another replica's invalidation is not enough: for up to a second, this replica
//! may still answer from its cache, so a caller that has just seen the success here would miss the file.

use moka::future::Cache;
use polyhost_domain::{Found, JobState, RemoteUpload, RemoteUploadId, RemoteUploadSelection, Result};

use crate::accounts::{Account, Incarnation};
use crate::scopes::Change;

/// The maximum number of stored uploads of all accounts together. A missing one costs one more read of the listings.
const MAX_UPLOADS: u64 = 10_000;

/// The remote uploads whose success is known. The incarnation is part of the key, because the ids of different sites
/// overlap: each site may count from one.
pub struct Completions(Cache<(Incarnation, RemoteUploadId), ()>);

impl Default for Completions {
    fn default() -> Self {
        Self(Cache::new(MAX_UPLOADS))
    }
}

impl Completions {
    /// Reads remote uploads, and records which of them have succeeded.
    ///
    /// # Errors
    /// The site's errors.
    pub async fn remote_uploads(
        &self,
        account: &Account,
        selection: RemoteUploadSelection,
    ) -> Result<Found<RemoteUpload>> {
        let uploads = account.remote_uploads(selection).await?;
        self.notice(account, &uploads).await;
        Ok(uploads)
    }

    /// Records the states of remote uploads. If one is seen as succeeded for the first time, this invalidates the
    /// cached listings of the account before it returns.
    pub(crate) async fn notice(&self, account: &Account, uploads: &[RemoteUpload]) {
        account.user_state().arrivals().observe(uploads);
        let succeeded = uploads.iter().filter(|upload| upload.state == JobState::Succeeded);
        let keys = succeeded.map(|upload| (account.incarnation(), upload.id.clone()));
        let new: Vec<_> = keys.filter(|key| !self.0.contains_key(key)).collect();
        if new.is_empty() {
            return;
        }
        // Once for all: after a restart, each upload in the site's list is new. The `folder` of an upload is not
        // reliable: if the folder is gone, the site may have put the file elsewhere.
        account.invalidate(&Change::added_somewhere()).await;
        for key in new {
            self.0.insert(key, ()).await;
        }
    }
}
