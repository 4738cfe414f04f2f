//! The API key. It comes from the environment or a file, because other users can see command lines.

use std::path::{Path, PathBuf};
use std::{env, fmt, io};

use reqwest::header::HeaderValue;
use secrecy::{ExposeSecret as _, SecretString};

/// The environment variable of the key, used without a key file.
const VARIABLE: &str = "POLYHOST_API_KEY";

/// An API key. No message contains it.
#[derive(Debug, Clone)]
pub struct ApiKey {
    secret: SecretString,
    source: KeySource,
}

/// The place that a key comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeySource {
    /// A file.
    File(PathBuf),
    /// The environment variable `POLYHOST_API_KEY`.
    Variable,
    /// The file of `polyhost login`.
    Login,
    /// The standard input.
    Input,
}

impl fmt::Display for KeySource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => write!(f, "the file {}", path.display()),
            Self::Variable => f.write_str(VARIABLE),
            Self::Login => f.write_str("the file of \"polyhost login\""),
            Self::Input => f.write_str("the standard input"),
        }
    }
}

/// The reason why no key could be read. The messages never contain the text that was found.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The file cannot be read.
    #[error("{place}: {error}")]
    Unreadable {
        /// The place.
        place: KeySource,
        /// The error of the file system.
        error: io::Error,
    },
    /// The text that was found is not a key.
    #[error("{0} contains no key: a key is one line of visible ASCII characters")]
    Malformed(KeySource),
}

impl ApiKey {
    /// Returns the key from the file, or else from the environment variable `POLYHOST_API_KEY`. The file `-` is the
    /// standard input. `None` without a file, if the variable is missing or empty.
    ///
    /// # Errors
    /// If the file cannot be read, or the text is not a key.
    pub fn find(file: Option<&Path>) -> Result<Option<Self>, KeyError> {
        let (source, text) = match file {
            None => match env::var_os(VARIABLE).filter(|text| !text.is_empty()) {
                None => return Ok(None),
                Some(text) => (KeySource::Variable, Ok(text.to_string_lossy().into_owned())),
            },
            Some(path) if path == Path::new("-") => (KeySource::Input, io::read_to_string(io::stdin().lock())),
            Some(path) => (KeySource::File(path.to_owned()), std::fs::read_to_string(path)),
        };
        match text {
            Ok(text) => Self::read(SecretString::from(text).expose_secret(), source).map(Some),
            Err(error) => Err(KeyError::Unreadable { place: source, error }),
        }
    }

    /// Reads a key.
    ///
    /// # Errors
    /// If the text is not a key.
    pub fn read(text: &str, source: KeySource) -> Result<Self, KeyError> {
        let key = text.trim();
        if key.is_empty() || !key.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(KeyError::Malformed(source));
        }
        Ok(Self { secret: SecretString::from(key.to_owned()), source })
    }

    /// Returns the place that the key comes from.
    pub(crate) fn source(&self) -> &KeySource {
        &self.source
    }

    /// Returns the key itself, to save it.
    pub(crate) fn expose(&self) -> String {
        self.secret.expose_secret().to_owned()
    }

    /// Returns the value of `Authorization`, marked as sensitive.
    pub(crate) fn authorization(&self) -> Option<HeaderValue> {
        // Every key consists of characters that are valid in a header field, so this never fails.
        let mut value = HeaderValue::try_from(format!("Bearer {}", self.secret.expose_secret())).ok()?;
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
