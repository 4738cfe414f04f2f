//! The path that a download goes to, and the two beside it that are there until it is whole.

use std::collections::HashSet;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use super::Existing;
use crate::failure::Failure;

/// Where a download goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Target {
    /// Where it is when it is whole.
    pub(super) path: PathBuf,
    /// Where it is until then: `NAME.part`.
    pub(super) part: PathBuf,
    /// What says of which file that is the beginning: `NAME.part.json`.
    pub(super) record: PathBuf,
}

/// The paths that downloads of one command have taken, so that no two write to the same.
#[derive(Debug, Default)]
pub(super) struct Claims(Mutex<HashSet<PathBuf>>);

impl Target {
    /// The paths of a download.
    ///
    /// # Errors
    /// Something is there, and is to be kept; or is a directory.
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

    /// Whether the whole may go where it is to go.
    ///
    /// # Errors
    /// As [`at`](Self::at).
    pub(super) fn check(&self, existing: Existing) -> Result<(), Failure> {
        let taken = |detail| Err(Failure::own("already_exists", "There is something of that name", detail));
        match std::fs::symlink_metadata(&self.path) {
            Ok(there) if there.is_dir() => taken("It is a directory; see --directory."),
            Ok(_) if existing == Existing::Kept => taken("It is kept; --force replaces it."),
            _ => Ok(()),
        }
    }
}

impl Claims {
    /// Takes the paths of a download.
    ///
    /// # Errors
    /// Another download of the same command has one of them.
    pub(super) fn take(&self, target: &Target) -> Result<(), Failure> {
        let paths: [&Path; 3] = [&target.path, &target.part, &target.record];
        let mut taken = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if paths.iter().any(|path| taken.contains(*path)) {
            let detail = "Another file of this command goes there; download this one alone, with --output.";
            return Err(Failure::own("already_exists", "There is something of that name", detail));
        }
        taken.extend(paths.map(Path::to_owned));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_there_is_kept_unless_it_is_to_be_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.mp4");
        assert!(Target::at(path.clone(), Existing::Kept).is_ok());
        std::fs::write(&path, b"mine").unwrap();
        let failure = Target::at(path.clone(), Existing::Kept).unwrap_err();
        assert_eq!(failure.problem().code(), "already_exists");
        assert!(Target::at(path, Existing::Replaced).is_ok());
        assert!(Target::at(folder.path().to_owned(), Existing::Replaced).is_err());
    }

    #[test]
    fn two_downloads_of_a_command_never_share_a_path() {
        let target = |name: &str| Target::at(PathBuf::from("/nowhere").join(name), Existing::Kept).unwrap();
        let claims = Claims::default();
        claims.take(&target("a")).unwrap();
        claims.take(&target("b")).unwrap();
        for name in ["a", "a.part", "a.part.json"] {
            assert!(claims.take(&target(name)).is_err(), "{name}");
        }
    }
}
