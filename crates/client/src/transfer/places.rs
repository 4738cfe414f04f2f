//! The paths that the files of a transfer get, so that no two files have the same one.

use std::collections::HashSet;

use super::task::TargetFile;
use crate::failure::Failure;
use crate::item::name_key;

/// The endings of the temporary files beside a download.
const TEMPORARY: [&str; 2] = [".part", ".part.json"];

/// The paths that are taken.
#[derive(Debug, Default)]
pub(super) struct Places(HashSet<String>);

impl Places {
    /// Takes the path of a file. A download also takes the paths of its temporary files.
    ///
    /// # Errors
    /// If another file has one of them.
    pub(super) fn take(&mut self, target: &TargetFile) -> Result<(), Failure> {
        let path = name_key(&target.shown());
        let is_temporary = |ending: &str| path.strip_suffix(ending).is_some_and(|path| self.0.contains(path));
        let has_temporary = |ending: &str| self.0.contains(&format!("{path}{ending}"));
        let is_beside = matches!(target, TargetFile::Local(_))
            && TEMPORARY.iter().any(|ending| is_temporary(ending) || has_temporary(ending));
        if is_beside || self.0.contains(&path) {
            return Err(taken(&target.shown()));
        }
        self.0.insert(path);
        Ok(())
    }
}

/// Returns the failure for a source whose place another one has.
pub(super) fn taken(path: &str) -> Failure {
    let detail = format!("Another source of this command uses the path {path}.");
    Failure::from_client("already_exists", "The path exists already", detail)
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;
    use std::sync::Arc;

    use super::*;
    use crate::tree::Folder;

    #[test]
    fn downloads_of_a_command_never_share_a_path() {
        let target = |name: &str| TargetFile::Local(PathBuf::from("/nowhere").join(name));
        let mut places = Places::default();
        for name in ["a", "b", "c.part", "d.part.json"] {
            places.take(&target(name)).unwrap();
        }
        for name in ["a", "a.part", "a.part.json", "c", "d"] {
            assert_eq!(places.take(&target(name)).unwrap_err().problem().code(), "already_exists", "{name}");
        }
    }

    #[test]
    fn files_at_an_account_have_no_temporary_files() {
        let folder = Arc::new(Folder::existing("a", "root"));
        let target = |name: &str| TargetFile::Remote { folder: Arc::clone(&folder), name: name.to_owned() };
        let mut places = Places::default();
        for name in ["a", "a.part", "E\u{301}"] {
            places.take(&target(name)).unwrap();
        }
        assert!(places.take(&target("\u{c9}")).is_err());
    }
}
