//! From configuration to adapters: the only place that knows which dialects there are.

use std::collections::BTreeMap;
use std::sync::Arc;

use polyhost_config::{AccountConfig, DigestChoice, HeadersChoice, ProgressScale, ProviderConfig, QuirksConfig};
use polyhost_domain::{Capabilities, Dialect, Digest, Origin, Provider};
use polyhost_openload as openload;
use polyhost_state::State;
use polyhost_upstream::{BuildError, Client, Shared};
use polyhost_yetishare as yetishare;
use secrecy::SecretString;

/// The adapter of an account, and the client that it sends with.
///
/// # Errors
/// Where the HTTP client cannot be built.
pub fn build(
    provider: &ProviderConfig,
    account: &AccountConfig,
    state: &State,
    shared: &Shared,
) -> Result<(Arc<dyn Provider>, Client), BuildError> {
    let origin = Origin { account: account.name.clone(), provider: provider.id.clone() };
    let base_url = account.base_url.clone();
    let client = Client::new(origin.clone(), &base_url, account.settings.clone(), shared)?;
    let sends = client.clone();
    let adapter: Arc<dyn Provider> = match provider.dialect {
        Dialect::Openload => {
            let credentials = openload_credentials(&account.credentials);
            let quirks = openload_quirks(&provider.quirks);
            let config = openload::Config { origin, base_url, credentials, quirks };
            Arc::new(openload::Openload::new(config, sends, Arc::clone(&state.values)))
        }
        Dialect::Yetishare => {
            let credentials = yetishare_credentials(&account.credentials);
            let quirks = yetishare_quirks(&provider.quirks);
            let config = yetishare::Config { origin, base_url, credentials, quirks };
            Arc::new(yetishare::Yetishare::new(config, sends, state))
        }
    };
    Ok((adapter, client))
}

/// What the adapter of a provider natively does.
#[must_use]
pub fn capabilities(provider: &ProviderConfig) -> Capabilities {
    match provider.dialect {
        Dialect::Openload => openload_quirks(&provider.quirks).capabilities(),
        Dialect::Yetishare => yetishare_quirks(&provider.quirks).capabilities(),
    }
}

/// What the configuration holds. It has made sure that the credentials of one way are all there.
type Credentials = BTreeMap<&'static str, SecretString>;

fn credential(credentials: &Credentials, key: &str) -> SecretString {
    credentials.get(key).cloned().unwrap_or_default()
}

fn openload_credentials(credentials: &Credentials) -> openload::Credentials {
    openload::Credentials { login: credential(credentials, "login"), key: credential(credentials, "key") }
}

fn yetishare_credentials(credentials: &Credentials) -> yetishare::Credentials {
    let credential = |key| credential(credentials, key);
    if credentials.contains_key("key1") {
        yetishare::Credentials::Keys { key1: credential("key1"), key2: credential("key2") }
    } else {
        yetishare::Credentials::Password { username: credential("username"), password: credential("password") }
    }
}

fn openload_quirks(quirks: &QuirksConfig) -> openload::Quirks {
    let default = openload::Quirks::default();
    openload::Quirks {
        file_field: quirks.file_field.clone().unwrap_or(default.file_field),
        digest: match quirks.digest {
            Some(DigestChoice::Sha1) => Some(Digest::Sha1),
            Some(DigestChoice::Md5 | DigestChoice::None) => None,
            None => default.digest,
        },
        root_folder: quirks.root_folder.clone().unwrap_or(default.root_folder),
        timezone: quirks.timezone.clone().unwrap_or(default.timezone),
        progress: match quirks.progress {
            Some(ProgressScale::Percent) => openload::ProgressScale::Percent,
            Some(ProgressScale::Fraction) => openload::ProgressScale::Fraction,
            None => default.progress,
        },
        remote_headers: match quirks.remote_headers {
            Some(HeadersChoice::List) => openload::RemoteHeaders::List,
            Some(HeadersChoice::Lines) => openload::RemoteHeaders::Lines,
            None => default.remote_headers,
        },
        unsupported: quirks.unsupported.clone(),
    }
}

fn yetishare_quirks(quirks: &QuirksConfig) -> yetishare::Quirks {
    let default = yetishare::Quirks::default();
    yetishare::Quirks {
        html_entities: quirks.html_entities.unwrap_or(default.html_entities),
        timezone: quirks.timezone.clone(),
        digest: (quirks.digest == Some(DigestChoice::Md5)).then_some(Digest::Md5),
        unsupported: quirks.unsupported.clone(),
        login_budget: quirks.login_budget.unwrap_or_default(),
    }
}
