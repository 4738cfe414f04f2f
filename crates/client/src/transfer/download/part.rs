//! The partial file of a download: `NAME.part`. Beside it is the record `NAME.part.json`, which names the account and
//! the file that the bytes belong to.

use std::fs::{Metadata, OpenOptions, TryLockError};
use std::io::{self, Seek as _, SeekFrom, Write as _};
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use tokio::fs::File;
use tokio::io::{AsyncSeekExt as _, AsyncWriteExt as _};

use super::Existing;
use super::resume::PartialFile;
use super::target::Target;
use crate::failure::Failure;

/// The file that a partial file belongs to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct RemoteFile {
    /// The account.
    pub(super) account: String,
    /// The file's id.
    pub(super) id: String,
}

/// The record of a partial file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Record {
    #[serde(flatten)]
    remote: RemoteFile,
    etag: Option<String>,
    size: Option<u64>,
}

/// A partial file that this process writes exclusively.
#[derive(Debug)]
pub(super) struct Part {
    /// `None` until the first bytes are written.
    file: Option<File>,
    target: Target,
    remote: RemoteFile,
    existing: Existing,
}

impl Part {
    /// Opens the partial file, and returns its state. A partial file of another download is replaced only with
    /// [`Existing::Replace`], one of another program only with [`Existing::Force`], and only when new bytes are
    /// written.
    ///
    /// # Errors
    /// If the partial file is in use, belongs to another download or program, or cannot be written.
    pub(super) fn open(target: Target, remote: RemoteFile, existing: Existing) -> Result<(Self, PartialFile), Failure> {
        let failed = |error| Failure::local(target.part.display(), &error);
        let part = metadata(&target.part).map_err(failed)?;
        let record = Record::read(&target.record);
        let ours = record.as_ref().ok().and_then(Option::as_ref).filter(|record| record.remote == remote);
        match (&part, ours, existing) {
            (Some(part), Some(record), _) if part.is_file() => {
                let mut file = OpenOptions::new().read(true).write(true).open(&target.part).map_err(failed)?;
                claim(&file, &target)?;
                let length = file.seek(SeekFrom::End(0)).map_err(failed)?;
                let kept = PartialFile { length, etag: record.etag.clone(), size: record.size };
                Ok((Self { file: Some(File::from_std(file)), target, remote, existing }, kept))
            }
            // An interrupt between the creation of both files leaves this. It has no bytes of any file.
            (Some(part), None, _) if part.is_file() && part.len() == 0 && matches!(record, Ok(None)) => {
                let file = OpenOptions::new().read(true).write(true).open(&target.part).map_err(failed)?;
                claim(&file, &target)?;
                let part = Self { file: Some(File::from_std(file)), target, remote, existing };
                Ok((part, PartialFile::default()))
            }
            // A record without a partial file can be ignored. A file that is not a record belongs to another program.
            (None, _, _) if record.is_ok() => Ok((Self::empty(target, remote, existing), PartialFile::default())),
            // A valid record shows that the partial file is one of an earlier download.
            (Some(part), _, Existing::Replace) if part.is_file() && matches!(record, Ok(Some(_))) => {
                Ok((Self::empty(target, remote, existing), PartialFile::default()))
            }
            (_, _, Existing::Force) => Ok((Self::empty(target, remote, existing), PartialFile::default())),
            (_, _, Existing::Keep | Existing::Replace) => Err(not_ours(&target)),
        }
    }

    fn empty(target: Target, remote: RemoteFile, existing: Existing) -> Self {
        Self { file: None, target, remote, existing }
    }

    /// Returns the path of the partial file.
    pub(super) fn part_path(&self) -> &Path {
        &self.target.part
    }

    /// Discards the existing bytes, and records which file the next bytes belong to.
    pub(super) async fn restart(&mut self, etag: Option<String>, size: Option<u64>) -> Result<(), Failure> {
        let file = match &mut self.file {
            Some(file) => file,
            None => {
                let created = create(&self.target.part, self.existing).map_err(|error| self.failed(&error))?;
                claim(&created, &self.target)?;
                self.file.insert(File::from_std(created))
            }
        };
        let record = Record { remote: self.remote.clone(), etag, size };
        let emptied = async {
            file.flush().await?;
            // The order matters: bytes of an old file must never be beside the record of a new one.
            file.set_len(0).await?;
            file.rewind().await?;
            record.write(&self.target.record)
        };
        emptied.await.map_err(|error: io::Error| self.failed(&error))
    }

