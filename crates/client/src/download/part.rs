//! The beginning of a file: `NAME.part`, with `NAME.part.json` beside it, which says of which file it is.

use std::fs::{Metadata, OpenOptions, TryLockError};
use std::io::{self, Seek as _, SeekFrom, Write as _};
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use tokio::fs::File;
use tokio::io::{AsyncSeekExt as _, AsyncWriteExt as _};

use super::Existing;
use super::resume::Kept;
use super::target::Target;
use crate::failure::Failure;

/// The file that a part is the beginning of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Owner {
    /// The account.
    pub(super) account: String,
    /// The file's id.
    pub(super) id: String,
}

/// What is noted of a part.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Record {
    #[serde(flatten)]
    owner: Owner,
    etag: Option<String>,
    size: Option<u64>,
}

/// A part that is being written, by this process alone.
#[derive(Debug)]
pub(super) struct Part {
    /// Not there before there are bytes for it.
    file: Option<File>,
    target: Target,
    owner: Owner,
    existing: Existing,
}

impl Part {
    /// The part of a file, and what is there of it. One that is of another file, or of another program, is replaced
    /// only where that is wanted, and not before there is something to replace it with.
    ///
    /// # Errors
    /// Where it is in use, is somebody else's, or cannot be written.
    pub(super) fn open(target: Target, owner: Owner, existing: Existing) -> Result<(Self, Kept), Failure> {
        let failed = |error| Failure::local(target.part.display(), &error);
        let part = there(&target.part).map_err(failed)?;
        let record = Record::read(&target.record);
        let ours = record.as_ref().ok().and_then(Option::as_ref).filter(|record| record.owner == owner);
        match (&part, ours, existing) {
            (Some(part), Some(record), _) if part.is_file() => {
                let mut file = OpenOptions::new().read(true).write(true).open(&target.part).map_err(failed)?;
                claim(&file, &target)?;
                let length = file.seek(SeekFrom::End(0)).map_err(failed)?;
                let kept = Kept { length, etag: record.etag.clone(), size: record.size };
                Ok((Self { file: Some(File::from_std(file)), target, owner, existing }, kept))
            }
            // A record without a part is of no use to anybody; what is no record is somebody's.
            (None, _, _) if record.is_ok() => Ok((Self::unbegun(target, owner, existing), Kept::default())),
            (_, _, Existing::Replaced) => Ok((Self::unbegun(target, owner, existing), Kept::default())),
            (_, _, Existing::Kept) => Err(somebody_elses(&target)),
        }
    }

    fn unbegun(target: Target, owner: Owner, existing: Existing) -> Self {
        Self { file: None, target, owner, existing }
    }

    /// The path of the part.
    pub(super) fn part_path(&self) -> &Path {
        &self.target.part
    }

    /// Throws away what is there, and notes of what the bytes to come are the beginning.
    pub(super) async fn begin_anew(&mut self, etag: Option<String>, size: Option<u64>) -> Result<(), Failure> {
        let file = match &mut self.file {
            Some(file) => file,
            None => {
                let created = create(&self.target.part, self.existing).map_err(|error| self.failed(&error))?;
                claim(&created, &self.target)?;
                self.file.insert(File::from_std(created))
            }
        };
        let record = Record { owner: self.owner.clone(), etag, size };
        let emptied = async {
            file.flush().await?;
            // In this order: bytes of an old file must never stand beside the record of a new one.
            file.set_len(0).await?;
            file.rewind().await?;
            record.write(&self.target.record)
        };
        emptied.await.map_err(|error: io::Error| self.failed(&error))
    }

    /// Writes further bytes.
    pub(super) async fn write(&mut self, bytes: &Bytes) -> Result<(), Failure> {
        let written = match &mut self.file {
            Some(file) => file.write_all(bytes).await,
            None => Err(io::ErrorKind::NotFound.into()),
        };
        written.map_err(|error| self.failed(&error))
    }

