//! The settings of the shared store: its address, the keys that seal values, and the behaviour without it.

use polyhost_state::{Consistency, LimitsWithoutStore};
use redis::Client;
use secrecy::{ExposeSecret as _, SecretString};
use url::Url;

use crate::SealingKey;

/// The prefix of all keys in Redis, if the settings give none. The number is the version of the stored formats.
const DEFAULT_PREFIX: &str = "polyhost:1";

/// The settings of [`open`](crate::open()).
#[derive(Debug)]
pub struct RedisSettings {
    /// The address of one Redis server: `redis://` or, with TLS, `rediss://`.
    pub url: SecretString,
    /// The keys of stored values. The first one seals, and all of them open.
    pub keys: Vec<SealingKey>,
    /// How soon a replica sees the writes of the others.
    pub consistency: Consistency,
    /// The behaviour of rate limits while Redis does not answer.
    pub limits: LimitsWithoutStore,
    /// The prefix of all keys in Redis, so that several fleets can share a server. `None`: `polyhost:1`.
    pub prefix: Option<String>,
}

/// The reason why [`open`](crate::open()) rejected its settings. No variant contains a part of the address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// The address is no URL.
    #[error("the address of Redis is not a valid URL: write redis://user:password@host:6379/0, or rediss:// for TLS")]
    Malformed,
    /// The scheme is neither `redis` nor `rediss`.
    #[error("the address of Redis must begin with redis:// or rediss://")]
    Scheme,
    /// The address names several servers, a Sentinel or a Cluster.
    #[error("the address of Redis must name one server: Sentinel and Cluster are not supported")]
    SeveralServers,
    /// The part behind `#` would switch the check of the server's certificate off.
    #[error("the address of Redis must have no part behind '#': the server's certificate is always checked")]
    Fragment,
    /// There is no key that seals values.
    #[error("the shared state needs at least one encryption key")]
    NoKey,
}

impl RedisSettings {
    /// Checks the address, without a connection.
    ///
    /// # Errors
    /// The errors of [`open`](crate::open()) about the address.
    pub fn check(&self) -> Result<(), OpenError> {
        self.client().map(drop)
    }

    /// Returns the client for the address, which has not connected yet.
    pub(crate) fn client(&self) -> Result<Client, OpenError> {
        client(self.url.expose_secret())
    }

    pub(crate) fn prefix(&self) -> &str {
        self.prefix.as_deref().unwrap_or(DEFAULT_PREFIX)
    }
}

fn client(address: &str) -> Result<Client, OpenError> {
    let scheme = address.split_once("://").map_or("", |(scheme, _)| scheme).to_ascii_lowercase();
    if scheme.contains("sentinel") || scheme.contains("cluster") {
        return Err(OpenError::SeveralServers);
    }
    let authority = address.split_once("://").map_or("", |(_, rest)| rest).split(['/', '?', '#']).next();
    let servers = authority.unwrap_or_default().rsplit('@').next().unwrap_or_default();
    if servers.contains(',') {
        return Err(OpenError::SeveralServers);
    }
    let url = Url::parse(address).map_err(|_| OpenError::Malformed)?;
    if !matches!(url.scheme(), "redis" | "rediss") {
        return Err(OpenError::Scheme);
    }
    if url.fragment().is_some() {
        return Err(OpenError::Fragment);
    }
    if url.scheme() == "rediss" {
        // The client takes the process's provider, and panics without one. An error means that there is one already.
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    }
    Client::open(url).map_err(|_| OpenError::Malformed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn address_of_one_server_is_accepted() {
        for address in [
            "redis://127.0.0.1",
            "redis://:pass%2Cword@redis.example:6380/2",
            "rediss://user:password@redis.example",
            "redis://[::1]:6379",
        ] {
            assert!(client(address).is_ok(), "{address}");
        }
    }

    #[test]
    fn other_addresses_are_rejected_with_their_reason() {
        for (address, error) in [
            ("", OpenError::Malformed),
            ("redis.example:6379", OpenError::Scheme),
            ("redis://", OpenError::Malformed),
            ("redis://host/zero", OpenError::Malformed),
            ("http://:planted@host", OpenError::Scheme),
            ("redis+sentinel://:planted@host", OpenError::SeveralServers),
            ("redis-cluster://:planted@host", OpenError::SeveralServers),
            ("redis://:planted@one:1,two:2", OpenError::SeveralServers),
            ("rediss://:planted@host/#insecure", OpenError::Fragment),
        ] {
            assert_eq!(client(address).err(), Some(error), "{address}");
            assert!(!error.to_string().contains("planted"));
        }
    }
}
