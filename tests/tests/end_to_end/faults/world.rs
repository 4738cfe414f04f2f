//! The world of the tests of faults: many simulated sites of one dialect, an account at each, and one gateway. Faults
//! at different sites can be tested concurrently, and do not influence each other.

use std::path::Path;

use polyhost_end_to_end::{Answer, Caller, Configuration, Gateway};
use polyhost_sandbox::openload::{self, Openload};
use polyhost_sandbox::yetishare::{self, Yetishare};
use polyhost_sandbox::{Faults, Journal, Rule};

use crate::streamplay::world::{KEY1, KEY2, account, login};
use crate::world::{KEY, LOGIN, SITE_KEY};

/// The number of retries of a request.
pub(super) const RETRIES: usize = 2;

/// A dialect of the sites.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Dialect {
    Openload,
    Yetishare,
}

/// A simulated site.
pub(super) enum Site {
    Openload(Openload),
    Yetishare(Yetishare),
}

/// A site, with a caller of its account.
pub(super) struct Place {
    pub(super) site: Site,
    pub(super) caller: Caller,
    account: String,
}

/// A gateway, with a place for each of its accounts.
pub(super) struct World {
    pub(super) gateway: Gateway,
    pub(super) places: Vec<Place>,
}

impl World {
    /// Starts `places` sites of a dialect, and a gateway with settings.
    pub(super) async fn start(dialect: Dialect, places: usize, settings: Configuration) -> Self {
        let mut sites = Vec::new();
        for _ in 0..places {
            sites.push(Site::start(dialect).await);
        }
        Self::at(sites, settings).await
    }

    /// Starts a gateway with an account at each of the sites. The accounts are called `a0`, `a1` and so on.
    pub(super) async fn at(sites: Vec<Site>, settings: Configuration) -> Self {
        let named = sites.iter().enumerate().map(|(number, site)| (format!("a{number}"), site));
        let configuration = named.fold(settings, |all, (name, site)| all.table(&site.account(&name)));
        let configuration = configuration.client("web", KEY, &["*"], &["read", "write"]);
        let gateway = Gateway::start_with(&configuration, &[], &few_authorities()).await;
        // All places share one caller, because each new one would read the system's certificates.
        let caller = gateway.caller(KEY);
        let place = |(number, site)| Place { site, caller: caller.clone(), account: format!("a{number}") };
        let places = sites.into_iter().enumerate().map(place).collect();
        Self { gateway, places }
    }

    /// Asserts that the gateway is ready, still runs, and has not logged a panic.
    pub(super) async fn assert_sound(mut self) {
        self.gateway.caller(KEY).get("/readyz").await.status(200);
        assert!(self.gateway.program().runs());
        let log = self.gateway.stop().await.stderr;
        let complaint = log.lines().find(|line| line.contains("panic"));
        assert_eq!(complaint, None);
    }
}

impl Place {
    /// Returns a path below the account.
    pub(super) fn at(&self, path: &str) -> String {
        format!("/v1/accounts/{}{path}", self.account)
    }

    /// Adds a file to the site, and reads it.
    pub(super) async fn read_file(&self) -> Answer {
        let file = self.site.add_file("a.mp4", b"a");
        self.caller.get(&self.at(&format!("/files/{file}"))).await
    }

    /// Adds a remote upload, and returns its id.
    pub(super) async fn add_remote_upload(&self, name: &str) -> String {
        let body = serde_json::json!({"url": format!("https://example.org/{name}")});
        let added = self.caller.post(&self.at("/remote-uploads"), &body).await.json(202);
        added["id"].as_str().expect("an id").to_owned()
    }
}

/// Returns the state of an account's circuit, as the list of accounts shows it.
pub(crate) async fn circuit(caller: &Caller, account: &str) -> String {
    let all = caller.get("/v1/accounts").await.items();
    let own = all.into_iter().find(|item| item["name"] == account).expect("the account is listed");
    own["health"]["circuit"].as_str().expect("a word").to_owned()
}

impl Site {
    pub(super) async fn start(dialect: Dialect) -> Self {
        match dialect {
            Dialect::Openload => {
                let options =
                    openload::Options { login: LOGIN.to_owned(), key: SITE_KEY.to_owned(), ..Default::default() };
                Self::Openload(Openload::start(openload::Options { seeded: false, ..options }).await.unwrap())
            }
            Dialect::Yetishare => {
                let options = yetishare::Options { login: login(), seeded: false, ..Default::default() };
                Self::Yetishare(Yetishare::start(options).await.unwrap())
            }
        }
    }

    /// Returns the table of an account at the site.
    pub(super) fn account(&self, name: &str) -> String {
        match self {
            Self::Openload(site) => {
                let base_url = site.base_url();
                format!(
                    "[accounts.{name}]\nprovider = \"pstream\"\nbase_url = \"{base_url}\"\nlogin = \"{LOGIN}\"\n\
                     key = \"{SITE_KEY}\""
                )
            }
            Self::Yetishare(site) => account(name, &site.base_url(), KEY1, KEY2),
        }
    }

    pub(super) fn journal(&self) -> &Journal {
        match self {
            Self::Openload(site) => site.journal(),
            Self::Yetishare(site) => site.journal(),
        }
    }

    pub(super) fn faults(&self) -> &Faults {
        match self {
            Self::Openload(site) => site.faults(),
            Self::Yetishare(site) => site.faults(),
        }
    }

    /// Adds a file to the root folder.
    pub(super) fn add_file(&self, name: &str, bytes: &[u8]) -> String {
        match self {
            Self::Openload(site) => site.add_file("0", name, bytes),
            Self::Yetishare(site) => site.add_file("0", name, bytes),
        }
    }

    /// Adds a fault rule to the site.
    pub(super) fn inject(&self, rule: Rule) {
        self.faults().add(rule);
    }

    /// Adds a folder to the root folder.
    pub(super) fn add_folder(&self, name: &str) -> String {
        match self {
            Self::Openload(site) => site.add_folder("0", name),
            Self::Yetishare(site) => site.add_folder("0", name),
        }
    }

    /// Returns the number of requests for an operation that have arrived.
    pub(super) fn arrived(&self, operation: &str) -> usize {
        self.journal().of(operation).len()
    }
}

/// Returns environment variables that make the gateway trust one authority instead of all of the system's. No
/// connection here is encrypted. Each account reads all authorities, which takes a debug build a third of a second.
fn few_authorities() -> Vec<(String, String)> {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures");
    let file = fixtures.join("authority.pem").display().to_string();
    // Without this, the system's folder would be read too.
    let folder = fixtures.join("no-more-authorities").display().to_string();
    vec![("SSL_CERT_FILE".to_owned(), file), ("SSL_CERT_DIR".to_owned(), folder)]
}

/// Returns the base URL of a site on which nothing listens.
pub(super) async fn nowhere() -> String {
    let port = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    format!("http://{}/v1", port.local_addr().unwrap())
}
