//! A simulated site, and adapters for it: the base of every test of this crate.

#![allow(dead_code, reason = "each test uses a part of it")]
#![allow(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::{StreamExt, stream};
use jiff::Timestamp;
use polyhost_conformance::{KnownFiles, Site, Subject};
use polyhost_domain::{
    ByteSource, Capability, EntryName, FileId, FolderId, IdGrammar, Origin, Provider, RemoteUploadId, SizedStream,
    Upload, UploadBody, UploadReport,
};
use polyhost_sandbox::yetishare::{AuthMode, Login, Options, Version, Yetishare as Sandbox};
use polyhost_sandbox::{Fault, ManualClock, Received, Rule};
use polyhost_state::State;
use polyhost_upstream::{Client, LoginBudget, LoginCeiling, Settings, Shared};
use polyhost_yetishare::{Config, Credentials, Quirks, Yetishare};

pub(crate) const KEY1: &str = "plantedKeyOne7plantedKeyOne7plantedKeyOne7plantedKeyOne7plantedK";
pub(crate) const KEY2: &str = "plantedKeyTwo9plantedKeyTwo9plantedKeyTwo9plantedKeyTwo9plantedK";
pub(crate) const WRONG: &str = "plantedWrong3plantedWrong3plantedWrong3plantedWrong3plantedWrong";

/// With characters that a form has to escape, so that an escaped secret is looked for, too.
pub(crate) const USERNAME: &str = "planted+name/1";
pub(crate) const PASSWORD: &str = "planted pass&2=x";

/// A simulated site with a clock that the test moves on.
pub(crate) struct Simulated {
    pub(crate) sandbox: Arc<Sandbox>,
    pub(crate) clock: ManualClock,
    auth: AuthMode,
    lacking: Vec<Capability>,
}

pub(crate) async fn site(options: Options) -> Simulated {
    let clock = ManualClock::starting_at(Timestamp::now());
    let login = Login { key1: KEY1.into(), key2: KEY2.into(), username: USERNAME.into(), password: PASSWORD.into() };
    let remote_upload_tick = Duration::from_secs(1);
    let options = Options { login, seeded: false, remote_upload_tick, clock: clock.clock(), ..options };
    let lacking = match options.version {
        Version::V4 => vec![Capability::RemoteUploadsCreate, Capability::RemoteUploadsRead],
        Version::V5 => Vec::new(),
    };
    let auth = options.auth;
    let sandbox = Arc::new(Sandbox::start(options).await.unwrap());
    Simulated { sandbox, clock, auth, lacking }
}

pub(crate) async fn plain_site() -> Simulated {
    site(Options::default()).await
}

impl Simulated {
    pub(crate) fn provider(&self) -> Arc<dyn Provider> {
        self.provider_with(Quirks::default(), Settings::default())
    }

    /// An adapter with a state of its own.
    pub(crate) fn provider_with(&self, quirks: Quirks, settings: Settings) -> Arc<dyn Provider> {
        self.provider_in(&State::in_memory(), hasty_logins(), quirks, settings)
    }

    pub(crate) fn provider_in(
        &self,
        state: &State,
        budget: LoginBudget,
        mut quirks: Quirks,
        settings: Settings,
    ) -> Arc<dyn Provider> {
        quirks.unsupported.extend(self.lacking.iter().copied());
        let url = self.sandbox.base_url();
        Arc::new(adapter(&url, "main", self.credentials(), quirks, settings, state).with_login_budget(budget))
    }

    pub(crate) fn credentials(&self) -> Credentials {
        match self.auth {
            AuthMode::Keys => keys(KEY1, KEY2),
            AuthMode::Password => password(USERNAME, PASSWORD),
        }
    }

    pub(crate) fn stranger(&self) -> Arc<dyn Provider> {
        let credentials = match self.auth {
            AuthMode::Keys => keys(KEY1, WRONG),
            AuthMode::Password => password(USERNAME, WRONG),
        };
        let quirks = Quirks { unsupported: self.lacking.clone(), ..Quirks::default() };
        let url = self.sandbox.base_url();
        Arc::new(adapter(&url, "stranger", credentials, quirks, Settings::default(), &State::in_memory()))
    }

    /// Everything that the conformance suite wants to know.
    pub(crate) fn subject(&self, provider: Arc<dyn Provider>) -> Subject {
        Subject {
            stranger: self.stranger(),
            site: Arc::new(Behind { sandbox: Arc::clone(&self.sandbox), clock: self.clock.clone() }),
            known: KnownFiles::default(),
            fetchable: "https://media.example.org/film.mp4".parse().unwrap(),
            unfetchable: "https://nowhere.invalid/film.mp4".parse().unwrap(),
            secrets: [KEY1, KEY2, WRONG, USERNAME, PASSWORD].map(str::to_owned).into(),
            provider,
        }
    }

    /// How many requests asked for an operation.
    pub(crate) fn count(&self, operation: &str) -> usize {
        self.sandbox.journal().of(operation).len()
    }

    /// Breaks an operation from now on.
    pub(crate) fn breaks(&self, operation: &str, fault: Fault) {
        self.sandbox.faults().add(Rule::new(operation, fault));
    }

    /// Answers an operation with this body from now on, under HTTP 200.
    pub(crate) fn answers(&self, operation: &str, body: &str) {
        self.breaks(operation, said(200, body));
    }

    /// The fields that came for an operation, without those of the session, which must be there.
    pub(crate) fn forms(&self, operation: &str) -> Vec<Vec<(String, String)>> {
        self.sandbox.journal().of(operation).into_iter().map(without_session).collect()
    }
}

