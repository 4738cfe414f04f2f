//! The file of `polyhost login`: the address of a gateway and the key for it.

use std::fs::{DirBuilder, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use url::Url;

use crate::key::{ApiKey, KeySource};

/// The permissions of other users.
const OTHERS: u32 = 0o077;
/// The largest number of links from one to the next.
const MAX_LINKS: usize = 40;

/// The gateway and the key that `polyhost login` has saved.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The address of the gateway.
    pub server: Url,
    /// The key; a gateway without keys needs none.
    pub key: Option<ApiKey>,
}

/// The content of the file.
#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Content {
    server: Url,
    #[serde(skip_serializing_if = "Option::is_none")]
    key: Option<String>,
}

/// The reason why the file cannot be used. No message contains the key.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// Neither `XDG_CONFIG_HOME` nor `HOME` is set.
    #[error("there is no place for the settings: set HOME or XDG_CONFIG_HOME")]
    NoHome,
    /// The file cannot be read or written.
    #[error("the file {} cannot be {action}: {error}", .path.display())]
    File {
        /// What cannot be done: "read" or "written".
        action: &'static str,
        /// The file.
        path: PathBuf,
        /// The error of the file system.
        error: io::Error,
    },
    /// Other users can read the key.
    #[error("{} can be read by other users; run: chmod 600 {}", .0.display(), .0.display())]
    Exposed(PathBuf),
    /// The file has another format.
    #[error("{} is not a file of \"polyhost login\"; log in again", .0.display())]
    Malformed(PathBuf),
}

impl Settings {
    /// Returns the path of the file.
    ///
    /// # Errors
    /// If no environment variable names a place for it.
    pub fn path() -> Result<PathBuf, SettingsError> {
        let folder = |variable: &str| std::env::var_os(variable).map(PathBuf::from).filter(|path| path.is_absolute());
        let configuration = folder("XDG_CONFIG_HOME").or_else(|| Some(folder("HOME")?.join(".config")));
        Ok(configuration.ok_or(SettingsError::NoHome)?.join("polyhost").join("client.toml"))
    }

    /// Reads the file; `None` if there is none.
    ///
    /// # Errors
    /// If it cannot be read, has another format, or other users can read it.
    pub fn load() -> Result<Option<Self>, SettingsError> {
        match Self::path() {
            Err(SettingsError::NoHome) => Ok(None),
            path => Self::read(&path?),
        }
    }

    /// Removes the key from the file. Returns the settings before, with the path of the file; `None` without a key.
    ///
    /// # Errors
    /// If the file cannot be read or written, or has another format.
    pub fn remove_key() -> Result<Option<(Self, PathBuf)>, SettingsError> {
        let path = Self::path()?;
        let Some(before) = Self::parse(&path)?.filter(|settings| settings.key.is_some()) else { return Ok(None) };
        Self { server: before.server.clone(), key: None }.write(&path)?;
        Ok(Some((before, path)))
    }

    fn read(path: &Path) -> Result<Option<Self>, SettingsError> {
        let failed = |error| SettingsError::File { path: path.to_owned(), action: "read", error };
        let metadata = match std::fs::metadata(path) {
            Err(error) if is_missing(&error) => return Ok(None),
            metadata => metadata.map_err(failed)?,
        };
        if metadata.mode() & OTHERS != 0 {
            return Err(SettingsError::Exposed(path.to_owned()));
        }
        Self::parse(path)
    }

    /// Reads the file without a check of its permissions; `None` if there is none.
    fn parse(path: &Path) -> Result<Option<Self>, SettingsError> {
        let malformed = || SettingsError::Malformed(path.to_owned());
        let text = match std::fs::read_to_string(path) {
            Err(error) if is_missing(&error) => return Ok(None),
            text => text.map_err(|error| SettingsError::File { path: path.to_owned(), action: "read", error })?,
        };
        let content: Content = toml::from_str(&text).map_err(|_| malformed())?;
        let key = content.key.map(|key| ApiKey::read(&key, KeySource::Login).map_err(|_| malformed())).transpose()?;
        Ok(Some(Self { server: content.server, key }))
    }

