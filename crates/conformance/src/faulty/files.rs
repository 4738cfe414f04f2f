//! Faults of the methods for files that exist at the site.

use futures_util::{StreamExt, TryStreamExt, stream};
use polyhost_domain::{
    ByteRange, Capability, Download, Error, ErrorKind, File, FileEdit, FileId, FileLookup, FileRef, FolderId,
    LinkAnswer, Result,
};

use super::{Fault, Faulty, is_unknown};

/// The number of ids that a provider with `OnlyTheFirstBatch` answers.
pub(super) const BATCH: usize = 50;

impl Faulty {
    pub(super) async fn faulty_files(&self, ids: &[FileId]) -> Result<Vec<FileLookup>> {
        match self.fault {
            Fault::EmptyLookupSendsRequest if ids.is_empty() => self.send_extra_request().await,
            Fault::BatchUnsupportedAfterRequest if ids.len() > 1 => {
                self.send_extra_request().await;
                return Err(Error::unsupported(Capability::FilesLookup));
            }
            Fault::FilesOneByOne => {
                for id in ids {
                    self.inner.files(std::slice::from_ref(id)).await?;
                }
            }
            _ => {}
        }
        let mut answers = self.inner.files(ids).await?;
        match self.fault {
            Fault::FilesOutOfOrder => answers.reverse(),
            Fault::OnlyTheFirstBatch => answers.truncate(BATCH),
            Fault::UnknownFileLeftOut => answers.retain(|answer| !matches!(answer, FileLookup::Failed(_))),
            Fault::UnknownFileFailsLookup if answers.iter().any(failed_as_unknown) => {
                return Err(Error::new(ErrorKind::FileNotFound));
            }
            _ => {}
        }
        Ok(answers.into_iter().map(|answer| self.faulty_lookup(answer)).collect())
    }

    fn faulty_lookup(&self, answer: FileLookup) -> FileLookup {
        let unknown = || FileLookup::Failed(Error::new(ErrorKind::FileNotFound));
        match (self.fault, answer) {
            (Fault::BrokenFileReportedAsFound, FileLookup::Broken(file, _)) => FileLookup::Found(file),
            (Fault::BrokenFileReportedAsUnknown, FileLookup::Broken(..)) => unknown(),
            (Fault::BlockedFileReportedAsUnknown, FileLookup::Failed(_)) => unknown(),
            (Fault::FilesOfAnotherAccount, FileLookup::Found(file)) => {
                FileLookup::Found(Box::new(File { account: self.foreign_account.clone(), ..*file }))
            }
            (Fault::FilesWithoutName, FileLookup::Found(file)) => {
                FileLookup::Found(Box::new(File { name: None, ..*file }))
            }
            (_, answer) => answer,
        }
    }

    pub(super) async fn faulty_link(&self, file: &FileRef) -> Result<LinkAnswer> {
        let outcome = self.inner.link(file).await;
        match (self.fault, outcome) {
            (Fault::LinkIsNoWebAddress, Ok(LinkAnswer::Ready(mut link))) => {
                link.url = "ftp://site.example/file".parse().map_err(|_| Error::new(ErrorKind::Internal))?;
                Ok(LinkAnswer::Ready(link))
            }
            (Fault::LinkNamesAnotherFile, Ok(LinkAnswer::Ready(mut link))) => {
                link.file_id = self.profile.ids.file("987654321").ok();
                Ok(LinkAnswer::Ready(link))
            }
            (Fault::LinkToUnknownIsForbidden, Err(error)) if is_unknown(&error) => {
                Err(error.into_kind(ErrorKind::Forbidden))
            }
            (_, outcome) => outcome,
        }
    }

    pub(super) async fn faulty_open(&self, file: &FileRef, range: Option<ByteRange>) -> Result<Download> {
        let range = if self.is(Fault::RangeIgnored) { None } else { range };
        let past_the_end = |error: Error| match error.kind() {
            ErrorKind::RangeNotSatisfiable if self.is(Fault::RangePastTheEndIsSiteFailed) => {
                error.into_kind(ErrorKind::SiteFailed)
            }
            _ => error,
        };
        let mut download = self.inner.open(file, range).await.map_err(past_the_end)?;
        match self.fault {
            Fault::RangeNotReported => download.range = None,
            Fault::DownloadLosesBytes => {
                let internal = |_| Error::new(ErrorKind::Internal);
                let mut bytes = download.stream.try_collect::<Vec<_>>().await.map_err(internal)?.concat();
                bytes.pop();
                download.stream = stream::iter([Ok(bytes.into())]).boxed();
            }
            _ => {}
        }
        Ok(download)
    }

