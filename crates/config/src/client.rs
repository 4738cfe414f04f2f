//! The clients of the gateway: their keys, accounts, scopes and limits.

use std::collections::BTreeSet;
use std::fmt;
use std::num::NonZeroU32;
use std::str::FromStr;

use jiff::Timestamp;
use polyhost_domain::AccountName;
use polyhost_state::Quota;
use serde::Serialize;
use utoipa::ToSchema;

use crate::KeyHash;

/// A caller of the gateway.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Client {
    /// The name in the configuration.
    pub name: String,
    /// The hashes of its keys: one, or two while a key is being replaced.
    pub keys: Vec<KeyHash>,
    /// The accounts that it may use.
    pub accounts: AccountSelection,
    /// The permitted operations.
    pub scopes: BTreeSet<Scope>,
    /// The time at which its keys expire, if ever.
    pub expires_at: Option<Timestamp>,
    /// The maximum number of its requests in a period; `None` for no limit.
    pub rate_limit: Option<Quota>,
    /// The maximum number of its concurrent requests; `None` for no limit.
    pub max_concurrency: Option<NonZeroU32>,
}

/// A permission of a client.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// Reading.
    Read,
    /// Creating, changing and deleting.
    Write,
    /// Administration: purging the cache.
    Admin,
}

/// The error for a text that is not a scope.
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

/// The accounts that a client may use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AccountSelection {
    /// All accounts.
    All,
    /// Only these accounts.
    These(BTreeSet<AccountName>),
}

impl AccountSelection {
    /// Returns whether the client may use an account.
    #[must_use]
    pub fn includes(&self, account: &AccountName) -> bool {
        match self {
            Self::All => true,
            Self::These(accounts) => accounts.contains(account),
        }
    }
}
