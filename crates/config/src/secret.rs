//! Secrets of the configuration: `"env:NAME"`, `"file:PATH"`, or as they are.

use std::path::PathBuf;

use secrecy::SecretString;

/// Reads a secret from where its text says it is.
///
/// # Errors
/// What is wrong with it, without the secret.
pub(crate) fn read(text: &str) -> Result<SecretString, String> {
    let secret = if let Some(name) = text.strip_prefix("env:") {
        std::env::var(name).map_err(|_| format!("the environment variable {name} is not set, or is not UTF-8"))?
    } else if let Some(path) = text.strip_prefix("file:") {
        let content = std::fs::read_to_string(path).map_err(|error| format!("{path} cannot be read: {error}"))?;
        content.trim_end_matches(['\r', '\n']).to_owned()
    } else {
        text.to_owned()
    };
    if secret.is_empty() { Err("is empty".to_owned()) } else { Ok(SecretString::from(secret)) }
}

/// The file that a secret is in, if it is in one.
pub(crate) fn file(text: &str) -> Option<PathBuf> {
    text.strip_prefix("file:").map(PathBuf::from)
}
