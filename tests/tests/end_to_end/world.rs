//! The world of most tests: a simulated site, a gateway in front of it, and a caller.

use jiff::Timestamp;
use polyhost_end_to_end::{Caller, Configuration, Gateway};
use polyhost_sandbox::openload::{Openload, Options};
use polyhost_sandbox::{Fault, ManualClock, Received, Rule};

/// The key of the client that may read and write.
pub(crate) const KEY: &str = "key-of-web";
/// The credentials of the account `main` at the site.
pub(crate) const LOGIN: &str = "login-of-main";
pub(crate) const SITE_KEY: &str = "key-of-main";
/// The time of the site's clock.
pub(crate) const NOW: &str = "2019-07-06T12:00:00Z";

/// A call that arrived at the site: the operation, and its parameters sorted by name, without credentials.
pub(crate) type Call<'a> = (&'a str, &'a [(&'a str, &'a str)]);

/// A site, a gateway and a caller.
pub(crate) struct World {
    pub(crate) site: Openload,
    pub(crate) clock: ManualClock,
    pub(crate) gateway: Gateway,
    pub(crate) caller: Caller,
}

/// Returns a path below the account `main`.
pub(crate) fn at(path: &str) -> String {
    format!("/v1/accounts/main/{path}")
}

/// Starts a simulated site whose clock stands still. It is empty unless `change` sets other options.
pub(crate) async fn site(change: impl FnOnce(&mut Options)) -> (Openload, ManualClock) {
    let clock = ManualClock::starting_at(NOW.parse::<Timestamp>().unwrap());
    let mut options = Options {
        login: LOGIN.to_owned(),
        key: SITE_KEY.to_owned(),
        seeded: false,
        clock: clock.clock(),
        ..Options::default()
    };
    change(&mut options);
    (Openload::start(options).await.unwrap(), clock)
}

/// Returns a configuration with the account `main` at a site, and a client with access to it.
pub(crate) fn configuration(site: &Openload) -> Configuration {
    Configuration::new().account("main", &site.base_url(), LOGIN, SITE_KEY).client(
        "web",
        KEY,
        &["*"],
        &["read", "write"],
    )
}

impl World {
    /// Starts an empty site, and a gateway with the default settings.
    pub(crate) async fn start() -> Self {
        Self::with(|_| (), |configuration| configuration).await
    }

    /// Starts a site with other options.
    pub(crate) async fn at_site(change: impl FnOnce(&mut Options)) -> Self {
        Self::with(change, |configuration| configuration).await
    }

    /// Starts a gateway with other settings.
    pub(crate) async fn configured(change: impl FnOnce(Configuration) -> Configuration) -> Self {
        Self::with(|_| (), change).await
    }

    /// Starts a site with other options, and a gateway with other settings.
    pub(crate) async fn with(
        options: impl FnOnce(&mut Options),
        settings: impl FnOnce(Configuration) -> Configuration,
    ) -> Self {
        let (site, clock) = site(options).await;
        let gateway = Gateway::start(&settings(configuration(&site))).await;
        let caller = gateway.caller(KEY);
        Self { site, clock, gateway, caller }
    }

    /// Stops the gateway, and starts another one with the same configuration.
    pub(crate) async fn restart(&mut self) {
        let gateway = Gateway::start(&configuration(&self.site)).await;
        let old = std::mem::replace(&mut self.gateway, gateway);
        assert_eq!(old.stop().await.code(), Some(0));
        self.caller = self.gateway.caller(KEY);
    }

    /// Injects a fault into an operation of the site.
    pub(crate) fn inject(&self, operation: &str, fault: Fault) {
        self.site.faults().add(Rule::new(operation, fault));
    }

    /// Returns and clears the requests that arrived at the site.
    pub(crate) fn arrived(&self) -> Vec<Received> {
        let all = self.site.journal().all();
        self.site.journal().clear();
        all
    }

    /// Asserts which calls arrived at the site since the journal was cleared, in order. Each call of the API must have
    /// carried the account's credentials exactly once. Clears the journal.
    #[track_caller]
    pub(crate) fn assert_sent(&self, expected: &[Call<'_>]) {
        let arrived: Vec<(String, Vec<(String, String)>)> = self.arrived().iter().map(simplified).collect();
        let owned = |pairs: &[(&str, &str)]| pairs.iter().map(|(k, v)| (k.to_string(), v.to_string())).collect();
        let expected: Vec<(String, Vec<(String, String)>)> =
            expected.iter().map(|(operation, pairs)| (operation.to_string(), owned(pairs))).collect();
        assert_eq!(arrived, expected);
    }

    /// Returns and clears the operations that arrived at the site.
    pub(crate) fn operations(&self) -> Vec<String> {
        self.arrived().into_iter().map(|received| received.operation).collect()
    }

    /// Asserts that nothing arrived at the site since the journal was cleared.
    #[track_caller]
    pub(crate) fn assert_nothing_sent(&self) {
        self.assert_sent(&[]);
    }
}

#[track_caller]
fn simplified(received: &Received) -> (String, Vec<(String, String)>) {
    if received.operation == "upload" {
        return (received.operation.clone(), Vec::new());
    }
    let (credentials, mut others): (Vec<_>, Vec<_>) =
        received.query.iter().chain(&received.form).cloned().partition(|(name, _)| name == "login" || name == "key");
    assert_eq!(credentials.len(), 2, "{received:?}");
    assert_eq!(received.parameter("login"), Some(LOGIN));
    assert_eq!(received.parameter("key"), Some(SITE_KEY));
    assert_eq!(received.path, format!("/v1/{}", received.operation));
    others.sort_by(|(a, _), (b, _)| a.cmp(b));
    (received.operation.clone(), others)
}
