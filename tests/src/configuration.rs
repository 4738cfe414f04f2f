//! The configuration of a gateway under test. `[server]`, `[upstream]` and `[cache]` are written line by line; accounts
//! and clients are built from their properties.

use sha2::{Digest, Sha256};

/// The keys of `[upstream]` that are set to 0 by default: one attempt per call, and no circuit breaker.
const ZERO_BY_DEFAULT: [&str; 2] = ["retries", "circuit_failures"];

/// A builder of a configuration.
#[derive(Debug, Clone, Default)]
pub struct Configuration {
    server: String,
    upstream: String,
    cache: String,
    tables: String,
    default_resilience: bool,
}

impl Configuration {
    /// Returns a configuration without accounts and clients that listens on a free port. Retries and circuits are off,
    /// so that a test sees each fault of a site directly.
    pub fn new() -> Self {
        Self::default()
    }

    /// Restores the default retries and circuits.
    #[must_use]
    pub fn with_retries_and_circuits(mut self) -> Self {
        self.default_resilience = true;
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

    /// Adds an account at the provider `pstream`, reached at `base_url`.
    #[must_use]
    pub fn account(self, name: &str, base_url: &str, login: &str, key: &str) -> Self {
        self.table(&format!(
            "[accounts.{name}]\nprovider = \"pstream\"\nbase_url = \"{base_url}\"\nlogin = \"{login}\"\nkey = \"{key}\""
        ))
    }

    /// Adds a client with one key, for some accounts (`["*"]` is all) with some scopes. Its rate limit is higher than
    /// any test reaches.
    #[must_use]
    pub fn client(self, name: &str, key: &str, accounts: &[&str], scopes: &[&str]) -> Self {
        let unlimited = "rate_limit = { requests = 1000000, per_seconds = 60 }";
        self.limited_client(name, key, unlimited, accounts, scopes)
    }

    /// Adds a client whose limits are given as lines of TOML.
    #[must_use]
    pub fn limited_client(self, name: &str, key: &str, limits: &str, accounts: &[&str], scopes: &[&str]) -> Self {
        let hash = key_sha256(key);
        self.table(&format!(
            "[[clients]]\nname = \"{name}\"\nkey_sha256 = \"{hash}\"\naccounts = {accounts:?}\nscopes = {scopes:?}\n{limits}"
        ))
    }

    /// Adds a table, given as TOML.
    #[must_use]
    pub fn table(mut self, lines: &str) -> Self {
        self.tables += &format!("{lines}\n\n");
        self
    }

    /// Returns the whole configuration as TOML.
    pub fn text(&self) -> String {
        let listen = if sets(&self.server, "listen") { "" } else { "listen = \"127.0.0.1:0\"\n" };
        let unset = ZERO_BY_DEFAULT.into_iter().filter(|key| !self.default_resilience && !sets(&self.upstream, key));
        let zeroed: String = unset.map(|key| format!("{key} = 0\n")).collect();
        let Self { server, upstream, cache, tables, .. } = self;
        format!("[server]\n{listen}{server}\n[upstream]\n{zeroed}{upstream}\n[cache]\n{cache}\n{tables}")
    }
}

fn sets(lines: &str, key: &str) -> bool {
    lines.lines().any(|line| line.trim_start().starts_with(key))
}

/// Returns the SHA-256 of a key, as a configuration holds it.
pub fn key_sha256(key: &str) -> String {
    hex::encode(Sha256::digest(key.as_bytes()))
}
