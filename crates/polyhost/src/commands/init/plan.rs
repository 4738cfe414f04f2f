//! The content of a new configuration: the site, the account with its credentials, and the client. The options of
//! `polyhost init` are checked here; answers on the terminal become options first.

use std::collections::BTreeMap;

use polyhost_config::{Config, Known};
use polyhost_domain::{AccountName, ProviderId};
use polyhost_upstream::{Dialect, Quirk, QuirkKind};
use secrecy::SecretString;

use crate::KNOWN;
use crate::cli::Init;

/// The name of the account if the options name none.
pub(super) const DEFAULT_ACCOUNT: &str = "main";
/// The name of the client if the options name none.
pub(super) const DEFAULT_CLIENT: &str = "app";

/// The content of a new configuration.
pub(super) struct Plan {
    pub(super) provider: ProviderId,
    /// The site's table, if it is not built in.
    pub(super) added: Option<AddedSite>,
    pub(super) account: AccountName,
    pub(super) credentials: Vec<(&'static str, Secret)>,
    /// The name of the client that gets a key; `None` without keys.
    pub(super) client: Option<String>,
}

/// A site that is not built in.
pub(super) struct AddedSite {
    pub(super) dialect: &'static Dialect,
    pub(super) base_url: String,
    /// The differences of the site, each as a literal of TOML.
    pub(super) quirks: BTreeMap<&'static str, String>,
}

/// The place of a credential.
pub(super) enum Secret {
    /// `env:NAME` or `file:PATH`
    Reference(String),
    /// Typed on the terminal, to be stored in a file.
    Typed(SecretString),
}

/// The credentials that were typed, by their keys.
pub(super) type Typed = BTreeMap<&'static str, SecretString>;

impl Plan {
    /// Creates the plan that options describe, with defaults for the rest.
    ///
    /// # Errors
    /// The option that is missing or wrong.
    pub(super) fn of(options: &Init, typed: Typed) -> Result<Self, String> {
        let dialect = dialect(options)?;
        let provider = options.provider.as_deref().unwrap_or_default();
        let account = account(options)?;
        let added = match &options.base_url {
            Some(base_url) => {
                Some(AddedSite { dialect, base_url: base_url.clone(), quirks: quirks(options, dialect)? })
            }
            None if options.quirks.is_empty() => None,
            None => return Err("--quirk: needs --dialect and --base-url".to_owned()),
        };
        let client = options.client.as_deref().unwrap_or(DEFAULT_CLIENT);
        Ok(Self {
            provider: provider.parse().map_err(|error| format!("--provider: {error}"))?,
            added,
            credentials: credentials(options, dialect, &account, typed)?,
            account,
            client: (!options.no_keys).then(|| client.to_owned()),
        })
    }
}

/// Checks the options before the first question. Those that are missing may be answered later.
///
/// # Errors
/// The option that is wrong.
pub(super) fn check(options: &Init) -> Result<(), String> {
    let account = account(options)?;
    if let Some(provider) = &options.provider {
        provider.parse::<ProviderId>().map_err(|error| format!("--provider: {error}"))?;
    }
    references(options)?;
    if options.dialect.is_none() && !is_built_in(options) {
        return Ok(());
    }
    let dialect = dialect(options)?;
    quirks(options, dialect)?;
    credentials(options, dialect, &account, Typed::new()).map(drop)
}

/// Returns whether the options name a built-in site.
pub(super) fn is_built_in(options: &Init) -> bool {
    KNOWN.sites.iter().any(|site| Some(site.id) == options.provider.as_deref())
}

fn account(options: &Init) -> Result<AccountName, String> {
    options.account.as_deref().unwrap_or(DEFAULT_ACCOUNT).parse().map_err(|error| format!("--account: {error}"))
}

/// Returns the dialect of the site that the options name.
pub(super) fn dialect(options: &Init) -> Result<&'static Dialect, String> {
    let Known { dialects, sites } = KNOWN;
    let built_in = sites.iter().find(|site| Some(site.id) == options.provider.as_deref());
    let list = |names: Vec<String>| names.join(", ");
    match (&options.provider, built_in, &options.dialect) {
        (_, Some(site), None) => Ok(site.dialect),
        (_, Some(site), Some(_)) => Err(format!("--dialect: \"{}\" is built in; choose another --provider", site.id)),
        (_, None, Some(name)) => {
            let found = dialects.iter().copied().find(|dialect| dialect.name.to_string() == *name);
            let known = || list(dialects.iter().map(|dialect| dialect.name.to_string()).collect());
            found.ok_or_else(|| format!("--dialect: \"{name}\" is not a known dialect; known: {}", known()))
        }
        (_, None, _) => Err(format!(
            "--provider: must be one of {}, or the name of another site with its --dialect and --base-url",
            list(sites.iter().map(|site| site.id.to_owned()).collect())
        )),
    }
}

