//! The beginning of a file: `NAME.part`, with `NAME.part.json` beside it, which says of which file it is.

use std::fs::{OpenOptions, TryLockError};
use std::io::{self, SeekFrom};
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
    file: File,
    target: Target,
    owner: Owner,
}

impl Part {
    /// The part of a file, and what is there of it. One that is of another file, or of another program, is replaced
    /// only where that is wanted.
    ///
    /// # Errors
    /// Where it is in use, is somebody else's, or cannot be written.
    pub(super) fn open(target: Target, owner: Owner, existing: Existing) -> Result<(Self, Kept), Failure> {
        let record = Record::read(&target.record).filter(|record| record.owner == owner);
        let failed = |error| Failure::local(target.part.display(), &error);
        let there = std::fs::symlink_metadata(&target.part);
        let is_ours = there.as_ref().is_ok_and(|there| there.is_file() && (record.is_some() || there.len() == 0));
        match there {
            Ok(_) if !is_ours && existing == Existing::Kept => return Err(somebody_elses(&target)),
            Ok(_) if !is_ours => std::fs::remove_file(&target.part).map_err(failed)?,
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(failed(error)),
            Ok(_) | Err(_) => {}
        }
        let mut options = OpenOptions::new();
        options.read(true).write(true);
        let file = if is_ours { options.open(&target.part) } else { options.create_new(true).open(&target.part) };
        let file = file.map_err(failed)?;
        claim(&file, &target)?;
        let length = file.metadata().map_err(failed)?.len();
        let kept = match record.filter(|_| is_ours) {
            Some(Record { etag, size, .. }) => Kept { length, etag, size },
            None => Kept::default(),
        };
        Ok((Self { file: File::from_std(file), target, owner }, kept))
    }

    /// The part of the target's paths.
    pub(super) fn part_path(&self) -> &Path {
        &self.target.part
    }

    /// Goes on behind so many bytes.
    pub(super) async fn go_on_at(&mut self, length: u64) -> Result<(), Failure> {
        let sought = self.file.seek(SeekFrom::Start(length)).await;
        sought.map(drop).map_err(|error| self.failed(&error))
    }

    /// Throws away what is there, and notes of what the bytes to come are the beginning.
    pub(super) async fn begin_anew(&mut self, etag: Option<String>, size: Option<u64>) -> Result<(), Failure> {
        let record = Record { owner: self.owner.clone(), etag, size };
        let emptied = async {
            self.file.flush().await?;
            // In this order: bytes of an old file must never stand beside the record of a new one.
            self.file.set_len(0).await?;
            self.file.rewind().await?;
            tokio::fs::write(&self.target.record, serde_json::to_vec(&record)?).await
        };
        emptied.await.map_err(|error: io::Error| self.failed(&error))
    }

    /// Writes further bytes.
    pub(super) async fn write(&mut self, bytes: &Bytes) -> Result<(), Failure> {
        self.file.write_all(bytes).await.map_err(|error| self.failed(&error))
    }

    /// Makes the whole file of it.
    ///
    /// # Errors
    /// Where something has come to be in its place, or the file system refuses.
    pub(super) async fn finish(mut self, existing: Existing) -> Result<(), Failure> {
        self.file.flush().await.map_err(|error| self.failed(&error))?;
        self.target.check(existing)?;
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
    /// What is noted; nothing if that cannot be read.
    fn read(path: &Path) -> Option<Self> {
        serde_json::from_slice(&std::fs::read(path).ok()?).ok()
    }
}

/// Keeps other processes out, and makes sure that none has been at the file before that.
fn claim(file: &std::fs::File, target: &Target) -> Result<(), Failure> {
    let in_use = || Failure::own("in_use", "Somebody else is downloading it", target.part.display().to_string());
    match file.try_lock() {
        Err(TryLockError::WouldBlock) => return Err(in_use()),
        // Where there are no locks, the digests and the size have to do.
        Ok(()) | Err(TryLockError::Error(_)) => {}
    }
    let identity = |metadata: &std::fs::Metadata| (metadata.dev(), metadata.ino());
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
        part.file.flush().await.unwrap();
        part
    }

    #[tokio::test]
    async fn what_was_begun_is_gone_on_with_and_leaves_nothing_beside_the_whole() {
        let folder = tempfile::tempdir().unwrap();
        drop(begun(folder.path(), "7").await);
        let (mut part, kept) = open(folder.path(), "7", Existing::Kept).unwrap();
        assert_eq!(kept, Kept { length: 4, etag: Some("\"e\"".to_owned()), size: Some(9) });
        part.go_on_at(4).await.unwrap();
        part.write(&Bytes::from_static(b"efghi")).await.unwrap();
        part.finish(Existing::Kept).await.unwrap();
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
        part.finish(Existing::Kept).await.unwrap();
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

    #[test]
    fn a_part_of_another_program_or_behind_a_link_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(part(folder.path()), b"theirs").unwrap();
        assert!(open(folder.path(), "7", Existing::Kept).is_err());
        std::fs::remove_file(part(folder.path())).unwrap();
        let elsewhere = folder.path().join("elsewhere");
        std::fs::write(&elsewhere, b"precious").unwrap();
        std::os::unix::fs::symlink(&elsewhere, part(folder.path())).unwrap();
        assert!(open(folder.path(), "7", Existing::Kept).is_err());
        drop(open(folder.path(), "7", Existing::Replaced).unwrap());
        assert_eq!(std::fs::read(&elsewhere).unwrap(), b"precious");
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
        assert!(first.finish(Existing::Kept).await.is_err());
        assert_eq!(std::fs::read(folder.path().join("a.mp4")).unwrap(), b"mine");
        assert_eq!(std::fs::read(part(folder.path())).unwrap(), b"abcd");
    }
}