    /// Appends bytes.
    pub(super) async fn write(&mut self, bytes: &Bytes) -> Result<(), Failure> {
        let written = match &mut self.file {
            Some(file) => file.write_all(bytes).await,
            None => Err(io::ErrorKind::NotFound.into()),
        };
        written.map_err(|error| self.failed(&error))
    }

    /// Moves the complete file to its path.
    ///
    /// # Errors
    /// If a file has appeared at the path meanwhile, or the file system reports an error.
    pub(super) async fn finish(mut self) -> Result<(), Failure> {
        if let Some(file) = &mut self.file {
            file.flush().await.map_err(|error| self.failed(&error))?;
        }
        self.target.check(self.existing)?;
        tokio::fs::rename(&self.target.part, &self.target.path).await.map_err(|error| self.failed(&error))?;
        // A remaining record without a partial file does no harm.
        drop(tokio::fs::remove_file(&self.target.record).await);
        Ok(())
    }

    /// Deletes the partial file and its record.
    pub(super) async fn discard(self) {
        // Errors are ignored: the next download of the same file reuses or replaces the remaining files.
        for path in [&self.target.part, &self.target.record] {
            drop(tokio::fs::remove_file(path).await);
        }
    }

    fn failed(&self, error: &io::Error) -> Failure {
        Failure::local(self.target.part.display(), error)
    }
}

impl Record {
    /// Reads the record, if it exists.
    fn read(path: &Path) -> io::Result<Option<Self>> {
        match metadata(path)? {
            Some(metadata) if metadata.is_file() => Ok(Some(serde_json::from_slice(&std::fs::read(path)?)?)),
            Some(_) => Err(io::ErrorKind::InvalidInput.into()),
            None => Ok(None),
        }
    }

    /// Writes the record into a new file. It does not follow a link at the path.
    fn write(&self, path: &Path) -> io::Result<()> {
        create(path, Existing::Replace)?.write_all(&serde_json::to_vec(self)?)
    }
}

