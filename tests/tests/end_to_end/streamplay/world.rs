//! The world of the tests of streamplay: both sites, a gateway with an account at each, and a caller.

use std::time::Duration;

use polyhost_end_to_end::{Answer, Caller, Configuration, Gateway};
use polyhost_sandbox::openload::Openload;
use polyhost_sandbox::yetishare::{Login, Options, Yetishare};
use polyhost_sandbox::{Fault, ManualClock, Received, Rule};
use serde_json::Value;

use crate::world::{Call, KEY, configuration, site as pstream_site};

/// The credentials of the account `plays` at streamplay.
pub(crate) const KEY1: &str = "Key1OfTheAccountKey1OfTheAccountKey1OfTheAccountKey1OfTheAccount";
pub(crate) const KEY2: &str = "Key2OfTheAccountKey2OfTheAccountKey2OfTheAccountKey2OfTheAccount";
pub(crate) const USERNAME: &str = "name-of-plays";
pub(crate) const PASSWORD: &str = "password-of-plays";
/// The site's id of the account.
pub(crate) const HOLDER: &str = "158642";

/// The operations that change nothing at the site.
const READS: [&str; 6] =
    ["account/info", "account/package", "file/info", "folder/info", "folder/listing", "file/url_upload_status"];

/// Both sites, a gateway and a caller.
pub(crate) struct World {
    pub(crate) site: Yetishare,
    pub(crate) pstream: Openload,
    pub(crate) clock: ManualClock,
    pub(crate) gateway: Gateway,
    pub(crate) caller: Caller,
}

/// Returns a path below the account `plays`.
pub(crate) fn at(path: &str) -> String {
    format!("/v1/accounts/plays/{path}")
}

/// Returns the credentials of `plays`, for the site's options.
pub(crate) fn login() -> Login {
    let [key1, key2, username, password] = [KEY1, KEY2, USERNAME, PASSWORD].map(str::to_owned);
    Login { key1, key2, username, password }
}

/// Starts a simulated streamplay, empty unless `change` sets other options.
pub(crate) async fn site(clock: &ManualClock, change: impl FnOnce(&mut Options)) -> Yetishare {
    let mut options = Options { login: login(), seeded: false, clock: clock.clock(), ..Options::default() };
    change(&mut options);
    Yetishare::start(options).await.unwrap()
}

/// Returns the table of an account with a key pair.
pub(crate) fn account(name: &str, base_url: &str, key1: &str, key2: &str) -> String {
    format!(
        "[accounts.{name}]\nprovider = \"streamplay\"\nbase_url = \"{base_url}\"\nkey1 = \"{key1}\"\nkey2 = \"{key2}\""
    )
}

/// Returns a configuration with the account `plays` only, and a client with access to it.
pub(crate) fn alone(site: &Yetishare) -> Configuration {
    let client = Configuration::new().client("web", KEY, &["*"], &["read", "write"]);
    client.table(&account("plays", &site.base_url(), KEY1, KEY2))
}

impl World {
    /// Starts empty sites, and a gateway with the default settings.
    pub(crate) async fn start() -> Self {
        Self::with(|_| (), |configuration| configuration).await
    }

    /// Starts a streamplay with other options.
    pub(crate) async fn at_site(change: impl FnOnce(&mut Options)) -> Self {
        Self::with(change, |configuration| configuration).await
    }

    /// Starts a gateway with other settings.
    pub(crate) async fn configured(change: impl FnOnce(Configuration) -> Configuration) -> Self {
        Self::with(|_| (), change).await
    }

    /// Starts a streamplay with other options, and a gateway with other settings.
    pub(crate) async fn with(
        options: impl FnOnce(&mut Options),
        settings: impl FnOnce(Configuration) -> Configuration,
    ) -> Self {
        let (pstream, clock) = pstream_site(|_| ()).await;
        let site = site(&clock, options).await;
        let both = configuration(&pstream).table(&account("plays", &site.base_url(), KEY1, KEY2));
        let gateway = Gateway::start(&settings(both)).await;
        let caller = gateway.caller(KEY);
        Self { site, pstream, clock, gateway, caller }
    }

    /// Injects a fault into an operation of the site.
    pub(crate) fn inject(&self, operation: &str, fault: Fault) {
        self.site.faults().add(Rule::new(operation, fault));
    }

    /// Returns and clears the requests that arrived at the site, without logins. Each must satisfy [`check_request`].
    #[track_caller]
    pub(crate) fn arrived(&self) -> Vec<Received> {
        let mut all = self.site.journal().all();
        self.site.journal().clear();
        all.iter().for_each(check_request);
        all.retain(|received| received.operation != "authorize");
        all
    }

