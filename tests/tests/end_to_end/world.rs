//! What almost every test begins with: a simulated site, a gateway in front of it, and somebody who calls the gateway.

use jiff::Timestamp;
use polyhost_end_to_end::{Caller, Configuration, Gateway};
use polyhost_sandbox::openload::{Openload, Options};
use polyhost_sandbox::{Fault, ManualClock, Received, Rule};

/// The key of the client that may read and write.
pub(crate) const KEY: &str = "key-of-web";
/// The credentials of the account `main` at the site.
pub(crate) const LOGIN: &str = "login-of-main";
pub(crate) const SITE_KEY: &str = "key-of-main";
/// When it is at the site.
pub(crate) const NOW: &str = "2019-07-06T12:00:00Z";

/// A call that arrived at the site: its operation, and its parameters in the order of their names, credentials aside.
pub(crate) type Call<'a> = (&'a str, &'a [(&'a str, &'a str)]);

/// A site, a gateway and a caller.
pub(crate) struct World {
    pub(crate) site: Openload,
    pub(crate) clock: ManualClock,
    pub(crate) gateway: Gateway,
    pub(crate) caller: Caller,
}

/// A path below the account `main`.
pub(crate) fn at(path: &str) -> String {
    format!("/v1/accounts/main/{path}")
}

/// A simulated site whose clock stands still; empty unless `change` says otherwise.
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

/// The account `main` at a site, and a client with a key for it.
pub(crate) fn configuration(site: &Openload) -> Configuration {
    Configuration::new().account("main", &site.base_url(), LOGIN, SITE_KEY).client(
        "web",
        KEY,
        &["*"],
        &["read", "write"],
    )
}

impl World {
    /// An empty site and a gateway with the default settings.
    pub(crate) async fn start() -> Self {
        Self::with(|_| (), |configuration| configuration).await
    }

    /// A site with options.
    pub(crate) async fn at_site(change: impl FnOnce(&mut Options)) -> Self {
        Self::with(change, |configuration| configuration).await
    }

    /// A gateway with settings.
    pub(crate) async fn configured(change: impl FnOnce(Configuration) -> Configuration) -> Self {
        Self::with(|_| (), change).await
    }

    /// A site with options, and a gateway with settings.
    pub(crate) async fn with(
        options: impl FnOnce(&mut Options),
        settings: impl FnOnce(Configuration) -> Configuration,
    ) -> Self {
        let (site, clock) = site(options).await;
        let gateway = Gateway::start(&settings(configuration(&site))).await;
        let caller = gateway.caller(KEY);
        Self { site, clock, gateway, caller }
    }

    /// Ends the gateway and starts another one with the same configuration.
    pub(crate) async fn restart(&mut self) {
        let gateway = Gateway::start(&configuration(&self.site)).await;
        let old = std::mem::replace(&mut self.gateway, gateway);
        assert_eq!(old.stop().await.code(), Some(0));
        self.caller = self.gateway.caller(KEY);
    }

    /// Breaks an operation of the site.
    pub(crate) fn breaks(&self, operation: &str, fault: Fault) {
        self.site.faults().add(Rule::new(operation, fault));
    }

    /// What arrived at the site since the last look.
    pub(crate) fn arrived(&self) -> Vec<Received> {
        let all = self.site.journal().all();
        self.site.journal().clear();
        all
    }

    /// Holds what arrived at the site since the last look against what should have, call by call and in order. Each
    /// call of the API must have carried the account's credentials, once.
    #[track_caller]
    pub(crate) fn assert_sent(&self, expected: &[Call<'_>]) {
        let arrived: Vec<(String, Vec<(String, String)>)> = self.arrived().iter().map(simplified).collect();
        let owned = |pairs: &[(&str, &str)]| pairs.iter().map(|(k, v)| (k.to_string(), v.to_string())).collect();
        let expected: Vec<(String, Vec<(String, String)>)> =
            expected.iter().map(|(operation, pairs)| (operation.to_string(), owned(pairs))).collect();
        assert_eq!(arrived, expected);
    }

    /// The operations that arrived at the site since the last look.
    pub(crate) fn operations(&self) -> Vec<String> {
        self.arrived().into_iter().map(|received| received.operation).collect()
    }

    /// Nothing arrived at the site since the last look.
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
