//! `[accounts.X]`: the named sets of credentials.

use std::collections::BTreeMap;

use polyhost_domain::{AccountName, ProviderId};
use polyhost_upstream::Settings;
use secrecy::SecretString;
use url::Url;

use super::providers::{self, ProviderConfig};
use super::section::Section;
use super::{secret, upstream};
use crate::providers::credential_keys;

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

/// Reads every `[accounts.X]`.
pub(super) fn read(
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
    let keys = credential_keys(provider.dialect);
    let credentials: BTreeMap<_, _> =
        keys.iter().filter_map(|key| Some((*key, credential(&mut section, key)?))).collect();
    let settings = upstream::read(&mut section, &provider.settings);
    section.finish();
    let complete = credentials.len() == keys.len();
    name.filter(|_| complete).map(|name| AccountConfig {
        name,
        provider: provider.id.clone(),
        base_url,
        credentials,
        settings,
    })
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
    secret::read(text).map_err(|what| section.fault(key, what)).ok()
}
