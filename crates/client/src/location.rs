//! The objects that users name: `account:/path/to/file`, `account:#ID`, or a path on this machine.

use std::ffi::OsStr;
use std::fmt;
use std::path::{Path, PathBuf};

/// The longest name of an account.
const MAX_ACCOUNT: usize = 64;

/// An argument that names a file or a folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Argument {
    /// A path on this machine; `-` is the standard input or output.
    Local(PathBuf),
    /// A file or folder at an account.
    Remote(Location),
}

/// A file or folder at an account, as the user writes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Location {
    pub(crate) account: String,
    /// The id before the path; `None` is the root.
    pub(crate) id: Option<String>,
    /// The names on the path from there.
    pub(crate) names: Vec<String>,
    /// Whether the text ends with a slash, which means a folder.
    pub(crate) ends_with_slash: bool,
}

/// The fault of an argument.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LocationError {
    /// A path on this machine where only an account can be.
    #[error("\"{0}\" has no colon; write ACCOUNT:/PATH or ACCOUNT:#ID, such as plays:/Films/a.mp4")]
    NoAccount(String),
    /// A name of an account without a colon.
    #[error("\"{0}\" has no colon; write {0}: for the account {0}, or {0}:/PATH")]
    NoColon(String),
    /// A path with `.` or `..`.
    #[error("\"{0}\": a path at an account cannot contain \".\" or \"..\"")]
    Step(String),
    /// `#` without an id.
    #[error("\"{0}\": an id is missing after #")]
    NoId(String),
    /// A web address.
    #[error("\"{0}\" is a web address; \"polyhost fetch URL --to ACCOUNT:/FOLDER/\" lets the site fetch it")]
    Address(String),
    /// Text that is not UTF-8.
    #[error("\"{0}\": a path at an account is UTF-8")]
    NotUtf8(String),
}

impl Argument {
    /// Reads an argument. A path on this machine whose first part contains a colon can be written with `./` before it.
    ///
    /// # Errors
    /// If it begins like a location at an account, and is none.
    pub fn parse(text: &OsStr) -> Result<Self, LocationError> {
        let local = || Self::Local(PathBuf::from(text));
        let Some(colon) = text.as_encoded_bytes().iter().position(|byte| *byte == b':') else { return Ok(local()) };
        if !text.as_encoded_bytes().get(..colon).is_some_and(is_account) {
            return Ok(local());
        }
        let text = text.to_str().ok_or_else(|| LocationError::NotUtf8(text.to_string_lossy().into_owned()))?;
        Location::parse(text).map(Self::Remote)
    }

    /// Returns whether the argument stands for the standard input or output.
    #[must_use]
    pub fn is_standard_stream(&self) -> bool {
        matches!(self, Self::Local(path) if path == Path::new("-"))
    }

    /// Returns whether the text ends with a slash.
    pub(crate) fn ends_with_slash(&self) -> bool {
        match self {
            Self::Local(path) => path.as_os_str().as_encoded_bytes().ends_with(b"/"),
            Self::Remote(location) => location.ends_with_slash,
        }
    }
}

