//! Secrets of the configuration: `"env:NAME"`, `"file:PATH"`, or the text itself.

use std::path::PathBuf;

use secrecy::SecretString;

use crate::section::Section;

/// Reads the secret of a key from the place that its text names, and records the file of the secret. Faults are
/// reported at the key, without the secret.
pub(crate) fn of_key(section: &mut Section<'_>, key: &str, text: &str) -> Option<SecretString> {
    text.strip_prefix("file:").map(PathBuf::from).into_iter().for_each(|path| section.note_file(path));
    read(text).map_err(|what| section.fault(key, what)).ok()
}

fn read(text: &str) -> Result<SecretString, String> {
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
