//! The clients that may call the gateway, and the lookup of a client by its API key.

use std::sync::Arc;

use subtle::ConstantTimeEq as _;

use crate::{AccountSelection, Client, KeyHash, Scope};

/// The clients that may call the gateway.
#[derive(Debug, Clone)]
pub enum Callers {
    /// The gateway runs without keys: every request from this machine counts as this one client.
    Keyless(Arc<Client>),
    /// The clients of the configuration, each with its keys.
    Keyed(Vec<Arc<Client>>),
}

impl Callers {
    /// Returns callers without keys: one client named "local" with all accounts and all scopes.
    #[must_use]
    pub fn keyless() -> Self {
        Self::Keyless(Arc::new(Client {
            name: "local".to_owned(),
            keys: Vec::new(),
            accounts: AccountSelection::All,
            scopes: [Scope::Read, Scope::Write, Scope::Admin].into(),
            expires_at: None,
            rate_limit: None,
            max_concurrency: None,
        }))
    }

    /// Returns the clients of a configuration.
    #[must_use]
    pub fn keyed(clients: Vec<Client>) -> Self {
        Self::Keyed(clients.into_iter().map(Arc::new).collect())
    }

    /// Returns whether requests need no key.
    #[must_use]
    pub fn are_keyless(&self) -> bool {
        matches!(self, Self::Keyless(_))
    }

    /// Returns whether a client is among them with equal settings.
    #[must_use]
    pub fn contains(&self, client: &Client) -> bool {
        match self {
            Self::Keyless(local) => **local == *client,
            Self::Keyed(clients) => clients.iter().any(|known| **known == *client),
        }
    }

    /// Returns the client with this key, also if the client has expired. Without keys, returns the one client.
    pub fn with_key(&self, key: Option<KeyHash>) -> Option<Arc<Client>> {
        match self {
            Self::Keyless(client) => Some(Arc::clone(client)),
            Self::Keyed(clients) => find(clients, key?),
        }
    }
}

/// Compares with every hash in constant time, so that the response time does not reveal the matching part of a hash.
fn find(clients: &[Arc<Client>], presented: KeyHash) -> Option<Arc<Client>> {
    let has_key =
        |client: &Client| client.keys.iter().fold(false, |found, key| found | bool::from(key.ct_eq(&presented)));
    clients.iter().fold(None, |found, client| if has_key(client) { Some(Arc::clone(client)) } else { found })
}
