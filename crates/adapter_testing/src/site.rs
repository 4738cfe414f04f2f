//! What an adapter's tests give: a simulated site, adapters for it, and the names that the dialect has for things.

use std::fmt::Debug;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use polyhost_conformance::{KnownFiles, Site, Subject};
use polyhost_domain::{Capability, FileId, IdGrammar, Provider, RemoteUploadId, Result};
use polyhost_sandbox::{Fault, Faults, Journal, ManualClock, Rule};
use polyhost_upstream::Settings;

use crate::settings::hasty;

/// Whose credentials an adapter gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum User {
    /// The site knows the credentials.
    Known,
    /// The site does not know the credentials.
    Stranger,
}

impl User {
    /// The name of the account in the adapter's origin.
    #[must_use]
    pub fn account(self) -> &'static str {
        match self {
            Self::Known => "main",
            Self::Stranger => "stranger",
        }
    }
}

/// A simulated site of a dialect. Clones are the same site, which stops when the last one is dropped.
pub trait SimulatedSite: Clone + Send + Sync + 'static {
    /// The choices in which sites of the dialect differ.
    type Options: Default + Debug + Send;
    /// What the adapter must know of these choices.
    type Quirks: Default + Send;

    /// What the journal calls the request for the account.
    const ACCOUNT: &'static str;
    /// What the journal calls the request for a folder's listing.
    const LIST: &'static str;
    /// What the journal calls the request that deletes a file.
    const DELETE_FILE: &'static str;
    /// What the journal calls the request with a file's bytes.
    const UPLOAD: &'static str;
    /// Texts that no error may hold: credentials, plain and as a URL or a form escapes them, and marks of addresses that
    /// hold a secret. The first is a credential of the account in plain text.
    const SECRETS: &'static [&'static str];

    /// Starts a site with a clock that stands still.
    fn start(options: Self::Options) -> impl Future<Output = Self> + Send;

    /// The address of the site's API.
    fn base_url(&self) -> String;

    /// Returns an adapter with a state of its own, for the API at an address.
    fn adapter(&self, base_url: &str, user: User, quirks: Self::Quirks, settings: Settings) -> Arc<dyn Provider>;

    /// The record of the requests, the rules by which the site breaks, and its clock.
    fn parts(&self) -> (&Journal, &Faults, &ManualClock);

    /// How many files the site has.
    fn file_count(&self) -> usize;

    /// The bytes of a file, by its id.
    fn file_bytes(&self, id: &str) -> Option<Vec<u8>>;

    /// Reads a file in a way that fails as a whole.
    fn read_file(provider: &dyn Provider, id: &FileId) -> impl Future<Output = Result<()>> + Send;

    /// The API's own error with this status, in words that no table knows.
    fn error(status: u16) -> Fault;

    /// The quirks of a site that lacks a capability.
    fn without(capability: Capability) -> Self::Quirks;

    /// The options of a site without any file or folder.
    fn empty() -> Self::Options {
        Self::Options::default()
    }

    /// What the site makes of the name that a file or folder is given.
    fn spelling(name: &str) -> String {
        name.to_owned()
    }

    /// Adds the files to the site that the conformance suite cannot make.
    fn add_known_files(&self, _: &IdGrammar) -> KnownFiles {
        KnownFiles::default()
    }

    /// The header fields of a remote upload, by its id; `None` where the site does not know them.
    fn fetch_headers(&self, _: &str) -> Option<Vec<(String, String)>> {
        None
    }

    /// Answers under HTTP 200 that the API of this dialect did not write, though that of another could have.
    fn senseless() -> Vec<Fault> {
        Vec::new()
    }

    /// What an adapter must never do to the site, and has done: to have the account locked, for example.
    fn damage(&self) -> Option<&'static str> {
        None
    }

    /// Starts a site without any file or folder.
    fn plain() -> impl Future<Output = Self> + Send {
        Self::start(Self::empty())
    }

    /// Starts a site without any file or folder, and returns it with an adapter.
    fn ready() -> impl Future<Output = (Self, Arc<dyn Provider>)> + Send {
        async {
            let site = Self::plain().await;
            let provider = site.provider();
            (site, provider)
        }
    }

    /// Returns an adapter with good credentials.
    fn provider_with(&self, quirks: Self::Quirks, settings: Settings) -> Arc<dyn Provider> {
        self.adapter(&self.base_url(), User::Known, quirks, settings)
    }

    /// Returns an adapter with good credentials, for a site without quirks.
    fn provider(&self) -> Arc<dyn Provider> {
        self.provider_with(Self::Quirks::default(), Settings::default())
    }

    /// Returns an adapter for a site without quirks, with time limits that a test need not wait for.
    fn hasty_provider(&self) -> Arc<dyn Provider> {
        self.provider_with(Self::Quirks::default(), hasty())
    }

    /// Returns an adapter with credentials that the site does not know.
    fn stranger(&self) -> Arc<dyn Provider> {
        self.adapter(&self.base_url(), User::Stranger, Self::Quirks::default(), Settings::default())
    }

    /// Returns what the conformance suite is run against.
    fn subject(&self, provider: Arc<dyn Provider>) -> Subject {
        Subject {
            stranger: self.stranger(),
            site: Arc::new(Behind(self.clone())),
            known: self.add_known_files(&provider.profile().ids),
            fetchable: "https://media.example.org/film.mp4".parse().unwrap(),
            unfetchable: "https://nowhere.invalid/film.mp4".parse().unwrap(),
            secrets: Self::SECRETS.iter().map(|secret| (*secret).to_owned()).collect(),
            provider,
        }
    }

    /// The record of the requests that reached the site.
    fn journal(&self) -> &Journal {
        self.parts().0
    }

    /// The rules by which the site breaks.
    fn faults(&self) -> &Faults {
        self.parts().1
    }

    /// How many requests there were for an operation.
    fn count(&self, operation: &str) -> usize {
        self.journal().of(operation).len()
    }

    /// Breaks an operation from now on.
    fn breaks(&self, operation: &str, fault: Fault) {
        self.faults().add(Rule::new(operation, fault));
    }

    /// Starts a site without any file or folder at which an operation is broken, and returns it with a hasty adapter.
    fn broken(operation: &str, fault: &Fault) -> impl Future<Output = (Self, Arc<dyn Provider>)> + Send {
        async move {
            let site = Self::plain().await;
            site.breaks(operation, fault.clone());
            let provider = site.hasty_provider();
            (site, provider)
        }
    }
}

/// The site as the conformance suite sees it.
struct Behind<S>(S);

#[async_trait]
impl<S: SimulatedSite> Site for Behind<S> {
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
