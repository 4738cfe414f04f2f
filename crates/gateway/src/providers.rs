//! From configuration to adapters: the only place that knows which dialects there are.

use std::collections::BTreeMap;
use std::sync::Arc;

use polyhost_domain::{Capabilities, Dialect, Digest, Origin, Provider};
use polyhost_openload as openload;
use polyhost_state::State;
use polyhost_upstream::{BuildError, Client};
use secrecy::SecretString;

use crate::config::{AccountConfig, DigestChoice, ProgressScale, ProviderConfig, QuirksConfig};

/// The keys of an account that hold its credentials.
#[must_use]
pub fn credential_keys(dialect: Dialect) -> &'static [&'static str] {
    match dialect {
        Dialect::Openload => &["login", "key"],
    }
}

/// The adapter of an account.
///
/// # Errors
/// Where the HTTP client cannot be built.
pub fn build(
    provider: &ProviderConfig,
    account: &AccountConfig,
    state: &State,
) -> Result<Arc<dyn Provider>, BuildError> {
    let origin = Origin { account: account.name.clone(), provider: provider.id.clone() };
    let client = Client::new(origin.clone(), &account.base_url, account.settings.clone())?;
    match provider.dialect {
        Dialect::Openload => {
            let config = openload::Config {
                origin,
                base_url: account.base_url.clone(),
                credentials: openload::Credentials {
                    login: credential(&account.credentials, "login"),
                    key: credential(&account.credentials, "key"),
                },
                quirks: openload_quirks(&provider.quirks),
            };
            Ok(Arc::new(openload::Openload::new(config, client, Arc::clone(&state.values))))
        }
    }
}

/// What the adapter of a provider natively does.
#[must_use]
pub fn capabilities(provider: &ProviderConfig) -> Capabilities {
    match provider.dialect {
        Dialect::Openload => openload_quirks(&provider.quirks).capabilities(),
    }
}

/// The configuration has made sure that every credential is there.
fn credential(credentials: &BTreeMap<&'static str, SecretString>, key: &str) -> SecretString {
    credentials.get(key).cloned().unwrap_or_default()
}

fn openload_quirks(quirks: &QuirksConfig) -> openload::Quirks {
    let default = openload::Quirks::default();
    openload::Quirks {
        file_field: quirks.file_field.clone().unwrap_or(default.file_field),
        digest: match quirks.digest {
            Some(DigestChoice::Sha1) => Some(Digest::Sha1),
            Some(DigestChoice::None) => None,
            None => default.digest,
        },
        root_folder: quirks.root_folder.clone().unwrap_or(default.root_folder),
        timezone: quirks.timezone.clone().unwrap_or(default.timezone),
        progress: match quirks.progress {
            Some(ProgressScale::Percent) => openload::ProgressScale::Percent,
            Some(ProgressScale::Fraction) => openload::ProgressScale::Fraction,
            None => default.progress,
        },
        unsupported: quirks.unsupported.clone(),
    }
}