/// Returns the metadata of a path without following links; `None` if nothing is there.
fn metadata(path: &Path) -> io::Result<Option<Metadata>> {
    match std::fs::symlink_metadata(path) {
        Ok(metadata) => Ok(Some(metadata)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// Creates a new file. With [`Existing::Replace`], first removes an existing one.
fn create(path: &Path, existing: Existing) -> io::Result<std::fs::File> {
    if existing != Existing::Keep && metadata(path)?.is_some() {
        std::fs::remove_file(path)?;
    }
    OpenOptions::new().read(true).write(true).create_new(true).open(path)
}

/// Locks the file, and checks that the path still refers to this file and not to another process's new one.
fn claim(file: &std::fs::File, target: &Target) -> Result<(), Failure> {
    let in_use = || {
        Failure::from_client("in_use", "Another process is downloading this file", target.part.display().to_string())
    };
    match file.try_lock() {
        Err(TryLockError::WouldBlock) => return Err(in_use()),
        // On file systems without locks, a second writer is detected only by a wrong size or digest.
        Ok(()) | Err(TryLockError::Error(_)) => {}
    }
    let identity = |metadata: &Metadata| (metadata.dev(), metadata.ino());
    let opened = file.metadata().as_ref().map(identity).ok();
    let named = std::fs::symlink_metadata(&target.part).as_ref().map(identity).ok();
    if opened.is_some() && opened == named { Ok(()) } else { Err(in_use()) }
}

fn not_ours(target: &Target) -> Failure {
    let detail =
        format!("{} does not belong to this file. Move it away, or replace it with --force.", target.part.display());
    Failure::from_client("already_exists", "The path exists already", detail)
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;

    fn open(folder: &Path, id: &str, existing: Existing) -> Result<(Part, PartialFile), Failure> {
        let target = Target::at(folder.join("a.mp4"), Existing::Keep)?;
        Part::open(target, RemoteFile { account: "main".to_owned(), id: id.to_owned() }, existing)
    }

    fn part(folder: &Path) -> PathBuf {
        folder.join("a.mp4.part")
    }

    async fn started(folder: &Path, id: &str) -> Part {
        let (mut part, kept) = open(folder, id, Existing::Keep).unwrap();
        assert_eq!(kept, PartialFile::default());
        part.restart(Some("\"e\"".to_owned()), Some(9)).await.unwrap();
        part.write(&Bytes::from_static(b"abcd")).await.unwrap();
        part.file.as_mut().unwrap().flush().await.unwrap();
        part
    }

    #[tokio::test]
    async fn resumed_download_leaves_only_the_complete_file() {
        let folder = tempfile::tempdir().unwrap();
        drop(started(folder.path(), "7").await);
        let (mut part, kept) = open(folder.path(), "7", Existing::Keep).unwrap();
        assert_eq!(kept, PartialFile { length: 4, etag: Some("\"e\"".to_owned()), size: Some(9) });
        part.write(&Bytes::from_static(b"efghi")).await.unwrap();
        part.finish().await.unwrap();
        assert_eq!(std::fs::read(folder.path().join("a.mp4")).unwrap(), b"abcdefghi");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[tokio::test]
    async fn restarted_download_discards_existing_bytes() {
        let folder = tempfile::tempdir().unwrap();
        drop(started(folder.path(), "7").await);
        let (mut part, _) = open(folder.path(), "7", Existing::Keep).unwrap();
        part.restart(None, None).await.unwrap();
        part.write(&Bytes::from_static(b"xy")).await.unwrap();
        part.finish().await.unwrap();
        assert_eq!(std::fs::read(folder.path().join("a.mp4")).unwrap(), b"xy");
    }

    #[tokio::test]
    async fn partial_file_of_another_download_is_replaced_only_if_wanted() {
        let folder = tempfile::tempdir().unwrap();
        drop(started(folder.path(), "7").await);
        assert_eq!(open(folder.path(), "8", Existing::Keep).unwrap_err().problem().code(), "already_exists");
        let (_part, kept) = open(folder.path(), "8", Existing::Replace).unwrap();
        assert_eq!(kept, PartialFile::default());
    }

    #[tokio::test]
    async fn foreign_or_linked_partial_file_is_kept() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(part(folder.path()), b"theirs").unwrap();
        assert!(open(folder.path(), "7", Existing::Keep).is_err());
        assert_eq!(open(folder.path(), "7", Existing::Replace).unwrap_err().problem().code(), "already_exists");
        let (opened, _) = open(folder.path(), "7", Existing::Force).unwrap();
        drop(opened);
        // The foreign file is not replaced before new bytes are written.
        assert_eq!(std::fs::read(part(folder.path())).unwrap(), b"theirs");
        std::fs::remove_file(part(folder.path())).unwrap();
        for name in ["a.mp4.part", "a.mp4.part.json"] {
            let (link, elsewhere) = (folder.path().join(name), folder.path().join("elsewhere"));
            std::fs::write(&elsewhere, b"precious").unwrap();
            std::os::unix::fs::symlink(&elsewhere, &link).unwrap();
            assert!(open(folder.path(), "7", Existing::Keep).is_err());
            assert!(open(folder.path(), "7", Existing::Replace).is_err());
            let (mut opened, _) = open(folder.path(), "7", Existing::Force).unwrap();
            opened.restart(None, None).await.unwrap();
            assert_eq!(std::fs::read(&elsewhere).unwrap(), b"precious");
            opened.discard().await;
        }
    }

    #[tokio::test]
    async fn empty_partial_file_without_a_record_is_used() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(part(folder.path()), b"").unwrap();
        let mut part = started(folder.path(), "7").await;
        part.write(&Bytes::from_static(b"e")).await.unwrap();
        part.finish().await.unwrap();
        assert_eq!(std::fs::read(folder.path().join("a.mp4")).unwrap(), b"abcde");
    }

    #[test]
    fn nothing_is_created_before_there_are_bytes() {
        let folder = tempfile::tempdir().unwrap();
        open(folder.path(), "7", Existing::Keep).unwrap();
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    #[tokio::test]
    async fn partial_file_has_one_writer_at_a_time() {
        let folder = tempfile::tempdir().unwrap();
        let first = started(folder.path(), "7").await;
        assert_eq!(open(folder.path(), "7", Existing::Keep).unwrap_err().problem().code(), "in_use");
        drop(first);
        open(folder.path(), "7", Existing::Keep).unwrap();
    }

    #[tokio::test]
    async fn file_that_appeared_meanwhile_is_kept() {
        let folder = tempfile::tempdir().unwrap();
        let first = started(folder.path(), "7").await;
        std::fs::write(folder.path().join("a.mp4"), b"mine").unwrap();
        assert!(first.finish().await.is_err());
        assert_eq!(std::fs::read(folder.path().join("a.mp4")).unwrap(), b"mine");
        assert_eq!(std::fs::read(part(folder.path())).unwrap(), b"abcd");
    }
}
