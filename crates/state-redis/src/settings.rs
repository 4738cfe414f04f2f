//! The settings of the shared store: its address, the keys that seal values, and the behaviour without it.

use polyhost_state::{Consistency, LimitsWithoutStore};
use secrecy::{ExposeSecret as _, SecretString};

use crate::SealingKey;
use crate::servers::Servers;

/// The prefix of all keys in Redis, if the settings give none. The number is the version of the stored formats.
const DEFAULT_PREFIX: &str = "polyhost:1";

/// The settings of [`open`](crate::open()).
#[derive(Debug)]
pub struct RedisSettings {
    /// The address: `redis://` for one server, `redis+sentinel://` for a primary that Sentinels name, and
    /// `redis+cluster://` for a Cluster; with TLS, `rediss` in place of `redis`.
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
    /// The scheme is unknown.
    #[error(
        "the address of Redis must begin with redis://, redis+sentinel:// or redis+cluster://; with TLS, rediss in \
         place of redis"
    )]
    Scheme,
    /// The address of one server has several hosts.
    #[error("the address of Redis has several hosts: begin it with redis+sentinel:// or redis+cluster://")]
    SeveralHosts,
    /// The address of Sentinels does not name the primary.
    #[error("the address of Sentinels must name the primary: redis+sentinel://host:26379,host:26379/NAME/DATABASE")]
    NoPrimary,
    /// The address of Sentinels has an unknown parameter.
    #[error("the address of Sentinels has an unknown parameter: write sentinel_username or sentinel_password")]
    Parameter,
    /// The address of a Cluster has a path or parameters.
    #[error("the address of a Redis Cluster must end behind its hosts: a Cluster has one database")]
    ClusterDatabase,
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
        self.servers().map(drop)
    }

    pub(crate) fn servers(&self) -> Result<Servers, OpenError> {
        Servers::at(self.url.expose_secret())
    }

    pub(crate) fn prefix(&self) -> &str {
        self.prefix.as_deref().unwrap_or(DEFAULT_PREFIX)
    }
}
