//! The subject of the suite: a provider, and the facts about its site that the provider cannot report.

use std::sync::Arc;

use async_trait::async_trait;
use polyhost_domain::{Capability, FileId, Provider, RemoteUploadId, RemoteUrl};

/// A provider under test, and the site behind it.
pub struct Subject {
    /// The provider, with good credentials.
    pub provider: Arc<dyn Provider>,
    /// A provider for the same site, with credentials that the site does not know.
    pub stranger: Arc<dyn Provider>,
    /// Direct access to the site, without the provider.
    pub site: Arc<dyn Site>,
    /// Files at the site that the suite cannot create.
    pub known: KnownFiles,
    /// A public address from which the site can fetch a file. The suite adds a different query for each remote
    /// upload, so the site must be able to fetch this address with any query.
    pub fetchable: RemoteUrl,
    /// A public address from which the site cannot fetch, with any query.
    pub unfetchable: RemoteUrl,
    /// Texts that no error may contain: the good credentials, the stranger's credentials, and other planted secrets.
    pub secrets: Vec<String>,
}

impl Subject {
    /// Returns whether the provider's profile calls a capability native.
    pub(crate) fn can(&self, capability: Capability) -> bool {
        self.provider.profile().capabilities.supports(capability)
    }
}

/// Files that are at the site before the suite begins. The checks of an absent one are skipped.
#[derive(Debug, Clone, Default)]
pub struct KnownFiles {
    /// A file that the site has and calls broken.
    pub broken: Option<FileId>,
    /// A file that is blocked for legal reasons.
    pub blocked: Option<FileId>,
    /// A file that the account may not rename, move or delete, although its credentials are good.
    pub denied: Option<FileId>,
}

/// Direct access to the site behind a provider, as its operator has it.
///
/// If the profile has the capabilities, the suite relies on two things: a file uploaded as `….mp4` is converted, and it
/// has a thumbnail.
#[async_trait]
pub trait Site: Send + Sync {
    /// Returns the number of requests that the site has received so far, including those that carry a file's bytes.
    async fn requests(&self) -> usize;

    /// Returns the bytes that the site stores for a file, or `None` if it has none.
    async fn stored(&self, file: &FileId) -> Option<Vec<u8>>;

    /// Returns the name that the site stores for a given name: the same name, if the site does not change names.
    fn spelling(&self, name: &str) -> String;

    /// Returns the header fields that the site received for a remote upload, in order, or `None` if it does not record
    /// them.
    async fn fetch_headers(&self, remote_upload: &RemoteUploadId) -> Option<Vec<(String, String)>>;

    /// Advances the site's clock by at least one second, so that remote uploads and conversions make progress. A
    /// hundred steps end them all.
    async fn advance(&self);
}
