//! Many simulated sites of one dialect, an account at each, and one gateway in front of all of them: so that many faults
//! can be looked at side by side, and none of them is counted for another.

use std::path::Path;

use polyhost_end_to_end::{Answer, Caller, Configuration, Gateway};
use polyhost_sandbox::openload::{self, Openload};
use polyhost_sandbox::yetishare::{self, Yetishare};
use polyhost_sandbox::{Faults, Journal, Rule};

use crate::streamplay::world::{KEY1, KEY2, account, login};
use crate::world::{KEY, LOGIN, SITE_KEY};

/// How often a request is sent again at most.
pub(super) const RETRIES: usize = 2;

/// A protocol that sites speak.
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

/// A site, and who asks the gateway for it.
pub(super) struct Place {
    pub(super) site: Site,
    pub(super) caller: Caller,
    account: String,
}

/// A gateway, and a place for each account of it.
pub(super) struct World {
    pub(super) gateway: Gateway,
    pub(super) places: Vec<Place>,
}

impl World {
    /// So many places, and a gateway with settings.
    pub(super) async fn start(dialect: Dialect, places: usize, settings: Configuration) -> Self {
        let mut sites = Vec::new();
        for _ in 0..places {
            sites.push(Site::start(dialect).await);
        }
        Self::at(sites, settings).await
    }

    /// A place at each of the sites. The accounts are called `a0`, `a1` and so on.
    pub(super) async fn at(sites: Vec<Site>, settings: Configuration) -> Self {
        let named = sites.iter().enumerate().map(|(number, site)| (format!("a{number}"), site));
        let configuration = named.fold(settings, |all, (name, site)| all.table(&site.account(&name)));
        let configuration = configuration.client("web", KEY, &["*"], &["read", "write"]);
        let gateway = Gateway::start_with(&configuration, &[], &few_authorities()).await;
        // One caller for all: each new one would read the system's certificates.
        let caller = gateway.caller(KEY);
        let place = |(number, site)| Place { site, caller: caller.clone(), account: format!("a{number}") };
        let places = sites.into_iter().enumerate().map(place).collect();
        Self { gateway, places }
    }

    /// Nothing has gone so wrong that the gateway would not be what it was.
    pub(super) async fn assert_sound(mut self) {
        self.gateway.caller(KEY).get("/readyz").await.status(200);
        assert!(self.gateway.program().runs());
        let log = self.gateway.stop().await.stderr;
        let complaint = log.lines().find(|line| line.contains("panic"));
        assert_eq!(complaint, None);
    }
}

impl Place {
    /// A path below the account.
    pub(super) fn at(&self, path: &str) -> String {
        format!("/v1/accounts/{}{path}", self.account)
    }

    /// Reads a new file.
    pub(super) async fn read_file(&self) -> Answer {
        let file = self.site.add_file("a.mp4", b"a");
        self.caller.get(&self.at(&format!("/files/{file}"))).await
    }

    /// A new remote upload.
    pub(super) async fn add_remote_upload(&self, name: &str) -> String {
        let body = serde_json::json!({"url": format!("https://example.org/{name}")});
        let added = self.caller.post(&self.at("/remote-uploads"), &body).await.json(202);
        added["id"].as_str().expect("an id").to_owned()
    }
}

/// The circuit that the list of accounts tells of an account.
pub(super) async fn circuit(caller: &Caller, account: &str) -> String {
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

    /// The table of an account at the site.
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

    /// Puts a file into the root.
    pub(super) fn add_file(&self, name: &str, bytes: &[u8]) -> String {
        match self {
            Self::Openload(site) => site.add_file("0", name, bytes),
            Self::Yetishare(site) => site.add_file("0", name, bytes),
        }
    }

    /// Breaks an operation.
    pub(super) fn breaks(&self, rule: Rule) {
        self.faults().add(rule);
    }

    /// Puts a folder into the root.
    pub(super) fn add_folder(&self, name: &str) -> String {
        match self {
            Self::Openload(site) => site.add_folder("0", name),
            Self::Yetishare(site) => site.add_folder("0", name),
        }
    }

    /// How often an operation has arrived.
    pub(super) fn arrived(&self, operation: &str) -> usize {
        self.journal().of(operation).len()
    }
}

/// Lets the gateway trust one authority instead of all of the system's. Nothing here is encrypted, and each account
/// reads all of them, which takes a debug build a third of a second.
fn few_authorities() -> Vec<(String, String)> {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures");
    let file = fixtures.join("authority.pem").display().to_string();
    // Without this the system's folder is read as well.
    let folder = fixtures.join("no-more-authorities").display().to_string();
    vec![("SSL_CERT_FILE".to_owned(), file), ("SSL_CERT_DIR".to_owned(), folder)]
}

/// The base URL of a site that nobody listens at.
pub(super) async fn nowhere() -> String {
    let port = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    format!("http://{}/v1", port.local_addr().unwrap())
}
