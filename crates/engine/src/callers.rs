//! Who may call, at work.

use std::sync::Arc;

use polyhost_config::{AccountSelection, Client, KeyHash, Scope};
use subtle::ConstantTimeEq as _;

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
            expires_at: None,
            rate_limit: None,
            max_concurrency: None,
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

    /// Whether a client is among them, just as it is.
    #[must_use]
    pub fn know(&self, client: &Client) -> bool {
        match self {
            Self::Anybody(anybody) => **anybody == *client,
            Self::Keyed(clients) => clients.iter().any(|known| **known == *client),
        }
    }

    /// The client with a key, whether or not it has expired; the keyless client, where no key is needed.
    pub fn with_key(&self, key: Option<KeyHash>) -> Option<Arc<Client>> {
        match self {
            Self::Anybody(client) => Some(Arc::clone(client)),
            Self::Keyed(clients) => find(clients, key?),
        }
    }
}

/// Compares with every hash in constant time, so that the time tells nothing about which came close.
fn find(clients: &[Arc<Client>], presented: KeyHash) -> Option<Arc<Client>> {
    let has_key =
        |client: &Client| client.keys.iter().fold(false, |found, key| found | bool::from(key.ct_eq(&presented)));
    clients.iter().fold(None, |found, client| if has_key(client) { Some(Arc::clone(client)) } else { found })
}
