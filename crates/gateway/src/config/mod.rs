//! The configuration file. Every fault in it is found in one reading; none is a reason to stop looking for others.

mod accounts;
mod cache;
mod clients;
mod providers;
mod secret;
mod section;
mod server;
mod syntax;
#[cfg(test)]
mod tests;
mod upstream;

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use polyhost_domain::{AccountName, ProviderId};
use polyhost_upstream::Settings;

pub use accounts::AccountConfig;
pub use cache::CacheConfig;
pub use providers::{DigestChoice, ProgressScale, ProviderConfig, QuirksConfig};
pub use section::Findings;
pub use server::{DEFAULT_LISTEN, ServerConfig};

use crate::auth::Client;
use section::Section;

/// A whole configuration without a fault.
#[derive(Debug, Clone)]
pub struct Config {
    /// `[server]`
    pub server: ServerConfig,
    /// `[cache]`
    pub cache: CacheConfig,
    /// The sites, built in and added.
    pub providers: BTreeMap<ProviderId, ProviderConfig>,
    /// `[accounts.X]`
    pub accounts: BTreeMap<AccountName, AccountConfig>,
    /// `[[clients]]`
    pub clients: Vec<Client>,
    /// Keys that are understood and have no effect in this version.
    pub unused: Vec<String>,
}

impl Config {
    /// Reads a configuration.
    ///
    /// # Errors
    /// Every fault, each with its table and key.
    pub fn parse(text: &str) -> Result<Self, Vec<String>> {
        let table = text.parse::<toml::Table>().map_err(|error| vec![syntax::fault(text, &error)])?;
        let findings = Rc::new(RefCell::new(Findings::default()));
        let config = Self::read(&table, &findings);
        let findings = findings.take();
        if findings.faults.is_empty() { Ok(Self { unused: findings.unused, ..config }) } else { Err(findings.faults) }
    }

    fn read(table: &toml::Table, findings: &Rc<RefCell<Findings>>) -> Self {
        let mut root = Section::new("", Some(table), findings);
        let server = ServerConfig::read(root.section("server"));
        let cache = CacheConfig::read(root.section("cache"));
        let mut section = root.section("upstream");
        let defaults = Settings { idle_timeout: server.idle_timeout, ..Settings::default() };
        let settings = upstream::read(&mut section, &defaults);
        section.finish();
        let providers = providers::read(&mut root, &settings);
        let accounts = accounts::read(&mut root, &providers);
        let clients = clients::read(&mut root, &accounts);
        root.finish();
        Self { server, cache, providers, accounts, clients, unused: Vec::new() }
    }
}
