//! The names that say where an object comes from: its account, its provider and that provider's dialect.

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

/// The id of a provider, built in or from the configuration: the same grammar as an account's name.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, ToSchema)]
#[schema(value_type = String, pattern = "^[a-z0-9][a-z0-9_-]{0,63}$", example = "pstream")]
pub struct ProviderId(Arc<str>);

/// A text that is no name of an account or provider.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("must start with a letter or digit and hold only a-z, 0-9, \"_\" and \"-\", at most 64 characters")]
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
            /// The name as text.
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

/// The name of a protocol that a family of sites speaks. Each has one adapter crate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = Dialect, description = "A protocol that a family of sites speaks. Each has one adapter crate.")]
pub enum DialectName {
    /// Login and key in every call; status inside the body. pstream.net and its relatives.
    Openload,
    /// A session per user; an error inside a success. streamplay.online and every site of YetiShare's File Upload API v2.
    Yetishare,
}

impl fmt::Display for DialectName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Openload => "openload",
            Self::Yetishare => "yetishare",
        })
    }
}

/// Where an object comes from; adapters put it on everything that they return.
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
    fn account_names_follow_their_grammar() {
        for good in ["a", "0", "main", "pstream-demo", "a_b-c9", &"x".repeat(64)] {
            assert!(good.parse::<AccountName>().is_ok(), "{good}");
        }
        for bad in ["", "-a", "_a", "A", "a b", "a/b", "ä", &"x".repeat(65)] {
            assert!(bad.parse::<AccountName>().is_err(), "{bad}");
        }
    }
}