/// Reads the name of a site that is not built in.
pub(super) fn added_site(name: &str) -> Result<ProviderId, String> {
    if KNOWN.sites.iter().any(|site| site.id == name) {
        return Err(format!("The site \"{name}\" is built in; choose another name."));
    }
    name.parse().map_err(|error| format!("The name {error}."))
}

/// Returns the environment variable in which a credential is looked for by default.
pub(super) fn variable(account: &str, key: &str) -> String {
    format!("POLYHOST_ACCOUNT_{account}_{key}").replace('-', "_").to_uppercase()
}

/// Returns the fault of a site's table with these lines, without its place.
pub(super) fn site_fault(lines: &str) -> Option<String> {
    let faults = Config::parse(&format!("[providers.site]\n{lines}"), &KNOWN).err()?;
    faults.into_iter().next().map(|fault| fault.message)
}

/// Returns the fault of a quirk's literal in a table of the dialect.
pub(super) fn quirk_fault(dialect: &Dialect, quirk: &Quirk, literal: &str) -> Option<String> {
    // A line break in a literal that is not quoted would add further keys.
    if literal.contains(['\n', '\r']) {
        return Some("must be one line".to_owned());
    }
    let table = format!("dialect = \"{}\"\nbase_url = \"https://site.example\"\n", dialect.name);
    site_fault(&format!("{table}{} = {literal}", quirk.key))
}

/// Returns a quirk's value as a literal of TOML.
pub(super) fn literal(quirk: &Quirk, value: &str) -> String {
    match quirk.kind {
        QuirkKind::Flag | QuirkKind::LoginBudget => value.to_owned(),
        QuirkKind::Text | QuirkKind::Word(_) | QuirkKind::TimeZone => toml::Value::from(value).to_string(),
    }
}

fn quirks(options: &Init, dialect: &'static Dialect) -> Result<BTreeMap<&'static str, String>, String> {
    let parse = |text: &String| {
        let (key, value) = text.split_once('=').ok_or_else(|| format!("--quirk: \"{text}\" is not KEY=VALUE"))?;
        let known = || dialect.quirks.iter().map(|quirk| quirk.key).collect::<Vec<_>>().join(", ");
        let quirk = dialect.quirks.iter().find(|quirk| quirk.key == key);
        let quirk =
            quirk.ok_or_else(|| format!("--quirk: \"{key}\" is not a key of the dialect; known: {}", known()))?;
        let literal = literal(quirk, value);
        let fault = quirk_fault(dialect, quirk, &literal);
        fault.map_or_else(|| Ok((quirk.key, literal)), |fault| Err(format!("--quirk {key}: {fault}")))
    };
    options.quirks.iter().map(parse).collect()
}

/// Returns the places of credentials that the options name, by their keys.
pub(super) fn references(options: &Init) -> Result<BTreeMap<&str, &str>, String> {
    let mut references: BTreeMap<&str, &str> = BTreeMap::new();
    for text in &options.credentials {
        let is_reference =
            |value: &str| ["env:", "file:"].iter().any(|kind| value.len() > kind.len() && value.starts_with(kind));
        let pair = text.split_once('=').filter(|(_, value)| is_reference(value));
        // A secret in a command line is visible to other users, so only its place is accepted, and it is not repeated.
        let pair = pair.ok_or("--credential: must be KEY=env:NAME or KEY=file:PATH")?;
        references.extend([pair]);
    }
    Ok(references)
}

/// Returns the place of each credential. The given keys determine the way to authenticate; without any, it is the first.
fn credentials(
    options: &Init,
    dialect: &'static Dialect,
    account: &AccountName,
    mut typed: Typed,
) -> Result<Vec<(&'static str, Secret)>, String> {
    let references = references(options)?;
    let given: Vec<&str> = references.keys().copied().chain(typed.keys().copied()).collect();
    let way = dialect.credentials.iter().find(|way| given.iter().all(|key| way.contains(key)));
    let way = way.ok_or_else(|| {
        let ways: Vec<String> = dialect.credentials.iter().map(|way| way.join(" and ")).collect();
        format!("--credential: the site accepts {}", ways.join(", or "))
    })?;
    let place = |key: &'static str| match (typed.remove(key), references.get(key)) {
        (Some(secret), _) => (key, Secret::Typed(secret)),
        (None, Some(reference)) => (key, Secret::Reference((*reference).to_owned())),
        (None, None) => (key, Secret::Reference(format!("env:{}", variable(account.as_str(), key)))),
    };
    Ok(way.iter().copied().map(place).collect())
}