fn without_session(received: Received) -> Vec<(String, String)> {
    assert_eq!((received.method.as_str(), received.query.len()), ("POST", 0));
    let is_session = |(name, _): &(String, String)| matches!(name.as_str(), "access_token" | "account_id");
    let (session, rest): (Vec<_>, Vec<_>) = received.form.into_iter().partition(is_session);
    assert_eq!(session.len(), 2, "{rest:?}");
    rest
}

pub(crate) fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

/// An answer with a body of the test's own.
pub(crate) fn said(http: u16, body: &str) -> Fault {
    Fault::Status { http, body_status: None, headers: Vec::new(), body: Some(body.to_owned()) }
}

/// An error as version 5 tells it.
pub(crate) fn refused(http: u16, words: &str) -> Fault {
    said(http, &format!(r#"{{"response": "{words}", "_status": "error", "_datetime": "2024-11-19 00:28:38"}}"#))
}

pub(crate) fn keys(key1: &str, key2: &str) -> Credentials {
    Credentials::Keys { key1: key1.into(), key2: key2.into() }
}

pub(crate) fn password(username: &str, password: &str) -> Credentials {
    Credentials::Password { username: username.into(), password: password.into() }
}

pub(crate) fn adapter(
    base_url: &str,
    account: &str,
    credentials: Credentials,
    quirks: Quirks,
    settings: Settings,
    state: &State,
) -> Yetishare {
    let origin = Origin { account: account.parse().unwrap(), provider: "streamplay".parse().unwrap() };
    let base_url = base_url.parse().unwrap();
    // What is done for every adapter alike has its tests where it is done.
    let settings = Settings { requests_per_second: 0.0, retries: 0, circuit_failures: 0, ..settings };
    let client = Client::new(origin.clone(), &base_url, settings, &Shared::new(state)).unwrap();
    Yetishare::new(Config { origin, base_url, credentials, quirks }, client, state)
}

/// A budget that a test need not wait for.
pub(crate) fn hasty_logins() -> LoginBudget {
    let ceiling = LoginCeiling { logins: 1000, window: Duration::from_secs(1) };
    let (gap, window) = (Duration::from_millis(1), Duration::from_secs(1));
    LoginBudget { gap, logins: 1000, window, ceiling, ..LoginBudget::default() }
}

/// What each of many futures gives, in their order. Two run at a time: more would only make one another late.
pub(crate) async fn all_of<T: Send + 'static>(
    futures: impl IntoIterator<Item = impl Future<Output = T> + Send + 'static>,
) -> Vec<T> {
    let tasks = stream::iter(futures).map(tokio::spawn).buffered(2);
    tasks.map(Result::unwrap).collect().await
}

/// Limits that a test need not wait for, nor fill.
pub(crate) fn hasty() -> Settings {
    Settings {
        connect_timeout: Duration::from_secs(2),
        attempt_timeout: Duration::from_secs(1),
        idle_timeout: Duration::from_secs(1),
        upload_answer_timeout: Duration::from_millis(1_200),
        max_response: 200_000,
        ..Settings::default()
    }
}

pub(crate) fn ids(provider: &Arc<dyn Provider>) -> &IdGrammar {
    &provider.profile().ids
}

pub(crate) fn file(provider: &Arc<dyn Provider>, id: &str) -> FileId {
    ids(provider).file(id).unwrap()
}

pub(crate) fn folder(provider: &Arc<dyn Provider>, id: &str) -> FolderId {
    ids(provider).folder(id).unwrap()
}

pub(crate) fn name(text: &str) -> EntryName {
    text.parse().unwrap()
}

/// An upload of pieces that together are as long as it says.
pub(crate) fn upload(file_name: &str, pieces: &[&'static str]) -> Upload {
    let length = pieces.iter().map(|piece| piece.len() as u64).sum();
    let pieces: Vec<_> = pieces.iter().map(|piece| Ok(Bytes::from_static(piece.as_bytes()))).collect();
    Upload {
        name: name(file_name),
        folder: FolderId::Root,
        content_type: Some("video/mp4".into()),
        sha1: None,
        body: UploadBody::once(length, stream::iter(pieces).boxed()),
        report: UploadReport::default(),
    }
}

struct Behind {
    sandbox: Arc<Sandbox>,
    clock: ManualClock,
}

#[async_trait]
impl Site for Behind {
    async fn requests(&self) -> usize {
        self.sandbox.journal().count()
    }

    async fn stored(&self, file: &FileId) -> Option<Vec<u8>> {
        self.sandbox.file_bytes(file.as_str())
    }

    /// PHP keeps what stands after the last backslash of an uploaded file's name.
    fn spelling(&self, name: &str) -> String {
        name.rsplit('\\').next().unwrap_or(name).trim().to_owned()
    }

    async fn fetch_headers(&self, _: &RemoteUploadId) -> Option<Vec<(String, String)>> {
        None
    }

    async fn advance(&self) {
        self.clock.advance(Duration::from_secs(1));
    }
}

/// Counts how often a source is opened.
#[derive(Default)]
pub(crate) struct Opened(Arc<AtomicUsize>);

struct Counted(Arc<AtomicUsize>);

impl Opened {
    pub(crate) fn source(&self) -> Arc<dyn ByteSource> {
        Arc::new(Counted(Arc::clone(&self.0)))
    }

    pub(crate) fn times(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }
}

#[async_trait]
impl ByteSource for Counted {
    async fn open(&self) -> io::Result<SizedStream> {
        self.0.fetch_add(1, Ordering::Relaxed);
        Ok(SizedStream { length: 3, spare: 0, stream: stream::iter([Ok(Bytes::from_static(b"abc"))]).boxed() })
    }
}