    /// Writes the file, which only its owner can read.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn save(&self) -> Result<PathBuf, SettingsError> {
        let path = Self::path()?;
        self.write(&path)?;
        Ok(path)
    }

    fn write(&self, path: &Path) -> Result<(), SettingsError> {
        let content = Content { server: self.server.clone(), key: self.key.as_ref().map(ApiKey::expose) };
        let text = toml::to_string(&content).map_err(|_| SettingsError::Malformed(path.to_owned()))?;
        let written = || -> io::Result<()> {
            let path = behind_links(path.to_owned())?;
            if let Some(folder) = path.parent() {
                DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
            }
            // A new file beside the old one: the old one may be readable by others.
            let new = path.with_extension("toml.new");
            drop(std::fs::remove_file(&new));
            let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&new)?;
            file.write_all(text.as_bytes())?;
            file.sync_all()?;
            std::fs::rename(&new, path)
        };
        written().map_err(|error| SettingsError::File { path: path.to_owned(), action: "written", error })
    }
}

fn is_missing(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
}

/// Follows symbolic links to the file that they lead to, which may be missing. A new file must not replace a link, as
/// people who keep their settings elsewhere use links.
fn behind_links(mut path: PathBuf) -> io::Result<PathBuf> {
    for _ in 0..MAX_LINKS {
        match std::fs::read_link(&path) {
            Ok(target) => path = path.parent().unwrap_or(Path::new("")).join(target),
            // It is no link, or is missing.
            Err(_) => return Ok(path),
        }
    }
    Err(io::Error::other("too many symbolic links"))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    fn settings() -> Settings {
        Settings {
            server: "https://a.example/".parse().unwrap(),
            key: ApiKey::read("ph_abc123", KeySource::Login).ok(),
        }
    }

    #[test]
    fn saved_settings_are_read_back_and_private() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("new/client.toml");
        settings().write(&path).unwrap();
        settings().write(&path).unwrap();
        assert_eq!(std::fs::metadata(&path).unwrap().mode() & 0o777, 0o600);
        let read = Settings::read(&path).unwrap().unwrap();
        assert_eq!((read.server.as_str(), read.key.unwrap().expose().as_str()), ("https://a.example/", "ph_abc123"));
        assert!(Settings::read(&folder.path().join("none")).unwrap().is_none());
    }

    #[test]
    fn link_is_kept_and_its_target_is_written() {
        let folder = tempfile::tempdir().unwrap();
        let [link, middle] = ["client.toml", "middle"].map(|name| folder.path().join(name));
        std::os::unix::fs::symlink(folder.path().join("dotfiles/polyhost"), &middle).unwrap();
        std::os::unix::fs::symlink("middle", &link).unwrap();
        // The first time, the target is missing.
        for _ in 0..2 {
            settings().write(&link).unwrap();
            assert!(std::fs::symlink_metadata(&link).unwrap().is_symlink());
            let target = std::fs::symlink_metadata(folder.path().join("dotfiles/polyhost")).unwrap();
            assert!(target.is_file() && target.mode() & 0o777 == 0o600);
        }
        assert_eq!(std::fs::read_dir(folder.path().join("dotfiles")).unwrap().count(), 1);
        std::fs::remove_file(&middle).unwrap();
        std::os::unix::fs::symlink("client.toml", &middle).unwrap();
        let message = settings().write(&link).unwrap_err().to_string();
        assert!(message.contains("client.toml cannot be written: too many symbolic links"), "{message}");
    }

    #[test]
    fn file_that_others_can_read_is_rejected() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("client.toml");
        settings().write(&path).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o640)).unwrap();
        let message = Settings::read(&path).unwrap_err().to_string();
        assert!(message.contains("chmod 600") && !message.contains("ph_abc123"), "{message}");
    }

    #[test]
    fn malformed_file_is_rejected_without_being_shown() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("client.toml");
        settings().write(&path).unwrap();
        std::fs::write(&path, "server = \"https://a\"\nkey = \"two words\"\n").unwrap();
        let message = Settings::read(&path).unwrap_err().to_string();
        assert!(message.contains("log in again") && !message.contains("two words"), "{message}");
    }
}
