//! Who may call, and what that client may do.

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
    /// When its keys end to be good, if ever.
    pub expires_at: Option<Timestamp>,
    /// How many requests it may send; without one, as many as it wants.
    pub rate_limit: Option<Quota>,
    /// How many of its requests may be under way at once; without one, as many as it sends.
    pub max_concurrency: Option<NonZeroU32>,
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
