//! The path of a download, and the two temporary paths beside it.

use std::collections::HashSet;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

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

/// The paths in use by the downloads of one command, so that no two downloads write to the same path.
#[derive(Debug, Default)]
pub(super) struct Claims(Mutex<HashSet<PathBuf>>);

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

impl Claims {
    /// Claims the paths of a download.
    ///
    /// # Errors
    /// If another download of the same command has claimed one of them.
    pub(super) fn take(&self, target: &Target) -> Result<(), Failure> {
        let paths: [&Path; 3] = [&target.path, &target.part, &target.record];
        let mut claimed = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if paths.iter().any(|path| claimed.contains(*path)) {
            let detail = "Another file of this command has this path; download this one separately.";
            return Err(Failure::from_client("already_exists", "The path exists already", detail));
        }
        claimed.extend(paths.map(Path::to_owned));
        Ok(())
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

    #[test]
    fn downloads_of_a_command_never_share_a_path() {
        let target = |name: &str| Target::at(PathBuf::from("/nowhere").join(name), Existing::Keep).unwrap();
        let claims = Claims::default();
        claims.take(&target("a")).unwrap();
        claims.take(&target("b")).unwrap();
        for name in ["a", "a.part", "a.part.json"] {
            assert!(claims.take(&target(name)).is_err(), "{name}");
        }
    }
}
