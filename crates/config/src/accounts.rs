//! `[accounts.X]`: the named sets of credentials.

use std::collections::{BTreeMap, BTreeSet};

use polyhost_domain::{AccountName, ProviderId};
use polyhost_upstream::{Dialect, Settings, fingerprint};
use secrecy::{ExposeSecret as _, SecretString};
use url::Url;

use crate::providers::{self, Known, ProviderConfig};
use crate::section::Section;
use crate::{secret, upstream};

/// A named set of credentials at one provider.
#[derive(Debug, Clone)]
pub struct AccountConfig {
    /// Its name.
    pub name: AccountName,
    /// Its provider.
    pub provider: ProviderId,
    /// The address of the site's API for this account.
    pub base_url: Url,
    /// The credentials, by their keys in the configuration.
    pub credentials: BTreeMap<&'static str, SecretString>,
    /// The settings for calls to the site.
    pub settings: Settings,
}

impl AccountConfig {
    /// Returns a fingerprint of the account's user at its site. It reveals nothing about the user. It does not change
    /// when the account is renamed, its settings change, or its secret is replaced.
    #[must_use]
    pub fn user(&self, dialect: &Dialect) -> String {
        let mut names = dialect.credentials.iter().filter_map(|way| way.first());
        let found = names.find_map(|key| Some((*key, self.credentials.get(key)?.expose_secret())));
        let (key, name) = found.unwrap_or_default();
        fingerprint(&[&dialect.name.to_string(), self.address(), key, name])
    }

    /// Returns whether both accounts have the same address and the same credentials. Their names and settings may
    /// differ.
    #[must_use]
    pub fn is_same_user(&self, other: &Self) -> bool {
        let exposed = |account: &Self| -> Vec<(&'static str, String)> {
            account.credentials.iter().map(|(key, secret)| (*key, secret.expose_secret().to_owned())).collect()
        };
        self.address() == other.address() && exposed(self) == exposed(other)
    }

    /// The address of the site's API, without a slash at its end: the slash does not make another site.
    fn address(&self) -> &str {
        self.base_url.as_str().trim_end_matches('/')
    }
}

/// The providers that accounts may name.
struct Providers<'p> {
    valid: &'p BTreeMap<ProviderId, ProviderConfig>,
    /// The names in the file, including those of faulty providers; `None` if `providers` is not a table.
    named: Option<BTreeSet<&'p str>>,
    /// The credentials of every dialect.
    credentials: Vec<&'static str>,
}

/// Reads every `[accounts.X]`.
pub(crate) fn read(
    root: &mut Section<'_>,
    known: &Known,
    valid: &BTreeMap<ProviderId, ProviderConfig>,
) -> BTreeMap<AccountName, AccountConfig> {
    let credentials = known.dialects.iter().flat_map(|dialect| dialect.credentials).copied().flatten().copied();
    let providers = Providers { valid, named: root.names("providers"), credentials: credentials.collect() };
    let mut accounts = BTreeMap::new();
    for (name, section) in root.named("accounts") {
        let parsed = name.parse::<AccountName>().ok();
        if parsed.is_none() {
            section.fault_of_name(
                "accounts",
                format_args!("\"{name}\" is not a valid name: it {}", polyhost_domain::InvalidAccountName),
            );
        }
        if let Some(account) = read_account(section, parsed, &providers) {
            accounts.insert(account.name.clone(), account);
        }
    }
    accounts
}

