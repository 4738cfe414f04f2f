//! The work on one file or folder of a transfer.

use serde_json::Value;

use super::Transfer;
use super::check::{Checked, Claimed, check};
use super::copy::copy;
use super::download::{Download, Downloads};
use super::finish::finish;
use super::sides::TargetFolder;
use super::task::{SourceFile, TargetFile, Task};
use super::upload::{Source, Upload, checksum_of};
use crate::failure::Failure;
use crate::session::Session;
use crate::tree::Folder;

/// A piece of work.
pub(super) enum Work {
    File(Task),
    /// A folder to create.
    Folder(TargetFolder),
}

/// The result of finished work.
pub(super) enum Done {
    /// The file was transferred, and is now this file; `bytes` is its size.
    Sent { file: Value, bytes: u64 },
    /// The file was there, for this reason.
    Skipped(String),
    /// The file would be transferred.
    Planned { bytes: u64 },
    /// The folder exists.
    Created,
}

/// The parts of a transfer that all its work shares.
pub(super) struct Worker<'a> {
    session: &'a Session,
    transfer: &'a Transfer,
    downloads: Downloads<'a>,
    claimed: Claimed,
}

impl<'a> Worker<'a> {
    pub(super) fn new(session: &'a Session, transfer: &'a Transfer) -> Self {
        let downloads = Downloads::new(session, transfer.existing);
        Self { session, transfer, downloads, claimed: Claimed::default() }
    }

    /// Carries out a piece of work. Returns it with the result.
    pub(super) async fn carry_out(&self, work: Work) -> (Work, Result<Done, Failure>) {
        let done = match &work {
            Work::File(task) => Box::pin(self.file(task)).await,
            Work::Folder(folder) => self.folder(folder).await,
        };
        (work, done)
    }

    /// Returns the files at the destination that stand for files with other names.
    pub(super) fn into_claimed(self) -> Claimed {
        self.claimed
    }

    async fn folder(&self, folder: &TargetFolder) -> Result<Done, Failure> {
        if self.transfer.dry_run || folder.exists() {
            return Ok(Done::Created);
        }
        let created = self.session.interrupt.unless(folder.create(&self.session.gateway)).await;
        created.unwrap_or_else(|| Err(Failure::interrupted("The folder may not be created."))).map(|()| Done::Created)
    }

    async fn file(&self, task: &Task) -> Result<Done, Failure> {
        let interrupted = || Err(Failure::interrupted("Nothing of the file was transferred."));
        let checked = self.session.interrupt.unless(check(self.session, self.transfer, &self.claimed, task)).await;
        let replaced = match checked.unwrap_or_else(interrupted)? {
            Checked::Skip(reason) => return Ok(Done::Skipped(reason)),
            Checked::Replace => task.present.as_slice(),
            Checked::Send => &[],
        };
        if self.transfer.dry_run {
            return Ok(Done::Planned { bytes: task.source.listed_size() });
        }
        let (file, size) = self.send(task).await?;
        // The name of an upload that replaces nothing is the site's choice.
        let is_finished = replaced.is_empty() && !matches!(task.source, SourceFile::Remote(_));
        let file = if is_finished { file } else { finish(self.session, task, file, replaced).await? };
        let bytes = file["size"].as_u64().filter(|size| *size > 0).or(size).unwrap_or_default();
        Ok(Done::Sent { file, bytes })
    }

    /// Transfers a file. Returns the new file, and its size if that is known.
    async fn send(&self, task: &Task) -> Result<(Value, Option<u64>), Failure> {
        match (&task.source, &task.target) {
            (SourceFile::Remote(file), TargetFile::Remote { folder, name }) => {
                let copied = self.session.interrupt.unless(Box::pin(copy(self.session, file, folder, name))).await;
                let copied = copied.unwrap_or_else(|| Err(Failure::interrupted("The file may have been copied.")));
                Ok((copied?, file.item.size))
            }
            (SourceFile::Remote(file), TargetFile::StandardOutput) => {
                Ok((self.downloads.fetch(Download { file, path: None }).await?, file.item.size))
            }
            (SourceFile::Remote(file), TargetFile::Local(path)) => {
                Ok((self.downloads.fetch(Download { file, path: Some(path) }).await?, file.item.size))
            }
            (SourceFile::Local { path, .. }, TargetFile::Remote { folder, name }) => {
                self.upload(Source::find(path, Some(name))?, folder).await
            }
            (SourceFile::StandardInput, TargetFile::Remote { folder, name }) => {
                self.upload(Source::standard_input(name), folder).await
            }
            (_, TargetFile::Local(_) | TargetFile::StandardOutput) => {
                Err(Failure::from_client("local_file", "Nothing to transfer", "Both paths are on this machine."))
            }
        }
    }

    async fn upload(&self, source: Source, folder: &Folder) -> Result<(Value, Option<u64>), Failure> {
        let sha1 = checksum_of(self.session, self.transfer.checksum, &source).await?;
        let upload = Upload { session: self.session, account: &folder.account, folder, source: &source, sha1 };
        Ok((Box::pin(upload.send()).await?, source.length()))
    }
}
