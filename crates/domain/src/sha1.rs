//! A SHA-1 digest, parsed from hexadecimal digits.

use std::fmt;
use std::str::FromStr;

/// A SHA-1 digest: 40 hexadecimal digits, converted to lower case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sha1Digest(String);

/// The error for a text that is not a SHA-1 digest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be 40 hexadecimal digits")]
pub struct InvalidSha1;

impl Sha1Digest {
    /// Returns the digest in lower case.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Sha1Digest {
    type Err = InvalidSha1;

    fn from_str(text: &str) -> Result<Self, InvalidSha1> {
        if text.len() == 40 && text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            Ok(Self(text.to_ascii_lowercase()))
        } else {
            Err(InvalidSha1)
        }
    }
}

impl fmt::Display for Sha1Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
