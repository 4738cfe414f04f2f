//! The API key. It comes from the environment or a file, because other users can see command lines.

use std::io;
use std::path::{Path, PathBuf};

use reqwest::header::HeaderValue;
use secrecy::{ExposeSecret as _, SecretString};

/// The environment variable of the key, used without a key file.
const VARIABLE: &str = "POLYHOST_API_KEY";

/// An API key. No message contains it.
#[derive(Debug, Clone)]
pub struct ApiKey(SecretString);

/// The reason why no key could be read. The messages never contain the text that was found.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The file cannot be read.
    #[error("--key-file {}: {error}", .path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// The error of the file system.
        error: io::Error,
    },
    /// The text that was found is not a key.
    #[error("{source_name} contains no key: a key is one line of visible ASCII characters")]
    Malformed {
        /// The file or variable.
        source_name: String,
    },
}

impl ApiKey {
    /// Returns the key from the file, or else from the environment variable `POLYHOST_API_KEY`. `None` without a file,
    /// if the variable is missing or empty.
    ///
    /// # Errors
    /// If the file cannot be read, or the text is not a key.
    pub fn find(file: Option<&Path>) -> Result<Option<Self>, KeyError> {
        if let Some(path) = file {
            let unreadable = |error| KeyError::Unreadable { path: path.to_owned(), error };
            let text = SecretString::from(std::fs::read_to_string(path).map_err(unreadable)?);
            return Self::parse(&text, || path.display().to_string()).map(Some);
        }
        match std::env::var_os(VARIABLE) {
            None => Ok(None),
            Some(text) if text.is_empty() => Ok(None),
            Some(text) => {
                let text = text.into_string().map_err(|_| KeyError::Malformed { source_name: VARIABLE.to_owned() })?;
                Self::parse(&SecretString::from(text), || VARIABLE.to_owned()).map(Some)
            }
        }
    }

    /// Reads a key; `None` if the text is not one.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        Self::parse(&SecretString::from(text), String::new).ok()
    }

    /// Returns the key itself, to save it.
    pub(crate) fn expose(&self) -> String {
        self.0.expose_secret().to_owned()
    }

    fn parse(text: &SecretString, source_name: impl FnOnce() -> String) -> Result<Self, KeyError> {
        let key = text.expose_secret().trim();
        if key.is_empty() || !key.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(KeyError::Malformed { source_name: source_name() });
        }
        Ok(Self(SecretString::from(key.to_owned())))
    }

    /// Returns the value of `Authorization`, marked as sensitive.
    pub(crate) fn authorization(&self) -> Option<HeaderValue> {
        // Every key consists of characters that are valid in a header field, so this never fails.
        let mut value = HeaderValue::try_from(format!("Bearer {}", self.0.expose_secret())).ok()?;
        value.set_sensitive(true);
        Some(value)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    fn in_file(text: &str) -> Result<Option<ApiKey>, KeyError> {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(text.as_bytes()).unwrap();
        ApiKey::find(Some(file.path()))
    }

    #[test]
    fn line_end_of_a_key_file_is_not_part_of_the_key() {
        let key = in_file("ph_abc123\n").unwrap().unwrap();
        assert_eq!(key.authorization().unwrap(), "Bearer ph_abc123");
    }

    #[test]
    fn invalid_key_is_rejected_without_being_shown() {
        for text in ["", "\n", "two words", "line\nline", "schlüssel"] {
            let message = in_file(text).unwrap_err().to_string();
            assert!(message.contains("contains no key"), "{message}");
            assert!(text.trim().is_empty() || !message.contains(text), "{message}");
        }
        assert!(ApiKey::find(Some(Path::new("/nowhere/key"))).is_err());
    }

    #[test]
    fn debug_output_hides_the_key() {
        let key = in_file("ph_abc123").unwrap().unwrap();
        assert!(!format!("{key:?} {:?}", key.authorization()).contains("ph_abc123"));
    }
}
