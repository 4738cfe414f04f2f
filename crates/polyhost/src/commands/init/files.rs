//! Creates the files of `polyhost init`, all or none, readable by their owner alone.

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use secrecy::{ExposeSecret as _, SecretString};
use tempfile::NamedTempFile;

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

/// Creates all files. If one of them cannot be created, none is.
pub(super) fn create(files: &[NewFile<'_>], force: bool) -> Result<(), CommandError> {
    let failed = |path: &Path, error| CommandError::failed(format_args!("cannot create {}", path.display()), error);
    let mut written = Vec::new();
    for file in files {
        written.push((&file.path, write(file).map_err(|error| failed(&file.path, error))?));
    }
    let mut created: Vec<&Path> = Vec::new();
    for (path, temporary) in written {
        let stored = if force { temporary.persist(path) } else { temporary.persist_noclobber(path) };
        if let Err(error) = stored {
            created.into_iter().for_each(|path| drop(fs::remove_file(path)));
            return Err(failed(path, error.error));
        }
        created.push(path);
    }
    Ok(())
}

/// Writes the content beside the file, under a temporary name. Such a file has the mode 600.
fn write(file: &NewFile<'_>) -> io::Result<NamedTempFile> {
    let mut temporary = NamedTempFile::new_in(file.path.parent().unwrap_or(Path::new("/")))?;
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
}
