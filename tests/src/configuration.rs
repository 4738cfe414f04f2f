//! The configuration of a gateway under test: `[server]`, `[upstream]` and `[cache]` line by line, accounts and clients by
//! what they are.

use sha2::{Digest, Sha256};

/// One attempt at everything, and no circuit.
const UNFORGIVING: [&str; 2] = ["retries", "circuit_failures"];

/// A configuration that is being put together.
#[derive(Debug, Clone, Default)]
pub struct Configuration {
    server: String,
    upstream: String,
    cache: String,
    tables: String,
    forgives: bool,
}

impl Configuration {
    /// No account and no client; listens on a free port. What a site does wrong is seen as it is: nothing is asked a
    /// second time, and no site is left alone.
    pub fn new() -> Self {
        Self::default()
    }

    /// Gives the default retries and circuits back.
    #[must_use]
    pub fn forgives(mut self) -> Self {
        self.forgives = true;
        self
    }

    /// Adds lines to `[server]`.
    #[must_use]
    pub fn server(mut self, lines: &str) -> Self {
        self.server += &format!("{lines}\n");
        self
    }

    /// Adds lines to `[upstream]`.
    #[must_use]
    pub fn upstream(mut self, lines: &str) -> Self {
        self.upstream += &format!("{lines}\n");
        self
    }

    /// Adds lines to `[cache]`.
    #[must_use]
    pub fn cache(mut self, lines: &str) -> Self {
        self.cache += &format!("{lines}\n");
        self
    }

    /// Adds an account at pstream, which is reached at `base_url`.
    #[must_use]
    pub fn account(self, name: &str, base_url: &str, login: &str, key: &str) -> Self {
        self.table(&format!(
            "[accounts.{name}]\nprovider = \"pstream\"\nbase_url = \"{base_url}\"\nlogin = \"{login}\"\nkey = \"{key}\""
        ))
    }

    /// Adds a client with one key, for some accounts (`["*"]` is all) with some scopes. It may ask as much as any test
    /// does.
    #[must_use]
    pub fn client(self, name: &str, key: &str, accounts: &[&str], scopes: &[&str]) -> Self {
        let endless = "rate_limit = { requests = 1000000, per_seconds = 60 }";
        self.limited_client(name, key, endless, accounts, scopes)
    }

    /// Adds a client with limits of its own, as they are written.
    #[must_use]
    pub fn limited_client(self, name: &str, key: &str, limits: &str, accounts: &[&str], scopes: &[&str]) -> Self {
        let hash = key_sha256(key);
        self.table(&format!(
            "[[clients]]\nname = \"{name}\"\nkey_sha256 = \"{hash}\"\naccounts = {accounts:?}\nscopes = {scopes:?}\n{limits}"
        ))
    }

    /// Adds a table as it is written.
    #[must_use]
    pub fn table(mut self, lines: &str) -> Self {
        self.tables += &format!("{lines}\n\n");
        self
    }

    /// The whole as TOML.
    pub fn text(&self) -> String {
        let listen = if tells(&self.server, "listen") { "" } else { "listen = \"127.0.0.1:0\"\n" };
        let untold = UNFORGIVING.into_iter().filter(|key| !self.forgives && !tells(&self.upstream, key));
        let unforgiving: String = untold.map(|key| format!("{key} = 0\n")).collect();
        let Self { server, upstream, cache, tables, .. } = self;
        format!("[server]\n{listen}{server}\n[upstream]\n{unforgiving}{upstream}\n[cache]\n{cache}\n{tables}")
    }
}

fn tells(lines: &str, key: &str) -> bool {
    lines.lines().any(|line| line.trim_start().starts_with(key))
}

/// The SHA-256 of a key, as a configuration holds it.
pub fn key_sha256(key: &str) -> String {
    hex::encode(Sha256::digest(key.as_bytes()))
}