/// Reads one table. `name` is `None` if the table's name is invalid; the other faults in the table are still reported.
fn read_account(
    mut section: Section<'_>,
    name: Option<AccountName>,
    providers: &Providers<'_>,
) -> Option<AccountConfig> {
    let Some(provider) = provider(&mut section, providers) else {
        // Without a valid provider, the necessary credentials are unknown. Only the keys that every account may have
        // are checked.
        providers::base_url(&mut section);
        upstream::inspect(&mut section);
        section.finish_in_part();
        return None;
    };
    let base_url = providers::base_url(&mut section).unwrap_or_else(|| provider.base_url.clone());
    let credentials = credentials(&mut section, provider, &providers.credentials);
    let settings = upstream::read(&mut section, &provider.settings);
    section.finish();
    name.zip(credentials).map(|(name, credentials)| AccountConfig {
        name,
        provider: provider.id.clone(),
        base_url,
        credentials,
        settings,
    })
}

/// Reads the credentials, in one of the ways that the dialect's sites accept.
fn credentials(
    section: &mut Section<'_>,
    provider: &ProviderConfig,
    all: &[&'static str],
) -> Option<BTreeMap<&'static str, SecretString>> {
    let ways = provider.dialect.credentials;
    if has_foreign(section, provider, all) {
        return None;
    }
    // Reads every key, so that the keys of all ways count as known.
    let mut is_given = |way: &[&'static str]| way.iter().filter(|key| section.value(key).is_some()).count() > 0;
    let given: Vec<_> = ways.iter().copied().filter(|way| is_given(way)).collect();
    let way = match (ways, &given[..]) {
        ([only], _) | (_, [only]) => *only,
        (_, []) => {
            section.missing(ways[0][0], format_args!("is missing: the site accepts {}", alternatives(ways)));
            return None;
        }
        (_, [_, others @ ..]) => {
            section.fault(others[0][0], format_args!("cannot be combined: the site accepts {}", alternatives(ways)));
            return None;
        }
    };
    let read: BTreeMap<_, _> = way.iter().filter_map(|key| Some((*key, credential(section, key)?))).collect();
    for key in way.iter().filter(|key| section.value(key).is_none()).collect::<Vec<_>>() {
        section.missing(key, format_args!("is missing: the site accepts {}", alternatives(ways)));
    }
    Some(read).filter(|read| read.len() == way.len())
}

/// Reports credentials that only sites of other dialects have. The necessary ones are then not reported as missing.
fn has_foreign(section: &mut Section<'_>, provider: &ProviderConfig, all: &[&'static str]) -> bool {
    let ways = provider.dialect.credentials;
    let own: Vec<&'static str> = ways.iter().copied().flatten().copied().collect();
    let foreign: Vec<&'static str> = all.iter().copied().filter(|key| !own.contains(key)).collect();
    let Some(first) = section.first_of(&foreign) else { return false };
    let what = format!("is not a credential of provider \"{}\", which accepts {}", provider.id, alternatives(ways));
    section.fault(first, what);
    for key in foreign {
        section.value(key);
    }
    for key in own {
        if section.value(key).is_some() {
            credential(section, key);
        }
    }
    true
}

/// Lists the ways: `key1 and key2, or username and password`.
fn alternatives(ways: &[&[&str]]) -> String {
    ways.iter().map(|way| way.join(" and ")).collect::<Vec<_>>().join(", or ")
}

fn provider<'p>(section: &mut Section<'_>, providers: &Providers<'p>) -> Option<&'p ProviderConfig> {
    let text = section.required("provider")?;
    let provider = text.parse::<ProviderId>().ok().and_then(|id| providers.valid.get(&id));
    // A faulty provider has its own fault.
    let is_named = providers.named.as_ref().is_none_or(|named| named.contains(text));
    if provider.is_none() && !is_named {
        let named = providers.named.iter().flatten().copied();
        let known: BTreeSet<&str> = providers.valid.keys().map(ProviderId::as_str).chain(named).collect();
        let known: Vec<&str> = known.into_iter().collect();
        section.unknown("provider", None, text, format_args!("is not a provider; known: {}", known.join(", ")), &known);
    }
    provider
}

fn credential(section: &mut Section<'_>, key: &'static str) -> Option<SecretString> {
    let text = section.required(key)?;
    secret::of_key(section, key, text)
}
