//! The key that a gateway knows its caller by: from the environment or a file, for a command line can be seen by others.

use std::io;
use std::path::{Path, PathBuf};

use reqwest::header::HeaderValue;
use secrecy::{ExposeSecret as _, SecretString};

/// The environment variable that holds the key where no file does.
const VARIABLE: &str = "POLYHOST_API_KEY";

/// An API key. No message shows it.
#[derive(Debug, Clone)]
pub struct ApiKey(SecretString);

/// Why there is no key where one was to be. The messages never hold what was found.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The file cannot be read.
    #[error("--key-file {}: {error}", .path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// What was found can be no key.
    #[error("{source_name} holds no key: one is a line of visible ASCII characters")]
    Malformed {
        /// Where it was found.
        source_name: String,
    },
}

impl ApiKey {
    /// The key in the file, or else the one in the environment variable `POLYHOST_API_KEY`; `None` where neither is
    /// named, or the variable is empty.
    ///
    /// # Errors
    /// Where the file cannot be read, and where what was found can be no key.
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

    fn parse(text: &SecretString, source_name: impl FnOnce() -> String) -> Result<Self, KeyError> {
        let key = text.expose_secret().trim();
        if key.is_empty() || !key.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(KeyError::Malformed { source_name: source_name() });
        }
        Ok(Self(SecretString::from(key.to_owned())))
    }

    /// The value of `Authorization`, marked as not to be shown.
    pub(crate) fn authorization(&self) -> Option<HeaderValue> {
        // A key is of characters that a header field takes, so there always is one.
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
    fn a_key_file_holds_one_line_whose_end_is_no_part_of_the_key() {
        let key = in_file("ph_abc123\n").unwrap().unwrap();
        assert_eq!(key.authorization().unwrap(), "Bearer ph_abc123");
    }

    #[test]
    fn what_can_be_no_key_is_refused_without_being_shown() {
        for text in ["", "\n", "two words", "line\nline", "schlüssel"] {
            let said = in_file(text).unwrap_err().to_string();
            assert!(said.contains("holds no key"), "{said}");
            assert!(text.trim().is_empty() || !said.contains(text), "{said}");
        }
        assert!(ApiKey::find(Some(Path::new("/nowhere/key"))).is_err());
    }

    #[test]
    fn a_key_is_not_printed() {
        let key = in_file("ph_abc123").unwrap().unwrap();
        assert!(!format!("{key:?} {:?}", key.authorization()).contains("ph_abc123"));
    }
}