impl Location {
    /// Reads a location, such as `plays:/Films/a.mp4`, `plays:#1253` or `plays:`.
    ///
    /// # Errors
    /// If the text is not a location at an account.
    pub fn parse(text: &str) -> Result<Self, LocationError> {
        let no_account = || match is_account(text.as_bytes()) {
            true => LocationError::NoColon(text.to_owned()),
            false => LocationError::NoAccount(text.to_owned()),
        };
        let (account, path) = text.split_once(':').ok_or_else(no_account)?;
        if !is_account(account.as_bytes()) {
            return Err(no_account());
        }
        if path.starts_with("//") && matches!(account, "http" | "https" | "ftp") {
            return Err(LocationError::Address(text.to_owned()));
        }
        let (id, path) = match path.strip_prefix('#') {
            None => (None, path),
            Some(rest) => {
                let (id, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
                if id.is_empty() {
                    return Err(LocationError::NoId(text.to_owned()));
                }
                (Some(id.to_owned()).filter(|id| id != "root"), path)
            }
        };
        let names: Vec<String> = path.split('/').filter(|name| !name.is_empty()).map(str::to_owned).collect();
        if names.iter().any(|name| name == "." || name == "..") {
            return Err(LocationError::Step(text.to_owned()));
        }
        Ok(Self { account: account.to_owned(), id, names, ends_with_slash: path.ends_with('/') })
    }

    /// Returns the account.
    #[must_use]
    pub fn account(&self) -> &str {
        &self.account
    }

    /// Returns whether this is the root folder.
    #[must_use]
    pub fn is_root(&self) -> bool {
        self.id.is_none() && self.names.is_empty()
    }
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:", self.account)?;
        match &self.id {
            Some(id) => write!(f, "#{id}")?,
            None if self.names.is_empty() => write!(f, "/")?,
            None => {}
        }
        self.names.iter().try_for_each(|name| write!(f, "/{name}"))
    }
}

impl fmt::Display for Argument {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Local(path) => path.display().fmt(f),
            Self::Remote(location) => location.fmt(f),
        }
    }
}

fn is_account(text: &[u8]) -> bool {
    let is_plain = |byte: &u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let is_allowed = |byte: &u8| is_plain(byte) || matches!(byte, b'_' | b'-');
    text.first().is_some_and(is_plain) && text.len() <= MAX_ACCOUNT && text.iter().all(is_allowed)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn remote(text: &str) -> (String, Option<String>, Vec<String>, bool) {
        let Argument::Remote(location) = Argument::parse(OsStr::new(text)).unwrap() else { panic!("{text} is local") };
        (location.account, location.id, location.names, location.ends_with_slash)
    }

    #[test]
    fn path_at_an_account_is_split_into_names() {
        let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        let plays = || "plays".to_owned();
        assert_eq!(remote("plays:"), (plays(), None, vec![], false));
        assert_eq!(remote("plays:/"), (plays(), None, vec![], true));
        assert_eq!(remote("plays:Films"), (plays(), None, names(&["Films"]), false));
        assert_eq!(remote("plays://Films//a: b.mp4"), (plays(), None, names(&["Films", "a: b.mp4"]), false));
        assert_eq!(remote("plays:/#1"), (plays(), None, names(&["#1"]), false));
        assert_eq!(remote("plays:#1253"), (plays(), Some("1253".to_owned()), vec![], false));
        assert_eq!(remote("plays:#7/Séries/"), (plays(), Some("7".to_owned()), names(&["Séries"]), true));
        assert_eq!(remote("plays:#root/a"), (plays(), None, names(&["a"]), false));
    }

    #[test]
    fn text_that_begins_with_no_account_is_a_local_path() {
        for text in ["a.mp4", "./a:b", "/x:y", "C:\\clips", "-", "Ärger:1", "a b:c", ":x", "-a:b"] {
            assert_eq!(Argument::parse(OsStr::new(text)), Ok(Argument::Local(PathBuf::from(text))), "{text}");
        }
    }

    #[test]
    fn invalid_location_is_rejected_with_the_reason() {
        let fault = |text: &str| Argument::parse(OsStr::new(text)).unwrap_err().to_string();
        assert!(fault("plays:/Films/../x").contains("\"..\""));
        assert!(fault("plays:#").contains("id is missing"));
        assert!(fault("https://example.org/a.mp4").contains("polyhost fetch"));
        assert!(Location::parse("./a").unwrap_err().to_string().contains("ACCOUNT:/PATH"));
        assert!(Location::parse("plays").unwrap_err().to_string().contains("write plays: for"));
    }

    #[test]
    fn location_is_shown_in_its_shortest_form() {
        for (text, shown) in [("plays:", "plays:/"), ("plays:a//b/", "plays:/a/b"), ("plays:#1/", "plays:#1")] {
            assert_eq!(Location::parse(text).unwrap().to_string(), shown);
        }
    }
}
