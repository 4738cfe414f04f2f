//! Remote uploads that were seen to have succeeded. Each has put a file into a folder behind the cache's back.

use moka::future::Cache;
use polyhost_domain::{AccountName, JobState, RemoteUpload, RemoteUploadId};

use crate::accounts::Account;

/// How many are remembered, all accounts together. One that is forgotten costs a listing that is read once more.
const REMEMBERED: u64 = 10_000;

/// The remote uploads whose success is known.
pub struct Completions(Cache<(AccountName, RemoteUploadId), ()>);

impl Default for Completions {
    fn default() -> Self {
        Self(Cache::new(REMEMBERED))
    }
}

impl Completions {
    /// Takes note of what a site tells of remote uploads. Where one is seen for the first time to have succeeded, what is
    /// cached of the account is out of date when this is over.
    pub async fn notice(&self, account: &Account, uploads: &[RemoteUpload]) {
        let succeeded = uploads.iter().filter(|upload| upload.state == JobState::Succeeded);
        let keys = succeeded.map(|upload| (account.name().clone(), upload.id.clone()));
        let new: Vec<_> = keys.filter(|key| !self.0.contains_key(key)).collect();
        if new.is_empty() {
            return;
        }
        if let Err(error) = account.outdate().await {
            tracing::error!(error = &error as &dyn std::error::Error, "the cache may be out of date");
            return;
        }
        for key in new {
            self.0.insert(key, ()).await;
        }
    }
}