    /// Makes the whole file of it.
    ///
    /// # Errors
    /// Where something has come to be in its place, or the file system refuses.
    pub(super) async fn finish(mut self) -> Result<(), Failure> {
        if let Some(file) = &mut self.file {
            file.flush().await.map_err(|error| self.failed(&error))?;
        }
        self.target.check(self.existing)?;
        tokio::fs::rename(&self.target.part, &self.target.path).await.map_err(|error| self.failed(&error))?;
        // What is left of it says nothing about any part, so it does no harm.
        drop(tokio::fs::remove_file(&self.target.record).await);
        Ok(())
    }

    /// Throws all of it away.
    pub(super) async fn discard(self) {
        // Whatever cannot be removed is asked about again when somebody wants the same file.
        for path in [&self.target.part, &self.target.record] {
            drop(tokio::fs::remove_file(path).await);
        }
    }

    fn failed(&self, error: &io::Error) -> Failure {
        Failure::local(self.target.part.display(), error)
    }
}

impl Record {
    /// What is noted, if something is.
    fn read(path: &Path) -> io::Result<Option<Self>> {
        match there(path)? {
            Some(metadata) if metadata.is_file() => Ok(Some(serde_json::from_slice(&std::fs::read(path)?)?)),
            Some(_) => Err(io::ErrorKind::InvalidInput.into()),
            None => Ok(None),
        }
    }

    /// Notes it, in a file of its own and not behind a link that somebody has put there.
    fn write(&self, path: &Path) -> io::Result<()> {
        create(path, Existing::Replaced)?.write_all(&serde_json::to_vec(self)?)
    }
}

