//! The configuration file. One reading finds every fault.

mod accounts;
mod cache;
mod callers;
mod client;
mod clients;
mod fault;
mod key;
mod login_budget;
mod places;
mod providers;
mod secret;
mod section;
mod server;
mod state;
mod syntax;
mod telemetry;
#[cfg(test)]
mod tests;
mod tls;
mod upstream;

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::PathBuf;

use polyhost_domain::{AccountName, ProviderId};
use polyhost_upstream::Settings;
use toml::de::DeTable;

pub use accounts::AccountConfig;
pub use cache::CacheConfig;
pub use callers::Callers;
pub use client::{AccountSelection, Client, Scope, UnknownScope};
pub use fault::{Fault, Findings, escaped};
pub use key::{InvalidKeyHash, KeyHash, generate_key};
pub use providers::{BuiltIn, Known, ProviderConfig};
pub use server::{AccessLog, CorsOrigins, DEFAULT_LISTEN, ServerConfig};
pub use state::{EncryptionKey, RedisConfig, StateConfig};
pub use telemetry::TelemetryConfig;
pub use tls::Certificate;

use places::Places;
use section::{Reading, Section};

/// A valid configuration.
#[derive(Debug, Clone)]
pub struct Config {
    /// `[server]`
    pub server: ServerConfig,
    /// `[cache]`
    pub cache: CacheConfig,
    /// `[state]`
    pub state: StateConfig,
    /// `[telemetry]`
    pub telemetry: TelemetryConfig,
    /// The sites, built in and added.
    pub providers: BTreeMap<ProviderId, ProviderConfig>,
    /// `[accounts.X]`
    pub accounts: BTreeMap<AccountName, AccountConfig>,
    /// `[[clients]]`
    pub clients: Vec<Client>,
    /// The files that secrets were read from.
    pub files: Vec<PathBuf>,
    fixed: FixedTables,
}

/// The content of the tables that are read only at the start of the process.
#[derive(Clone, Default)]
struct FixedTables(BTreeMap<&'static str, toml::Table>);

/// Prints only the names, because the tables may contain secrets.
impl fmt::Debug for FixedTables {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.0.keys()).finish()
    }
}

/// The tables that are read only at the start of the process.
const FIXED: [&str; 4] = ["server", "cache", "state", "telemetry"];

impl Config {
    /// Reads a configuration.
    ///
    /// # Errors
    /// Every fault, each with its table and key.
    pub fn parse(text: &str, known: &Known) -> Result<Self, Vec<Fault>> {
        Self::examine(text, known).map_err(|findings| findings.faults)
    }

    /// Reads a configuration. Also returns the files that it names, even if it has faults.
    ///
    /// # Errors
    /// Every fault, each with its table and key, and the files.
    pub fn examine(text: &str, known: &Known) -> Result<Self, Findings> {
        let invalid = |error| Findings::fault(syntax::fault(text, &error));
        let places = DeTable::parse(text).map_err(invalid)?;
        let table = text.parse::<toml::Table>().map_err(invalid)?;
        let reading = Reading { text, findings: RefCell::default() };
        let config = Self::read(Section::root(&table, Places::root(places.get_ref()), &reading), known);
        let mut findings = reading.findings.take();
        if !findings.faults.is_empty() {
            findings.faults.sort_by_key(|fault| (fault.line, fault.column));
            return Err(findings);
        }
        let fixed = |key| Some((key, table.get(key)?.as_table()?.clone()));
        let fixed = FixedTables(FIXED.into_iter().filter_map(fixed).collect());
        Ok(Self { files: findings.files, fixed, ..config })
    }

    /// Returns the keys of the tables in `FIXED` whose values differ in another configuration. Their change needs a
    /// restart.
    #[must_use]
    pub fn fixed_changes(&self, other: &Self) -> Vec<String> {
        let is_changed = [
            self.server != other.server,
            self.cache != other.cache,
            self.state != other.state,
            self.telemetry != other.telemetry,
        ];
        let tables = FIXED.into_iter().zip(is_changed).filter(|(_, is_changed)| *is_changed);
        tables.flat_map(|(table, _)| changed_keys(table, self.fixed.0.get(table), other.fixed.0.get(table))).collect()
    }

    fn read(mut root: Section<'_>, known: &Known) -> Self {
        let server = ServerConfig::read(root.section("server"));
        let cache = CacheConfig::read(root.section("cache"));
        let state = StateConfig::read(root.section("state"));
        let telemetry = TelemetryConfig::read(root.section("telemetry"));
        let mut section = root.section("upstream");
        let defaults = Settings { idle_timeout: server.idle_timeout, ..Settings::default() };
        let settings = upstream::read(&mut section, &defaults);
        section.finish();
        let providers = providers::read(&mut root, known, &settings);
        let accounts = accounts::read(&mut root, known, &providers);
        let clients = clients::read(&mut root, &accounts);
        root.finish();
        Self {
            server,
            cache,
            state,
            telemetry,
            providers,
            accounts,
            clients,
            files: Vec::new(),
            fixed: FixedTables::default(),
        }
    }
}

/// Returns each key of a table whose value differs, such as `[server] listen`.
fn changed_keys(table: &str, one: Option<&toml::Table>, other: Option<&toml::Table>) -> Vec<String> {
    let value = |of: Option<&toml::Table>, key: &str| of.and_then(|table| table.get(key)).cloned();
    let keys: BTreeSet<&String> = one.into_iter().chain(other).flat_map(toml::Table::keys).collect();
    let changed = keys.into_iter().filter(|key| value(one, key) != value(other, key));
    changed.map(|key| format!("[{table}] {key}")).collect()
}
