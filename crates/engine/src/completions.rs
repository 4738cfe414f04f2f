//! Remote uploads that were seen to have succeeded. Each has put a file into a folder behind the cache's back.

use moka::future::Cache;
use polyhost_domain::{Found, JobState, RemoteUpload, RemoteUploadId, RemoteUploadSelection, Result};

use crate::accounts::{Account, Incarnation};
use crate::scopes::Change;

/// How many are remembered, all accounts together. One that is forgotten costs a listing that is read once more.
const REMEMBERED: u64 = 10_000;

/// The remote uploads whose success is known, by the account at work: another site counts its own from one, too.
pub struct Completions(Cache<(Incarnation, RemoteUploadId), ()>);

impl Default for Completions {
    fn default() -> Self {
        Self(Cache::new(REMEMBERED))
    }
}

impl Completions {
    /// Reads remote uploads, and notes which of them have succeeded.
    ///
    /// # Errors
    /// The site's own.
    pub async fn remote_uploads(
        &self,
        account: &Account,
        selection: RemoteUploadSelection,
    ) -> Result<Found<RemoteUpload>> {
        let uploads = account.remote_uploads(selection).await?;
        self.notice(account, &uploads).await;
        Ok(uploads)
    }

    /// Takes note of what a site tells of remote uploads. Where one is seen for the first time to have succeeded, what is
    /// cached of the account is out of date when this is over.
    pub(crate) async fn notice(&self, account: &Account, uploads: &[RemoteUpload]) {
        account.user_state().arrivals().observe(uploads);
        let succeeded = uploads.iter().filter(|upload| upload.state == JobState::Succeeded);
        for upload in succeeded {
            let key = (account.incarnation(), upload.id.clone());
            if self.0.contains_key(&key) {
                continue;
            }
            // The folder is told by the site, which may have put the file elsewhere where that one is gone.
            if let Err(error) = account.outdate(&Change::added_somewhere()).await {
                tracing::error!(error = &error as &dyn std::error::Error, "the cache may be out of date");
                return;
            }
            self.0.insert(key, ()).await;
        }
    }
}