    /// Asserts which calls arrived at the site since the journal was cleared, in order and without logins. Clears the
    /// journal.
    #[track_caller]
    pub(crate) fn assert_sent(&self, expected: &[Call<'_>]) {
        assert_eq!(simplified(&self.arrived()), owned(expected));
    }

    /// Like [`assert_sent`](Self::assert_sent), without the [`READS`].
    #[track_caller]
    pub(crate) fn assert_changed(&self, expected: &[Call<'_>]) {
        let mut arrived = self.arrived();
        arrived.retain(|received| !READS.contains(&received.operation.as_str()));
        assert_eq!(simplified(&arrived), owned(expected));
    }

    /// Returns and clears the operations that arrived at the site, without logins.
    #[track_caller]
    pub(crate) fn operations(&self) -> Vec<String> {
        self.arrived().into_iter().map(|received| received.operation).collect()
    }

    /// Asserts that nothing arrived at the site since the journal was cleared, not even a login.
    #[track_caller]
    pub(crate) fn assert_nothing_sent(&self) {
        let operations: Vec<String> = self.site.journal().all().into_iter().map(|call| call.operation).collect();
        assert!(operations.is_empty(), "{operations:?}");
    }

    /// Waits until `count` requests for an operation have arrived.
    pub(crate) async fn sent(&self, operation: &str, count: usize) {
        let sent = async {
            while self.site.journal().of(operation).len() < count {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(10), sent).await.expect("the requests reach the site");
    }

    /// Uploads bytes under a name, with further query parameters.
    pub(crate) async fn upload(&self, name: &str, more: &str, bytes: &[u8]) -> Answer {
        let encoded = percent_encoding::utf8_percent_encode(name, percent_encoding::NON_ALPHANUMERIC);
        let path = at(&format!("files?name={encoded}{more}"));
        self.caller.typed("POST", &path, "video/mp4", bytes.to_vec()).await
    }
}

/// Returns the `id` of an answer.
#[track_caller]
pub(crate) fn id(value: &Value) -> String {
    value["id"].as_str().unwrap_or_else(|| panic!("no id: {value:#}")).to_owned()
}

/// Returns bytes without a short period.
pub(crate) fn bytes(length: usize) -> Vec<u8> {
    (0_u32..).flat_map(|n| n.wrapping_mul(2_654_435_761).to_le_bytes()).take(length).collect()
}

/// Asserts that credentials and tokens are sent only in the body of a POST to the API, and never to the file server.
#[track_caller]
pub(crate) fn check_request(received: &Received) {
    for name in ["cookie", "authorization", "referer", "x-api-key"] {
        assert_eq!(received.header(name), None, "{received:?}");
    }
    if !received.path.starts_with("/api/v2/") {
        assert!(received.form.is_empty(), "{received:?}");
        assert!(received.query.iter().all(|(name, _)| name == "download_token"), "{received:?}");
        return;
    }
    assert_eq!((received.method.as_str(), received.query.len()), ("POST", 0), "{received:?}");
    assert_eq!(received.path, format!("/api/v2/{}", received.operation));
    if received.form.is_empty() {
        // The fault was injected before the site read the body.
        return;
    }
    let count = |wanted: &str| received.form.iter().filter(|(name, _)| name == wanted).count();
    let is_login = received.operation == "authorize";
    let expected = usize::from(!is_login);
    assert_eq!((count("access_token"), count("account_id")), (expected, expected), "{received:?}");
    if !is_login {
        assert_eq!(received.parameter("access_token").map(str::len), Some(128), "{received:?}");
        assert_eq!(received.parameter("account_id"), Some(HOLDER), "{received:?}");
        assert!(["key1", "key2", "username", "password"].iter().all(|name| count(name) == 0), "{received:?}");
    }
}

type Owned = Vec<(String, Vec<(String, String)>)>;

/// Returns operations with their parameters sorted by name, without credentials.
fn simplified(arrived: &[Received]) -> Owned {
    let simple = |received: &Received| {
        let is_credential = |name: &str| ["access_token", "account_id", "download_token"].contains(&name);
        let pairs = received.query.iter().chain(&received.form).filter(|(name, _)| !is_credential(name));
        let mut pairs: Vec<_> = pairs.cloned().collect();
        pairs.sort();
        (received.operation.clone(), pairs)
    };
    arrived.iter().map(simple).collect()
}

fn owned(expected: &[Call<'_>]) -> Owned {
    let pairs = |pairs: &[(&str, &str)]| pairs.iter().map(|(k, v)| (k.to_string(), v.to_string())).collect();
    expected.iter().map(|(operation, given)| (operation.to_string(), pairs(given))).collect()
}