/// What is at a path, links not followed, if something is.
fn there(path: &Path) -> io::Result<Option<Metadata>> {
    match std::fs::symlink_metadata(path) {
        Ok(metadata) => Ok(Some(metadata)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// A new file in place of what may be there.
fn create(path: &Path, existing: Existing) -> io::Result<std::fs::File> {
    if existing == Existing::Replaced && there(path)?.is_some() {
        std::fs::remove_file(path)?;
    }
    OpenOptions::new().read(true).write(true).create_new(true).open(path)
}

/// Keeps other processes out, and makes sure that none has been at the file before that.
fn claim(file: &std::fs::File, target: &Target) -> Result<(), Failure> {
    let in_use = || Failure::own("in_use", "Somebody else is downloading it", target.part.display().to_string());
    match file.try_lock() {
        Err(TryLockError::WouldBlock) => return Err(in_use()),
        // Where there are no locks, the digests and the size have to do.
        Ok(()) | Err(TryLockError::Error(_)) => {}
    }
    let identity = |metadata: &Metadata| (metadata.dev(), metadata.ino());
    let opened = file.metadata().as_ref().map(identity).ok();
    let named = std::fs::symlink_metadata(&target.part).as_ref().map(identity).ok();
    if opened.is_some() && opened == named { Ok(()) } else { Err(in_use()) }
}

fn somebody_elses(target: &Target) -> Failure {
    let detail = format!("{} is not the beginning of this file; --force replaces it.", target.part.display());
    Failure::own("already_exists", "There is something of that name", detail)
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;

    fn open(folder: &Path, id: &str, existing: Existing) -> Result<(Part, Kept), Failure> {
        let target = Target::at(folder.join("a.mp4"), Existing::Kept)?;
        Part::open(target, Owner { account: "main".to_owned(), id: id.to_owned() }, existing)
    }

    fn part(folder: &Path) -> PathBuf {
        folder.join("a.mp4.part")
    }

    async fn begun(folder: &Path, id: &str) -> Part {
        let (mut part, kept) = open(folder, id, Existing::Kept).unwrap();
        assert_eq!(kept, Kept::default());
        part.begin_anew(Some("\"e\"".to_owned()), Some(9)).await.unwrap();
        part.write(&Bytes::from_static(b"abcd")).await.unwrap();
        part.file.as_mut().unwrap().flush().await.unwrap();
        part
    }

    #[tokio::test]
    async fn what_was_begun_is_gone_on_with_and_leaves_nothing_beside_the_whole() {
        let folder = tempfile::tempdir().unwrap();
        drop(begun(folder.path(), "7").await);
        let (mut part, kept) = open(folder.path(), "7", Existing::Kept).unwrap();
        assert_eq!(kept, Kept { length: 4, etag: Some("\"e\"".to_owned()), size: Some(9) });
        part.write(&Bytes::from_static(b"efghi")).await.unwrap();
        part.finish().await.unwrap();
        assert_eq!(std::fs::read(folder.path().join("a.mp4")).unwrap(), b"abcdefghi");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[tokio::test]
    async fn beginning_anew_leaves_nothing_of_what_was_there() {
        let folder = tempfile::tempdir().unwrap();
        drop(begun(folder.path(), "7").await);
        let (mut part, _) = open(folder.path(), "7", Existing::Kept).unwrap();
        part.begin_anew(None, None).await.unwrap();
        part.write(&Bytes::from_static(b"xy")).await.unwrap();
        part.finish().await.unwrap();
        assert_eq!(std::fs::read(folder.path().join("a.mp4")).unwrap(), b"xy");
    }

    #[tokio::test]
    async fn the_beginning_of_another_file_is_replaced_only_when_that_is_wanted() {
        let folder = tempfile::tempdir().unwrap();
        drop(begun(folder.path(), "7").await);
        assert_eq!(open(folder.path(), "8", Existing::Kept).unwrap_err().problem().code(), "already_exists");
        let (_part, kept) = open(folder.path(), "8", Existing::Replaced).unwrap();
        assert_eq!(kept, Kept::default());
    }

    #[tokio::test]
    async fn a_part_of_another_program_or_behind_a_link_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(part(folder.path()), b"theirs").unwrap();
        assert!(open(folder.path(), "7", Existing::Kept).is_err());
        let (opened, _) = open(folder.path(), "7", Existing::Replaced).unwrap();
        drop(opened);
        // It is not replaced before there is anything to replace it with.
        assert_eq!(std::fs::read(part(folder.path())).unwrap(), b"theirs");
        std::fs::remove_file(part(folder.path())).unwrap();
        for name in ["a.mp4.part", "a.mp4.part.json"] {
            let (link, elsewhere) = (folder.path().join(name), folder.path().join("elsewhere"));
            std::fs::write(&elsewhere, b"precious").unwrap();
            std::os::unix::fs::symlink(&elsewhere, &link).unwrap();
            assert!(open(folder.path(), "7", Existing::Kept).is_err());
            let (mut opened, _) = open(folder.path(), "7", Existing::Replaced).unwrap();
            opened.begin_anew(None, None).await.unwrap();
            assert_eq!(std::fs::read(&elsewhere).unwrap(), b"precious");
            opened.discard().await;
        }
    }

    #[test]
    fn nothing_is_made_before_there_are_bytes() {
        let folder = tempfile::tempdir().unwrap();
        open(folder.path(), "7", Existing::Kept).unwrap();
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    #[tokio::test]
    async fn a_part_has_one_writer_at_a_time() {
        let folder = tempfile::tempdir().unwrap();
        let first = begun(folder.path(), "7").await;
        assert_eq!(open(folder.path(), "7", Existing::Kept).unwrap_err().problem().code(), "in_use");
        drop(first);
        open(folder.path(), "7", Existing::Kept).unwrap();
    }

    #[tokio::test]
    async fn what_has_come_to_be_there_meanwhile_is_kept() {
        let folder = tempfile::tempdir().unwrap();
        let first = begun(folder.path(), "7").await;
        std::fs::write(folder.path().join("a.mp4"), b"mine").unwrap();
        assert!(first.finish().await.is_err());
        assert_eq!(std::fs::read(folder.path().join("a.mp4")).unwrap(), b"mine");
        assert_eq!(std::fs::read(part(folder.path())).unwrap(), b"abcd");
    }
}
