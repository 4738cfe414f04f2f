//! The path of a download, and the two temporary paths beside it.

use std::ffi::OsString;
use std::path::PathBuf;

use super::Existing;
use crate::failure::Failure;

/// The final and the temporary paths of a download.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Target {
    /// The path of the complete file.
    pub(super) path: PathBuf,
    /// The path of the partial file: `NAME.part`.
    pub(super) part: PathBuf,
    /// The path of the record of which file the partial file belongs to: `NAME.part.json`.
    pub(super) record: PathBuf,
}

impl Target {
    /// Returns the paths of a download.
    ///
    /// # Errors
    /// If the path exists and is to be kept, or is a directory.
    pub(super) fn at(path: PathBuf, existing: Existing) -> Result<Self, Failure> {
        let beside = |ending: &str| {
            let mut beside = OsString::from(&path);
            beside.push(ending);
            PathBuf::from(beside)
        };
        let target = Self { part: beside(".part"), record: beside(".part.json"), path };
        target.check(existing)?;
        Ok(target)
    }

    /// Checks that the complete file may be written to its path.
    ///
    /// # Errors
    /// As [`at`](Self::at).
    pub(super) fn check(&self, existing: Existing) -> Result<(), Failure> {
        let exists = |detail| Err(Failure::from_client("already_exists", "The path exists already", detail));
        match std::fs::symlink_metadata(&self.path) {
            Ok(there) if there.is_dir() => exists("It is a directory."),
            Ok(_) if existing == Existing::Keep => exists("Use --force to replace it."),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn existing_file_is_kept_unless_it_is_to_be_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.mp4");
        assert!(Target::at(path.clone(), Existing::Keep).is_ok());
        std::fs::write(&path, b"mine").unwrap();
        let failure = Target::at(path.clone(), Existing::Keep).unwrap_err();
        assert_eq!(failure.problem().code(), "already_exists");
        assert!(Target::at(path, Existing::Replace).is_ok());
        assert!(Target::at(folder.path().to_owned(), Existing::Replace).is_err());
    }
}
