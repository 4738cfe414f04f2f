//! A simulated site, and adapters for it. Every test of this crate uses them.

#![allow(dead_code, reason = "each test uses a part of it")]
#![allow(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use polyhost_adapter_testing::settings::client;
use polyhost_adapter_testing::values::{http_answer, origin};
use polyhost_adapter_testing::{SimulatedSite, User};
use polyhost_domain::{Capability, FileId, Provider, Result};
use polyhost_sandbox::yetishare::{AuthMode, Login, Options, Version, Yetishare as Sandbox};
use polyhost_sandbox::{Fault, Faults, Garbage, Journal, ManualClock, Received};
use polyhost_state::State;
use polyhost_upstream::{LoginBudget, LoginCeiling, Settings};
use polyhost_yetishare::{Config, Credentials, Quirks, Yetishare};

pub(crate) const KEY1: &str = "plantedKeyOne7plantedKeyOne7plantedKeyOne7plantedKeyOne7plantedK";
pub(crate) const KEY2: &str = "plantedKeyTwo9plantedKeyTwo9plantedKeyTwo9plantedKeyTwo9plantedK";
pub(crate) const WRONG: &str = "plantedWrong3plantedWrong3plantedWrong3plantedWrong3plantedWrong";

/// Contains characters that a form must escape, so that the tests also search for an escaped secret.
pub(crate) const USERNAME: &str = "planted+name/1";
pub(crate) const PASSWORD: &str = "planted pass&2=x";

/// A simulated site with a clock that the test advances.
#[derive(Clone)]
pub(crate) struct Simulated {
    pub(crate) sandbox: Arc<Sandbox>,
    pub(crate) clock: ManualClock,
    auth: AuthMode,
    lacking: Vec<Capability>,
}

impl SimulatedSite for Simulated {
    type Options = Options;
    type Quirks = Quirks;

    const ACCOUNT: &'static str = "account/info";
    const LIST: &'static str = "folder/listing";
    const DELETE_FILE: &'static str = "file/delete";
    const UPLOAD: &'static str = "file/upload";
    const SECRETS: &'static [&'static str] =
        &[KEY1, KEY2, WRONG, USERNAME, PASSWORD, "planted%20pass", "planted+pass", "download_token", "access_token="];

    async fn start(options: Options) -> Self {
        let clock = ManualClock::starting_at(Timestamp::now());
        let login =
            Login { key1: KEY1.into(), key2: KEY2.into(), username: USERNAME.into(), password: PASSWORD.into() };
        let remote_upload_tick = Duration::from_secs(1);
        let options = Options { login, seeded: false, remote_upload_tick, clock: clock.clock(), ..options };
        let lacking = match options.version {
            Version::V4 => vec![Capability::RemoteUploadsCreate, Capability::RemoteUploadsRead],
            Version::V5 => Vec::new(),
        };
        let auth = options.auth;
        Self { sandbox: Arc::new(Sandbox::start(options).await.unwrap()), clock, auth, lacking }
    }

    fn base_url(&self) -> String {
        self.sandbox.base_url()
    }

    fn adapter(&self, base_url: &str, user: User, mut quirks: Quirks, settings: Settings) -> Arc<dyn Provider> {
        quirks.unsupported.extend(self.lacking.iter().copied());
        let credentials = self.credentials(user);
        let adapter = adapter(base_url, user.account(), credentials, quirks, settings, &State::in_memory());
        match user {
            User::Known => Arc::new(adapter.with_login_budget(generous_login_budget())),
            User::Stranger => Arc::new(adapter),
        }
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
        provider.files(std::slice::from_ref(id)).await.map(drop)
    }

    fn error(status: u16) -> Fault {
        api_error(status, "A text that is in no table.")
    }

    fn without(capability: Capability) -> Quirks {
        Quirks { unsupported: vec![capability], ..Quirks::default() }
    }

    /// PHP keeps only the part of an uploaded file's name after its last backslash.
    fn spelling(name: &str) -> String {
        name.rsplit('\\').next().unwrap_or(name).trim().to_owned()
    }

    fn foreign_answers() -> Vec<Fault> {
        vec![Fault::Garbage(Garbage::NotUtf8)]
    }

    fn damage(&self) -> Option<&'static str> {
        self.sandbox.is_locked().then_some("the user is locked out")
    }
}

impl Simulated {
    fn credentials(&self, user: User) -> Credentials {
        match (self.auth, user) {
            (AuthMode::Keys, User::Known) => keys(KEY1, KEY2),
            (AuthMode::Keys, User::Stranger) => keys(KEY1, WRONG),
            (AuthMode::Password, User::Known) => password(USERNAME, PASSWORD),
            (AuthMode::Password, User::Stranger) => password(USERNAME, WRONG),
        }
    }

    /// Returns an adapter with a state that other adapters may share.
    pub(crate) fn provider_in(&self, state: &State, budget: LoginBudget, settings: Settings) -> Arc<dyn Provider> {
        let (url, credentials) = (self.base_url(), self.credentials(User::Known));
        Arc::new(adapter(&url, "main", credentials, Quirks::default(), settings, state).with_login_budget(budget))
    }

    /// Answers an operation with this body from now on, under HTTP 200.
    pub(crate) fn answers_with(&self, operation: &str, body: &str) {
        self.breaks(operation, http_answer(200, body));
    }

    /// Answers an operation with this data from now on, under HTTP 200.
    pub(crate) fn answers_with_data(&self, operation: &str, data: &str) {
        self.answers_with(operation, &format!(r#"{{"data": {data}, "_status": "success"}}"#));
    }

    /// Returns the fields of each request for an operation, without the session's fields, which must be there.
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

/// Starts a site that answers an operation with this data.
pub(crate) async fn site_answering(operation: &str, data: &str) -> Simulated {
    let site = Simulated::plain().await;
    site.answers_with_data(operation, data);
    site
}

/// Returns an error of the API as version 5 writes it.
pub(crate) fn api_error(http: u16, words: &str) -> Fault {
    http_answer(http, &format!(r#"{{"response": "{words}", "_status": "error", "_datetime": "2024-11-19 00:28:38"}}"#))
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
    let origin = origin(account, "streamplay");
    let client = client(&origin, base_url, settings, state);
    Yetishare::new(Config { origin, base_url: base_url.parse().unwrap(), credentials, quirks }, client, state)
}

/// Returns a login budget that never makes a test wait.
pub(crate) fn generous_login_budget() -> LoginBudget {
    let ceiling = LoginCeiling { logins: 1000, window: Duration::from_secs(1) };
    let (gap, window) = (Duration::from_millis(1), Duration::from_secs(1));
    LoginBudget { gap, logins: 1000, window, ceiling, ..LoginBudget::default() }
}
