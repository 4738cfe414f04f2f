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
    ByteSource, EntryName, FileId, FolderId, IdGrammar, Origin, Provider, RemoteUploadId, SizedStream, Upload,
    UploadBody, UploadReport,
};
use polyhost_openload::{Config, Credentials, Openload, Quirks};
use polyhost_sandbox::ManualClock;
use polyhost_sandbox::openload::{Openload as Sandbox, Options};
use polyhost_state::State;
use polyhost_upstream::{Client, Settings, Shared};

/// With characters that a URL has to escape, so that an escaped secret is looked for, too.
pub(crate) const LOGIN: &str = "planted+login/1";
pub(crate) const KEY: &str = "planted key&2=x";

/// A simulated site with a clock that the test moves on.
pub(crate) struct Simulated {
    pub(crate) sandbox: Arc<Sandbox>,
    pub(crate) clock: ManualClock,
}

pub(crate) async fn site(options: Options) -> Simulated {
    let clock = ManualClock::starting_at(Timestamp::now());
    let options = Options { login: LOGIN.into(), key: KEY.into(), clock: clock.clock(), ..options };
    let sandbox = Arc::new(Sandbox::start(options).await.unwrap());
    Simulated { sandbox, clock }
}

pub(crate) async fn plain_site() -> Simulated {
    site(Options { seeded: false, ..Options::default() }).await
}

impl Simulated {
    pub(crate) fn provider(&self) -> Arc<dyn Provider> {
        self.provider_with(Quirks::default(), Settings::default())
    }

    pub(crate) fn provider_with(&self, quirks: Quirks, settings: Settings) -> Arc<dyn Provider> {
        adapter(&self.sandbox.base_url(), "main", (LOGIN, KEY), quirks, settings)
    }

    pub(crate) fn stranger(&self) -> Arc<dyn Provider> {
        let credentials = ("planted-stranger", "planted-wrong-key");
        adapter(&self.sandbox.base_url(), "stranger", credentials, Quirks::default(), Settings::default())
    }

    /// Everything that the conformance suite wants to know.
    pub(crate) fn subject(&self, provider: Arc<dyn Provider>) -> Subject {
        let known = |id: String| provider.profile().ids.file(&id).ok();
        let broken = self.sandbox.add_file("0", "broken.mp4", b"broken");
        self.sandbox.break_file(&broken);
        let blocked = self.sandbox.add_file("0", "blocked.mp4", b"blocked");
        self.sandbox.block_file(&blocked);
        let denied = self.sandbox.add_foreign_file("foreign.mp4", b"foreign");
        Subject {
            stranger: self.stranger(),
            site: Arc::new(Behind { sandbox: Arc::clone(&self.sandbox), clock: self.clock.clone() }),
            known: KnownFiles { broken: known(broken), blocked: known(blocked), denied: known(denied) },
            fetchable: "https://media.example.org/film.mp4".parse().unwrap(),
            unfetchable: "https://nowhere.invalid/film.mp4".parse().unwrap(),
            secrets: [LOGIN, KEY, "planted-stranger", "planted-wrong-key"].map(str::to_owned).into(),
            provider,
        }
    }

    /// How many requests asked for an operation.
    pub(crate) fn count(&self, operation: &str) -> usize {
        self.sandbox.journal().of(operation).len()
    }
}

pub(crate) fn adapter(
    base_url: &str,
    account: &str,
    (login, key): (&str, &str),
    quirks: Quirks,
    settings: Settings,
) -> Arc<dyn Provider> {
    let origin = Origin { account: account.parse().unwrap(), provider: "pstream".parse().unwrap() };
    let base_url = base_url.parse().unwrap();
    // What is done for every adapter alike has its tests where it is done.
    let settings = Settings { requests_per_second: 0.0, retries: 0, circuit_failures: 0, ..settings };
    let state = State::in_memory();
    let client = Client::new(origin.clone(), &base_url, settings, &Shared::new(&state)).unwrap();
    let credentials = Credentials { login: login.into(), key: key.into() };
    Arc::new(Openload::new(Config { origin, base_url, credentials, quirks }, client, state.values))
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

    fn spelling(&self, name: &str) -> String {
        name.to_owned()
    }

    async fn fetch_headers(&self, remote_upload: &RemoteUploadId) -> Option<Vec<(String, String)>> {
        let fields = self.sandbox.remote_upload_headers(remote_upload.as_str())?;
        fields.iter().map(|field| field.split_once(": ").map(|(name, value)| (name.into(), value.into()))).collect()
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
