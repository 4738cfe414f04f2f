//! The gateways: each with its own store, and otherwise configured alike.

use std::fmt::Write as _;
use std::fs;
use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;

use tempfile::TempDir;

use super::redis::Redis;
use crate::failure::Failure;
use crate::process::{Process, free_address};
use crate::setup;

/// The number of accounts with sessions.
pub(super) const SESSIONS: u64 = 52;
/// The encryption key: 32 bytes in base64.
const ENCRYPTION_KEY: &str = "YmVuY2hiZW5jaGJlbmNoYmVuY2hiZW5jaGJlbmNoYmU=";

/// The store of a gateway.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Store {
    /// The memory of the process.
    Memory,
    /// Redis, with `consistency = "eventual"`.
    Eventual,
    /// Redis, with `consistency = "strict"`.
    Strict,
}

/// A client of the gateways.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Client {
    /// The gateways share the count of its requests.
    Limited,
    /// Its rate limit exceeds a million requests a second, so each gateway counts its requests alone.
    Unlimited,
}

/// The site, and what is needed to start gateways in front of it.
pub(super) struct World {
    site: Process,
    folder: TempDir,
}

impl Store {
    pub(super) fn title(self) -> &'static str {
        match self {
            Self::Memory => "no Redis",
            Self::Eventual => "Redis, eventual",
            Self::Strict => "Redis, strict",
        }
    }

    /// Returns the number of its database in Redis.
    pub(super) fn database(self) -> u8 {
        match self {
            Self::Memory | Self::Eventual => 0,
            Self::Strict => 1,
        }
    }

    /// Returns the value of `consistency`; `None` without Redis.
    fn consistency(self) -> Option<&'static str> {
        match self {
            Self::Memory => None,
            Self::Eventual => Some("eventual"),
            Self::Strict => Some("strict"),
        }
    }
}

impl Client {
    pub(super) fn key(self) -> &'static str {
        match self {
            Self::Limited => "limited",
            Self::Unlimited => "unlimited",
        }
    }

    /// Returns the requests and the seconds of its rate limit.
    fn rate_limit(self) -> (u32, u32) {
        match self {
            Self::Limited => (4_000_000_000, 31_536_000),
            Self::Unlimited => (100_000_000, 1),
        }
    }
}

impl World {
    pub(super) async fn start() -> Result<Self, Failure> {
        let folder = tempfile::tempdir().map_err(Failure::of("no temporary folder"))?;
        Ok(Self { site: setup::start_site(folder.path()).await?, folder })
    }

    pub(super) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Starts a gateway.
    ///
    /// # Errors
    /// Fails if it does not start, or if its store needs Redis and there is none.
    pub(super) async fn gateway(
        &self,
        polyhost: &Path,
        store: Store,
        redis: Option<&Redis>,
    ) -> Result<Process, Failure> {
        let address = free_address()?;
        let mut text = configuration(address, self.site.address());
        if let Some(consistency) = store.consistency() {
            let redis = redis.ok_or_else(|| Failure::new("there is no Redis"))?;
            // Writing to a `String` cannot fail.
            let _ = write!(
                text,
                "[state]\nredis_url = \"{}\"\nconsistency = \"{consistency}\"\nencryption_key = \"{ENCRYPTION_KEY}\"\n",
                redis.url(store.database())
            );
        }
        let path = self.folder().join(format!("gateway-{}.toml", address.port()));
        fs::write(&path, text).map_err(Failure::of("cannot write a configuration"))?;
        let mut command = Command::new(polyhost);
        command.args(["serve", "--config"]).arg(path);
        Process::start("gateway", &mut command, address, self.folder()).await
    }
}

/// Returns the configuration without `[state]`. The limits are too high to be reached, but requests are counted, and the
/// counts stay in Redis for some seconds. Entries of the cache do not expire during a measurement.
fn configuration(listen: SocketAddr, site: SocketAddr) -> String {
    let mut text = format!(
        "[server]\nlisten = \"{listen}\"\n\n\
         [upstream]\nrequests_per_second = 200.0\nburst = 4000000000\nmax_concurrency = 1024\n\n\
         [cache]\nfile_ttl = \"1h\"\nlisting_ttl = \"1h\"\n\n"
    );
    text += &setup::pstream_account("files", site, "bench");
    let sessions = (0..SESSIONS).map(|number| (format!("session-{number}"), format!("{number:064}")));
    for (name, key) in sessions.chain([("trash".to_owned(), "k".repeat(64))]) {
        text += &setup::streamplay_account(&name, site, &key);
    }
    for client in [Client::Limited, Client::Unlimited] {
        text += &setup::client(client.key(), client.rate_limit());
    }
    text
}
