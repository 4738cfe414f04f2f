//! A simulated site, and adapters for it. Every test of this crate uses them.

#![allow(dead_code, reason = "each test uses a part of it")]
#![allow(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

use std::sync::Arc;

use jiff::Timestamp;
use polyhost_adapter_testing::settings::client;
use polyhost_adapter_testing::values::origin;
use polyhost_adapter_testing::{SimulatedSite, User};
use polyhost_conformance::KnownFiles;
use polyhost_domain::{Capability, FileId, IdGrammar, Provider, Result};
use polyhost_openload::{Config, Credentials, Openload, Quirks};
use polyhost_sandbox::openload::{Openload as Sandbox, Options};
use polyhost_sandbox::{Fault, Faults, Journal, ManualClock};
use polyhost_state::State;
use polyhost_upstream::Settings;

/// Contains characters that a URL must escape, so that the tests also search for an escaped secret.
pub(crate) const LOGIN: &str = "planted+login/1";
pub(crate) const KEY: &str = "planted key&2=x";
const STRANGER: (&str, &str) = ("planted-stranger", "planted-wrong-key");

/// A simulated site with a clock that the test advances.
#[derive(Clone)]
pub(crate) struct Simulated {
    pub(crate) sandbox: Arc<Sandbox>,
    pub(crate) clock: ManualClock,
}

impl SimulatedSite for Simulated {
    type Options = Options;
    type Quirks = Quirks;

    const ACCOUNT: &'static str = "account/info";
    const LIST: &'static str = "file/listfolder";
    const DELETE_FILE: &'static str = "file/delete";
    const UPLOAD: &'static str = "upload";
    const SECRETS: &'static [&'static str] = &[
        LOGIN,
        KEY,
        STRANGER.0,
        STRANGER.1,
        "planted%2Blogin%2F1",
        "planted+key%262%3Dx",
        "planted%20key",
        "?login",
        "/ul/",
    ];

    async fn start(options: Options) -> Self {
        let clock = ManualClock::starting_at(Timestamp::now());
        let options = Options { login: LOGIN.into(), key: KEY.into(), clock: clock.clock(), ..options };
        Self { sandbox: Arc::new(Sandbox::start(options).await.unwrap()), clock }
    }

    fn base_url(&self) -> String {
        self.sandbox.base_url()
    }

    fn adapter(&self, base_url: &str, user: User, quirks: Quirks, settings: Settings) -> Arc<dyn Provider> {
        let (login, key) = if user == User::Known { (LOGIN, KEY) } else { STRANGER };
        let (origin, state) = (origin(user.account(), "pstream"), State::in_memory());
        let client = client(&origin, base_url, settings, &state);
        let credentials = Credentials { login: login.into(), key: key.into() };
        let base_url = base_url.parse().unwrap();
        Arc::new(Openload::new(Config { origin, base_url, credentials, quirks }, client, state.values))
    }

    fn parts(&self) -> (&Journal, &Faults, &ManualClock) {
        (self.sandbox.journal(), self.sandbox.faults(), &self.clock)
    }

    fn file_count(&self) -> usize {
        self.sandbox.counts().files
    }

    fn file_bytes(&self, id: &str) -> Option<Vec<u8>> {
        self.sandbox.file_bytes(id)
    }

    async fn read_file(provider: &dyn Provider, id: &FileId) -> Result<()> {
        provider.thumbnail(id).await.map(drop)
    }

    fn error(status: u16) -> Fault {
        Fault::envelope(status)
    }

    fn without(capability: Capability) -> Quirks {
        Quirks { unsupported: vec![capability], ..Quirks::default() }
    }

    fn empty() -> Options {
        Options { seeded: false, ..Options::default() }
    }

    fn add_known_files(&self, ids: &IdGrammar) -> KnownFiles {
        let known = |id: String| ids.file(&id).ok();
        let broken = self.sandbox.add_file("0", "broken.mp4", b"broken");
        self.sandbox.break_file(&broken);
        let blocked = self.sandbox.add_file("0", "blocked.mp4", b"blocked");
        self.sandbox.block_file(&blocked);
        let denied = self.sandbox.add_foreign_file("foreign.mp4", b"foreign");
        KnownFiles { broken: known(broken), blocked: known(blocked), denied: known(denied) }
    }

    fn fetch_headers(&self, id: &str) -> Option<Vec<(String, String)>> {
        let fields = self.sandbox.remote_upload_headers(id)?;
        fields.iter().map(|field| field.split_once(": ").map(|(name, value)| (name.into(), value.into()))).collect()
    }
}
