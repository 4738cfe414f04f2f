//! `[accounts.X]`: the named sets of credentials.

use std::collections::BTreeMap;

use polyhost_domain::{AccountName, ProviderId};
use polyhost_upstream::{Dialect, Settings, fingerprint};
use secrecy::{ExposeSecret as _, SecretString};
use url::Url;

use crate::providers::{self, ProviderConfig};
use crate::section::Section;
use crate::{secret, upstream};

/// A named set of credentials at one provider.
#[derive(Debug, Clone)]
pub struct AccountConfig {
    /// Its name.
    pub name: AccountName,
    /// The provider that it is at.
    pub provider: ProviderId,
    /// Where the site's API is for this account.
    pub base_url: Url,
    /// The credentials, by their keys in the configuration.
    pub credentials: BTreeMap<&'static str, SecretString>,
    /// How the site is treated for this account.
    pub settings: Settings,
}

impl AccountConfig {
    /// Stands for who the account is at its site, and tells nothing of it. It stays the same when the account is called or
    /// treated otherwise, and when its secret is replaced.
    #[must_use]
    pub fn user(&self, dialect: &Dialect) -> String {
        let mut names = dialect.credentials.iter().filter_map(|way| way.first());
        let told = names.find_map(|key| Some((*key, self.credentials.get(key)?.expose_secret())));
        let (key, name) = told.unwrap_or_default();
        fingerprint(&[&dialect.name.to_string(), self.address(), key, name])
    }

    /// Whether both are the same user at the same address, whatever they are called and however they are treated.
    #[must_use]
    pub fn is_same_user(&self, other: &Self) -> bool {
        let exposed = |account: &Self| -> Vec<(&'static str, String)> {
            account.credentials.iter().map(|(key, secret)| (*key, secret.expose_secret().to_owned())).collect()
        };
        self.address() == other.address() && exposed(self) == exposed(other)
    }

    /// The address of the site's API. A slash at its end makes no other site.
    fn address(&self) -> &str {
        self.base_url.as_str().trim_end_matches('/')
    }
}

/// Reads every `[accounts.X]`.
pub(crate) fn read(
    root: &mut Section<'_>,
    providers: &BTreeMap<ProviderId, ProviderConfig>,
) -> BTreeMap<AccountName, AccountConfig> {
    let mut accounts = BTreeMap::new();
    for (name, section) in root.named("accounts") {
        let parsed = name.parse::<AccountName>().ok();
        if parsed.is_none() {
            root.fault("accounts", format_args!("\"{name}\" is no name: it {}", polyhost_domain::InvalidAccountName));
        }
        if let Some(account) = read_account(section, parsed, providers) {
            accounts.insert(account.name.clone(), account);
        }
    }
    accounts
}

/// `name` is `None` where the table's name is none: the faults inside it are looked for all the same.
fn read_account(
    mut section: Section<'_>,
    name: Option<AccountName>,
    providers: &BTreeMap<ProviderId, ProviderConfig>,
) -> Option<AccountConfig> {
    let Some(provider) = provider(&mut section, providers) else {
        // Which credentials it needs is not known, but what every account may have can be looked at.
        providers::base_url(&mut section);
        upstream::inspect(&mut section);
        return None;
    };
    let base_url = providers::base_url(&mut section).unwrap_or_else(|| provider.base_url.clone());
    let credentials = credentials(&mut section, provider.dialect.credentials);
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

/// Reads the credentials, in one of the ways in which the dialect's sites take them.
fn credentials(
    section: &mut Section<'_>,
    ways: &'static [&'static [&'static str]],
) -> Option<BTreeMap<&'static str, SecretString>> {
    // Every key is asked for, so that each is known, whichever way it belongs to.
    let mut is_given = |way: &[&'static str]| way.iter().filter(|key| section.value(key).is_some()).count() > 0;
    let given: Vec<_> = ways.iter().copied().filter(|way| is_given(way)).collect();
    let way = match (ways, &given[..]) {
        ([only], _) | (_, [only]) => *only,
        (_, []) => {
            section.fault(ways[0][0], format_args!("is missing: the site takes {}", spelled(ways)));
            return None;
        }
        (_, [_, others @ ..]) => {
            section.fault(others[0][0], format_args!("is one too many: the site takes {}", spelled(ways)));
            return None;
        }
    };
    let read: BTreeMap<_, _> = way.iter().filter_map(|key| Some((*key, credential(section, key)?))).collect();
    Some(read).filter(|read| read.len() == way.len())
}

/// `key1 and key2, or username and password`
fn spelled(ways: &[&[&str]]) -> String {
    ways.iter().map(|way| way.join(" and ")).collect::<Vec<_>>().join(", or ")
}

fn provider<'p>(
    section: &mut Section<'_>,
    providers: &'p BTreeMap<ProviderId, ProviderConfig>,
) -> Option<&'p ProviderConfig> {
    let text = section.required("provider")?;
    let provider = text.parse::<ProviderId>().ok().and_then(|id| providers.get(&id));
    if provider.is_none() {
        let known: Vec<&str> = providers.keys().map(ProviderId::as_str).collect();
        section.fault("provider", format_args!("\"{text}\" is not a provider; known: {}", known.join(", ")));
    }
    provider
}

fn credential(section: &mut Section<'_>, key: &'static str) -> Option<SecretString> {
    let text = section.required(key)?;
    if let Some(path) = secret::file(text) {
        section.note_file(path);
    }
    secret::read(text).map_err(|what| section.fault(key, what)).ok()
}