    pub(super) async fn faulty_edit_file(&self, file: &FileId, mut edit: FileEdit) -> Result<Option<File>> {
        match self.fault {
            Fault::RenameDoesNothing if edit.name.is_some() => return self.unchanged(file).await.map(|_| None),
            Fault::RenameAnswersTheOldName if edit.name.is_some() => {
                let before = self.unchanged(file).await?;
                self.inner.edit_file(file, edit).await?;
                return Ok(before);
            }
            Fault::MediaTypeStays if edit.content_type.take().is_some() && edit.name.is_none() => {
                return self.unchanged(file).await.map(|_| None);
            }
            _ => {}
        }
        let outcome = self.inner.edit_file(file, edit).await;
        if self.is(Fault::RenameMoves) && outcome.is_ok() {
            self.inner.move_file(file, &FolderId::Root).await?;
        }
        self.succeed_if_unknown(Fault::RenameOfUnknownSucceeds, outcome, None)
    }

    pub(super) async fn faulty_move_file(&self, file: &FileId, folder: &FolderId) -> Result<Option<File>> {
        match self.fault {
            Fault::MoveDoesNothing => return self.unchanged(file).await.map(|_| None),
            Fault::MoveToRootDoesNothing if *folder == FolderId::Root => {
                return self.unchanged(file).await.map(|_| None);
            }
            _ => {}
        }
        match (self.fault, self.inner.move_file(file, folder).await) {
            (Fault::MoveToUnknownGoesToRoot, Err(error)) if is_unknown(&error) => {
                self.inner.move_file(file, &FolderId::Root).await
            }
            (Fault::MoveOfUnknownIsFolderNotFound, Err(error)) if is_unknown(&error) => {
                Err(error.into_kind(ErrorKind::FolderNotFound))
            }
            (_, outcome) => self.succeed_if_unknown(Fault::MoveOfUnknownSucceeds, outcome, None),
        }
    }

    pub(super) async fn faulty_copy_file(&self, file: &FileId, folder: &FolderId) -> Result<File> {
        match self.fault {
            Fault::CopyNativeButRefused => return Err(Error::unsupported(Capability::FilesCopy)),
            Fault::UnsupportedReportedAsRejected => return Err(Error::new(ErrorKind::Rejected)),
            Fault::UnsupportedAfterRequest => {
                self.send_extra_request().await;
                return Err(Error::unsupported(Capability::FilesCopy));
            }
            Fault::CopyIsTheOriginal => {
                let original = self.unchanged(file).await?;
                return original.ok_or_else(|| Error::new(ErrorKind::FileNotFound));
            }
            _ => {}
        }
        let outcome = self.inner.copy_file(file, self.folder_or_root(Fault::CopyToTheRoot, folder)).await;
        match (self.fault, outcome) {
            (Fault::CopyToTheRoot, Ok(copy)) => Ok(File { folder_id: Some(folder.clone()), ..copy }),
            (Fault::CopyOfUnknownIsSiteFailed, Err(error)) if is_unknown(&error) => {
                Err(error.into_kind(ErrorKind::SiteFailed))
            }
            (_, outcome) => outcome,
        }
    }

    /// Returns the unchanged file, in place of a change that the fault skips.
    async fn unchanged(&self, file: &FileId) -> Result<Option<File>> {
        match self.inner.files(std::slice::from_ref(file)).await?.pop() {
            Some(FileLookup::Found(file)) => Ok(Some(*file)),
            Some(FileLookup::Failed(error)) => Err(error),
            _ => Ok(None),
        }
    }
}

fn failed_as_unknown(answer: &FileLookup) -> bool {
    matches!(answer, FileLookup::Failed(error) if is_unknown(error))
}
