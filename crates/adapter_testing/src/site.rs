//! The trait that an adapter's tests implement: a simulated site, adapters for it, and the dialect's names of
//! operations.

use std::fmt::Debug;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use polyhost_conformance::{KnownFiles, Site, Subject};
use polyhost_domain::{Capability, FileId, IdGrammar, Provider, RemoteUploadId, Result};
use polyhost_sandbox::{Fault, Faults, Journal, ManualClock, Rule};
use polyhost_upstream::Settings;

use crate::settings::short_timeouts;

/// The user whose credentials an adapter gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum User {
    /// The site knows the credentials.
    Known,
    /// The site does not know the credentials.
    Stranger,
}

impl User {
    /// Returns the name of the account in the adapter's origin.
    #[must_use]
    pub fn account(self) -> &'static str {
        match self {
            Self::Known => "main",
            Self::Stranger => "stranger",
        }
    }
}

/// A simulated site of a dialect. Clones share one site, which stops when the last clone is dropped.
pub trait SimulatedSite: Clone + Send + Sync + 'static {
    /// The options in which sites of the dialect differ.
    type Options: Default + Debug + Send;
    /// The configuration of the adapter for these options.
    type Quirks: Clone + Default + Send;

    /// The name in the journal of the request for the account.
    const ACCOUNT: &'static str;
    /// The name in the journal of the request for a folder's listing.
    const LIST: &'static str;
    /// The name in the journal of the request that deletes a file.
    const DELETE_FILE: &'static str;
    /// The name in the journal of the request with a file's bytes.
    const UPLOAD: &'static str;
    /// Texts that no error may contain: credentials, in plain text and escaped as in a URL or a form, and parts of
    /// addresses that contain a secret. The first text is a credential of the account in plain text.
    const SECRETS: &'static [&'static str];

    /// Starts a site with a clock that only the test advances.
    fn start(options: Self::Options) -> impl Future<Output = Self> + Send;

    /// Returns the URL of the site's API.
    fn base_url(&self) -> String;

    /// Returns an adapter with a state of its own, for the API at an address.
    fn adapter(&self, base_url: &str, user: User, quirks: Self::Quirks, settings: Settings) -> Arc<dyn Provider>;

    /// Returns the record of the requests, the rules for faults, and the clock.
    fn parts(&self) -> (&Journal, &Faults, &ManualClock);

    /// Returns the number of files at the site.
    fn file_count(&self) -> usize;

    /// Returns the bytes of a file, by its id.
    fn file_bytes(&self, id: &str) -> Option<Vec<u8>>;

    /// Reads a file with a call that returns an error if the file cannot be read.
    fn read_file(provider: &dyn Provider, id: &FileId) -> impl Future<Output = Result<()>> + Send;

    /// Returns an error of the API with this status, and a text that is in no table.
    fn error(status: u16) -> Fault;

    /// Returns the quirks of a site that lacks a capability.
    fn without(capability: Capability) -> Self::Quirks;

    /// Returns the options of a site without files and folders.
    fn empty() -> Self::Options {
        Self::Options::default()
    }

    /// Returns the name under which the site stores a file or folder of this name.
    fn spelling(name: &str) -> String {
        name.to_owned()
    }

    /// Adds the files to the site that the conformance suite cannot create.
    fn add_known_files(&self, _: &IdGrammar) -> KnownFiles {
        KnownFiles::default()
    }

    /// Returns the header fields of a remote upload, by its id; `None` where the site does not support them.
    fn fetch_headers(&self, _: &str) -> Option<Vec<(String, String)>> {
        None
    }

    /// Returns answers under HTTP 200 that this dialect's API did not write, although another dialect's API could have.
    fn foreign_answers() -> Vec<Fault> {
        Vec::new()
    }

    /// Returns the damage that an adapter must never do to the site, if it has: a locked account, for example.
    fn damage(&self) -> Option<&'static str> {
        None
    }

    /// Starts a site without files and folders.
    fn plain() -> impl Future<Output = Self> + Send {
        Self::start(Self::empty())
    }

    /// Starts a site without files and folders, and returns it with an adapter.
    fn ready() -> impl Future<Output = (Self, Arc<dyn Provider>)> + Send {
        async {
            let site = Self::plain().await;
            let provider = site.provider();
            (site, provider)
        }
    }

    /// Returns an adapter with valid credentials.
    fn provider_with(&self, quirks: Self::Quirks, settings: Settings) -> Arc<dyn Provider> {
        self.adapter(&self.base_url(), User::Known, quirks, settings)
    }

    /// Returns an adapter with valid credentials, for a site without quirks.
    fn provider(&self) -> Arc<dyn Provider> {
        self.provider_with(Self::Quirks::default(), Settings::default())
    }

    /// Returns an adapter for a site without quirks, with short timeouts.
    fn provider_with_short_timeouts(&self) -> Arc<dyn Provider> {
        self.provider_with(Self::Quirks::default(), short_timeouts())
    }

    /// Returns an adapter with credentials that the site does not know.
    fn stranger(&self, quirks: Self::Quirks) -> Arc<dyn Provider> {
        self.adapter(&self.base_url(), User::Stranger, quirks, Settings::default())
    }

    /// Returns the subject of the conformance suite.
    fn subject(&self, provider: Arc<dyn Provider>) -> Subject {
        Subject {
            stranger: self.stranger(Self::Quirks::default()),
            site: Arc::new(SuiteSite(self.clone())),
            known: self.add_known_files(&provider.profile().ids),
            fetchable: "https://media.example.org/film.mp4".parse().unwrap(),
            unfetchable: "https://nowhere.invalid/film.mp4".parse().unwrap(),
            secrets: Self::SECRETS.iter().map(|secret| (*secret).to_owned()).collect(),
            provider,
        }
    }

    /// Returns the record of the requests that reached the site.
    fn journal(&self) -> &Journal {
        self.parts().0
    }

    /// Returns the rules for the site's faults.
    fn faults(&self) -> &Faults {
        self.parts().1
    }

    /// Returns the number of requests for an operation that reached the site.
    fn count(&self, operation: &str) -> usize {
        self.journal().of(operation).len()
    }

    /// Adds a fault to every later request for an operation.
    fn breaks(&self, operation: &str, fault: Fault) {
        self.faults().add(Rule::new(operation, fault));
    }

    /// Starts a site without files and folders, at which an operation has a fault. Returns it with an adapter that has
    /// short timeouts.
    fn broken(operation: &str, fault: &Fault) -> impl Future<Output = (Self, Arc<dyn Provider>)> + Send {
        async move {
            let site = Self::plain().await;
            site.breaks(operation, fault.clone());
            let provider = site.provider_with_short_timeouts();
            (site, provider)
        }
    }
}

/// The site's interface for the conformance suite.
struct SuiteSite<S>(S);

#[async_trait]
impl<S: SimulatedSite> Site for SuiteSite<S> {
    async fn requests(&self) -> usize {
        self.0.journal().count()
    }

    async fn stored(&self, file: &FileId) -> Option<Vec<u8>> {
        self.0.file_bytes(file.as_str())
    }

    fn spelling(&self, name: &str) -> String {
        S::spelling(name)
    }

    async fn fetch_headers(&self, remote_upload: &RemoteUploadId) -> Option<Vec<(String, String)>> {
        self.0.fetch_headers(remote_upload.as_str())
    }

    async fn advance(&self) {
        self.0.parts().2.advance(Duration::from_secs(1));
    }
}
