//! Secrets of the configuration: `"env:NAME"`, `"file:PATH"`, or the text itself.

use std::path::PathBuf;

use secrecy::SecretString;

/// Reads a secret from the place that its text names.
///
/// # Errors
/// A message without the secret.
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

/// Returns the file that a secret is in, if it is in a file.
pub(crate) fn file(text: &str) -> Option<PathBuf> {
    text.strip_prefix("file:").map(PathBuf::from)
}
