//! Who calls, and what that client may do.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use polyhost_domain::AccountName;
use rand::TryRng as _;
use serde::Serialize;
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;
use utoipa::ToSchema;

/// Somebody who may call the gateway.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Client {
    /// The name in the configuration.
    pub name: String,
    /// The hashes of its keys: one, or two while a key is being replaced.
    pub keys: Vec<KeyHash>,
    /// The accounts that it may use.
    pub accounts: AccountSelection,
    /// What it may do with them.
    pub scopes: BTreeSet<Scope>,
}

/// A kind of thing that a client may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// Reading.
    Read,
    /// Making, changing and deleting.
    Write,
    /// Running the gateway.
    Admin,
}

/// A text that names no scope.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("is not a scope; known: read, write, admin")]
pub struct UnknownScope;

impl FromStr for Scope {
    type Err = UnknownScope;

    fn from_str(text: &str) -> Result<Self, UnknownScope> {
        match text {
            "read" => Ok(Self::Read),
            "write" => Ok(Self::Write),
            "admin" => Ok(Self::Admin),
            _ => Err(UnknownScope),
        }
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Read => "read",
            Self::Write => "write",
            Self::Admin => "admin",
        })
    }
}

/// Which accounts a client may use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AccountSelection {
    /// Every account there is.
    All,
    /// These.
    These(BTreeSet<AccountName>),
}

impl AccountSelection {
    /// Whether an account is among them.
    #[must_use]
    pub fn includes(&self, account: &AccountName) -> bool {
        match self {
            Self::All => true,
            Self::These(accounts) => accounts.contains(account),
        }
    }
}

/// The SHA-256 of an API key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeyHash([u8; 32]);

/// A text that is no SHA-256.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("is not a SHA-256 in hexadecimal digits")]
pub struct InvalidKeyHash;

impl KeyHash {
    /// The hash of a key.
    #[must_use]
    pub fn of(key: &str) -> Self {
        Self(Sha256::digest(key.as_bytes()).into())
    }

    /// The hash as bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl FromStr for KeyHash {
    type Err = InvalidKeyHash;

    fn from_str(text: &str) -> Result<Self, InvalidKeyHash> {
        let digits = text.as_bytes();
        if digits.len() != 64 || !digits.iter().all(u8::is_ascii_hexdigit) {
            return Err(InvalidKeyHash);
        }
        let mut hash = [0; 32];
        for (byte, pair) in hash.iter_mut().zip(digits.chunks_exact(2)) {
            let pair = std::str::from_utf8(pair).map_err(|_| InvalidKeyHash)?;
            *byte = u8::from_str_radix(pair, 16).map_err(|_| InvalidKeyHash)?;
        }
        Ok(Self(hash))
    }
}

impl fmt::Display for KeyHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// Makes a key of 256 random bits.
///
/// # Errors
/// The operating system's, where it has no randomness.
pub fn generate_key() -> Result<String, rand::rngs::SysError> {
    let mut bytes = [0; 32];
    rand::rngs::SysRng.try_fill_bytes(&mut bytes)?;
    Ok(format!("ph_{}", BASE64_URL_SAFE_NO_PAD.encode(bytes)))
}

/// Everybody who may call the gateway.
#[derive(Debug, Clone)]
pub enum Callers {
    /// Everybody on this machine, without a key.
    Anybody(Arc<Client>),
    /// Who has a key.
    Keyed(Vec<Arc<Client>>),
}

impl Callers {
    /// Everybody on this machine may do everything.
    #[must_use]
    pub fn anybody() -> Self {
        Self::Anybody(Arc::new(Client {
            name: "local".to_owned(),
            keys: Vec::new(),
            accounts: AccountSelection::All,
            scopes: [Scope::Read, Scope::Write, Scope::Admin].into(),
        }))
    }

    /// The clients of a configuration.
    #[must_use]
    pub fn keyed(clients: Vec<Client>) -> Self {
        Self::Keyed(clients.into_iter().map(Arc::new).collect())
    }

    /// Whether callers need no key.
    #[must_use]
    pub fn are_anybody(&self) -> bool {
        matches!(self, Self::Anybody(_))
    }

    /// Who has sent a request with these header fields.
    #[must_use]
    pub fn identify(&self, headers: &HeaderMap) -> Option<Arc<Client>> {
        match self {
            Self::Anybody(client) => Some(Arc::clone(client)),
            Self::Keyed(clients) => find(clients, KeyHash::of(presented_key(headers)?)),
        }
    }
}

/// Compares with every hash in constant time, so that the time tells nothing about which came close.
fn find(clients: &[Arc<Client>], presented: KeyHash) -> Option<Arc<Client>> {
    let has_key =
        |client: &Client| client.keys.iter().fold(false, |found, key| found | bool::from(key.0.ct_eq(&presented.0)));
    clients.iter().fold(None, |found, client| if has_key(client) { Some(Arc::clone(client)) } else { found })
}

fn presented_key(headers: &HeaderMap) -> Option<&str> {
    let Some(value) = headers.get(AUTHORIZATION) else {
        return headers.get("x-api-key")?.to_str().ok();
    };
    let (scheme, key) = value.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| key.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(name: &str, keys: &[&str]) -> Client {
        Client {
            name: name.to_owned(),
            keys: keys.iter().map(|key| KeyHash::of(key)).collect(),
            accounts: AccountSelection::All,
            scopes: BTreeSet::new(),
        }
    }

    fn headers(name: &'static str, value: &str) -> HeaderMap {
        HeaderMap::from_iter([(name.parse().unwrap(), value.parse().unwrap())])
    }

    #[test]
    fn a_client_is_known_by_either_of_its_keys_in_either_header() {
        let callers = Callers::keyed(vec![client("web", &["old", "new"]), client("job", &["job"])]);
        let name = |headers: &HeaderMap| callers.identify(headers).map(|client| client.name.clone());
        assert_eq!(name(&headers("authorization", "Bearer old")).as_deref(), Some("web"));
        assert_eq!(name(&headers("authorization", "bearer new")).as_deref(), Some("web"));
        assert_eq!(name(&headers("x-api-key", "job")).as_deref(), Some("job"));
        for wrong in ["Bearer nobody", "Basic old", "old", "Bearer", ""] {
            assert_eq!(name(&headers("authorization", wrong)), None, "{wrong}");
        }
        assert_eq!(name(&HeaderMap::new()), None);
    }

    #[test]
    fn a_hash_is_read_as_it_is_printed() {
        let hash = KeyHash::of("key");
        assert_eq!(hash.to_string().parse(), Ok(hash));
        assert_eq!("xyz".parse::<KeyHash>(), Err(InvalidKeyHash));
        assert_eq!("é".repeat(32).parse::<KeyHash>(), Err(InvalidKeyHash));
    }

    #[test]
    fn generated_keys_differ_and_hold_256_bits() {
        let (one, other) = (generate_key().unwrap(), generate_key().unwrap());
        assert_ne!(one, other);
        assert_eq!(one.len(), "ph_".len() + 43);
    }
}
