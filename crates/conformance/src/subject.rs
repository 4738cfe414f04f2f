//! What the suite is run against: a provider, and what the suite must know of the site behind it and cannot ask the
//! provider for.

use std::sync::Arc;

use async_trait::async_trait;
use polyhost_domain::{Capability, FileId, Provider, RemoteUploadId, RemoteUrl};

/// A provider under test, and the site behind it.
pub struct Subject {
    /// The provider, with good credentials.
    pub provider: Arc<dyn Provider>,
    /// The same site with credentials that it does not know.
    pub stranger: Arc<dyn Provider>,
    /// The site, seen past the provider.
    pub site: Arc<dyn Site>,
    /// Files at the site that the suite cannot make by itself.
    pub known: KnownFiles,
    /// A public address from which the site succeeds in fetching a file. The suite tells its remote uploads apart by
    /// queries of their own, so the site must fetch this address with any query.
    pub fetchable: RemoteUrl,
    /// A public address, with any query, from which the site fails to fetch.
    pub unfetchable: RemoteUrl,
    /// Texts that no error may hold: the good credentials, the stranger's, and what else was planted.
    pub secrets: Vec<String>,
}

impl Subject {
    /// Whether the provider's profile calls a capability native.
    pub(crate) fn can(&self, capability: Capability) -> bool {
        self.provider.profile().capabilities.supports(capability)
    }
}

/// Files that are at the site before the suite begins. Where one is absent, what it would show is not checked.
#[derive(Debug, Clone, Default)]
pub struct KnownFiles {
    /// A file that the site has and calls broken.
    pub broken: Option<FileId>,
    /// A file that is blocked for legal reasons.
    pub blocked: Option<FileId>,
    /// A file that the account may not rename, move or delete, although its credentials are good.
    pub denied: Option<FileId>,
}

/// The site behind a provider, as whoever runs it sees it.
///
/// Two things are taken for granted where the profile names the capability: a file uploaded as `….mp4` is converted,
/// and has a picture.
#[async_trait]
pub trait Site: Send + Sync {
    /// How many requests have reached the site so far, those that carry a file's bytes included.
    async fn requests(&self) -> usize;

    /// The bytes that the site holds for a file; `None` where it has none.
    async fn stored(&self, file: &FileId) -> Option<Vec<u8>>;

    /// What the site makes of the name that a file or folder is given: the name itself, where the site keeps names.
    fn spelling(&self, name: &str) -> String;

    /// The header fields that the site was asked to send with a remote upload, in order; `None` where it cannot say.
    async fn fetch_headers(&self, remote_upload: &RemoteUploadId) -> Option<Vec<(String, String)>>;

    /// Lets time pass at the site, at least one second of its clock: running remote uploads and conversions move on,
    /// and a hundred such steps end them all.
    async fn advance(&self);
}
