//! Creates the files of `polyhost init`, all or none, readable by their owner alone.

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use secrecy::{ExposeSecret as _, SecretString};
use tempfile::{NamedTempFile, TempPath};

use super::super::CommandError;

/// A file to create.
pub(super) struct NewFile<'a> {
    pub(super) path: PathBuf,
    content: Content<'a>,
}

enum Content<'a> {
    Text(String),
    Secret(&'a SecretString),
}

impl<'a> NewFile<'a> {
    /// A file with a secret and a newline.
    pub(super) fn secret(path: PathBuf, secret: &'a SecretString) -> Self {
        Self { path, content: Content::Secret(secret) }
    }

    /// A file with a text.
    pub(super) fn text(path: PathBuf, text: String) -> Self {
        Self { path, content: Content::Text(text) }
    }
}

/// Reports that a file exists, unless `force` allows to replace it.
pub(super) fn check_absent(path: &Path, force: bool) -> Result<(), CommandError> {
    if !force && path.exists() {
        return Err(CommandError::Failed(format!("{} exists already; --force replaces it", path.display())));
    }
    Ok(())
}

/// A file that is in its place, and the file that it replaced.
struct Stored<'a> {
    path: &'a Path,
    replaced: Option<TempPath>,
}

impl Stored<'_> {
    /// Removes the file, or puts the replaced one back.
    fn undo(self) -> io::Result<()> {
        match self.replaced {
            Some(old) => old.persist(self.path).map_err(|failed| {
                // The second name is the only one left, so it must stay.
                drop(failed.path.keep());
                failed.error
            }),
            None => fs::remove_file(self.path),
        }
    }
}

/// Creates all files. If one of them cannot be created, none is, and the files that existed stay as they were.
pub(super) fn create(files: &[NewFile<'_>], force: bool) -> Result<(), CommandError> {
    let failed = |path: &Path, error| CommandError::failed(format_args!("cannot create {}", path.display()), error);
    files.iter().try_for_each(|file| check_absent(&file.path, force))?;
    let mut written = Vec::new();
    for file in files {
        written.push((&file.path, write(file).map_err(|error| failed(&file.path, error))?));
    }
    let mut created: Vec<Stored<'_>> = Vec::new();
    for (path, temporary) in written {
        match store(path, temporary, force) {
            Ok(stored) => created.push(stored),
            Err(error) => {
                let faults: Vec<io::Error> = created.into_iter().filter_map(|stored| stored.undo().err()).collect();
                return Err(faults.into_iter().fold(failed(path, error), |first, fault| {
                    CommandError::failed(format_args!("{first}; cannot restore a file"), fault)
                }));
            }
        }
    }
    Ok(())
}

/// Renames the written file into its place. With `force`, a second name keeps the file that it replaces, until the
/// result is dropped.
fn store(path: &Path, temporary: NamedTempFile, force: bool) -> io::Result<Stored<'_>> {
    if !force {
        temporary.persist_noclobber(path).map_err(|error| error.error)?;
        return Ok(Stored { path, replaced: None });
    }
    let second_name = tempfile::Builder::new().make_in(folder(path), |name| fs::hard_link(path, name));
    let replaced = match second_name {
        Ok(old) => Some(old.into_temp_path()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        Err(error) => return Err(error),
    };
    temporary.persist(path).map_err(|error| error.error)?;
    Ok(Stored { path, replaced })
}

fn folder(path: &Path) -> &Path {
    path.parent().unwrap_or(Path::new("/"))
}

/// Writes the content beside the file, under a temporary name. Such a file has the mode 600.
fn write(file: &NewFile<'_>) -> io::Result<NamedTempFile> {
    let mut temporary = NamedTempFile::new_in(folder(&file.path))?;
    match &file.content {
        Content::Text(text) => temporary.write_all(text.as_bytes())?,
        Content::Secret(secret) => writeln!(temporary, "{}", secret.expose_secret())?,
    }
    temporary.as_file().sync_all()?;
    Ok(temporary)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn existing_file_stays_and_no_other_is_created() {
        let folder = tempfile::tempdir().unwrap();
        let (first, second) = (folder.path().join("first"), folder.path().join("second"));
        fs::write(&second, "old").unwrap();
        let secret = SecretString::from("secret");
        let files = [NewFile::secret(first.clone(), &secret), NewFile::text(second.clone(), "new".to_owned())];
        assert!(create(&files, false).is_err());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
        assert_eq!(fs::read_to_string(&second).unwrap(), "old");
        create(&files, true).unwrap();
        assert_eq!(
            (fs::read_to_string(&first).unwrap(), fs::read_to_string(&second).unwrap()),
            ("secret\n".into(), "new".into())
        );
        for path in [first, second] {
            assert_eq!(fs::metadata(path).unwrap().permissions().mode() & 0o777, 0o600);
        }
    }

    #[test]
    fn replaced_file_is_restored_if_a_later_one_fails() {
        let folder = tempfile::tempdir().unwrap();
        let [old, new, last] = ["old", "new", "last"].map(|name| folder.path().join(name));
        fs::write(&old, "old").unwrap();
        fs::create_dir(&last).unwrap();
        let secret = SecretString::from("secret");
        let files = [&old, &new, &last].map(|path| NewFile::secret(path.clone(), &secret));
        assert!(create(&files, true).is_err());
        assert_eq!(fs::read_to_string(&old).unwrap(), "old");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2);
    }
}
