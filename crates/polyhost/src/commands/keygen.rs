//! `polyhost keygen`: a key for a client, and its hash for the configuration.

use polyhost_config::{KeyHash, generate_key};

use super::{CommandError, print};

pub(super) fn run() -> Result<(), CommandError> {
    let key = generate()?;
    print(format_args!("key        {key}\nkey_sha256 {}", KeyHash::of(&key)))
}

/// Generates a key.
pub(super) fn generate() -> Result<String, CommandError> {
    generate_key().map_err(|error| CommandError::failed("the system cannot provide random bytes", error))
}
