//! The names of accounts, providers and dialects, which identify the origin of an object.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The longest name of an account or a provider, in bytes.
const MAX_NAME: usize = 64;

/// The name of an account in the configuration: `[a-z0-9][a-z0-9_-]{0,63}`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, ToSchema)]
#[schema(value_type = String, pattern = "^[a-z0-9][a-z0-9_-]{0,63}$", example = "main")]
pub struct AccountName(Arc<str>);

/// The id of a provider, built in or from the configuration. It has the same grammar as an account's name.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, ToSchema)]
#[schema(value_type = String, pattern = "^[a-z0-9][a-z0-9_-]{0,63}$", example = "pstream")]
pub struct ProviderId(Arc<str>);

/// The error for a text that is not a valid name of an account or id of a provider.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("must start with a letter or digit and contain only a-z, 0-9, \"_\" and \"-\", at most 64 characters")]
pub struct InvalidAccountName;

fn parse(text: &str) -> Result<Arc<str>, InvalidAccountName> {
    let head = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let valid = text.len() <= MAX_NAME
        && text.bytes().next().is_some_and(head)
        && text.bytes().all(|byte| head(byte) || byte == b'_' || byte == b'-');
    if valid { Ok(Arc::from(text)) } else { Err(InvalidAccountName) }
}

macro_rules! name {
    ($name:ident) => {
        impl $name {
            /// Returns the name as text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = InvalidAccountName;

            fn from_str(text: &str) -> Result<Self, InvalidAccountName> {
                parse(text).map(Self)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}
name!(AccountName);
name!(ProviderId);

/// A protocol that a family of sites uses. Each dialect has one adapter crate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = Dialect, description = "A protocol that a family of sites uses. Each dialect has one adapter crate.")]
pub enum DialectName {
    /// Every call contains login and key, and the answer's status is in its body. pstream.net and similar sites.
    Openload,
    /// Each user has one session, and errors arrive under HTTP 200. streamplay.online and other sites with YetiShare's
    /// File Upload API v2.
    Yetishare,
    /// Every call contains the account's key, and errors arrive under HTTP 200. Sites of the XFileSharing and
    /// XVideoSharing scripts, and their relatives.
    Xfilesharing,
}

impl fmt::Display for DialectName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Openload => "openload",
            Self::Yetishare => "yetishare",
            Self::Xfilesharing => "xfilesharing",
        })
    }
}

/// The account and the provider of an object. Adapters set both in every object that they return.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// The account that the object belongs to.
    pub account: AccountName,
    /// The provider of that account.
    pub provider: ProviderId,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn account_name_must_match_its_grammar() {
        for good in ["a", "0", "main", "pstream-demo", "a_b-c9", &"x".repeat(64)] {
            assert!(good.parse::<AccountName>().is_ok(), "{good}");
        }
        for bad in ["", "-a", "_a", "A", "a b", "a/b", "ä", &"x".repeat(65)] {
            assert!(bad.parse::<AccountName>().is_err(), "{bad}");
        }
    }
}
