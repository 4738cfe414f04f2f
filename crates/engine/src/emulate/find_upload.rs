//! Finds an uploaded file in its folder's listing, if the site did not return the file's id or its answer was lost.

use std::time::Duration;

use jiff::Timestamp;
use polyhost_domain::{Digest, Error, ErrorKind, File};
use tokio::time::sleep;

use crate::accounts::Account;
use crate::users::{ExpectedFile, PendingUpload, ROUNDING};

/// The pause before the second look. The site may still be processing the file when its answer is lost.
const SECOND_LOOK_DELAY: Duration = Duration::from_secs(2);
/// The maximum number of files whose dates are read one by one in one look.
const MAX_DATE_READS: usize = 5;

/// The known properties of an uploaded file whose id is unknown.
pub(crate) struct FileSearch<'a> {
    /// The expected file. Its digest is set only if the site reports reliable digests.
    pub(crate) wanted: ExpectedFile,
    /// Whether the site is known to have stored it.
    pub(crate) stored: Stored,
    /// The upload. A file of another upload is not taken for its file.
    pub(crate) pending: &'a PendingUpload,
}

/// Whether the site has stored a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stored {
    /// The site confirmed it.
    Confirmed,
    /// The site's answer was lost.
    Unknown,
}

impl Stored {
    /// Derives the file's state from an upload's error; `None` if the file need not be searched.
    #[must_use]
    pub(crate) fn from_error(error: &Error) -> Option<Self> {
        // A 502 or 504 comes from a proxy in front of the site that did not receive the site's own answer.
        let status = error.answer().and_then(|answer| answer.http_status);
        let is_from_proxy = matches!(status, Some(502 | 504));
        match error.kind() {
            ErrorKind::Unnamed => Some(Self::Confirmed),
            ErrorKind::OutcomeUnknown => Some(Self::Unknown),
            ErrorKind::SiteFailed if is_from_proxy => Some(Self::Unknown),
            _ => None,
        }
    }
}

/// One of the two looks for a file. The site may list the file only at the second.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Look {
    First,
    Second,
}

/// Returns the only file in the folder's current listing that can be this upload's. Compared are the size, the digest
/// if one is known, the name and the date. Files of other uploads are excluded.
pub(crate) async fn find_upload(account: &Account, search: &FileSearch<'_>) -> Option<File> {
    if let Some(found) = find(account, search, Look::First).await {
        return Some(found);
    }
    sleep(SECOND_LOOK_DELAY).await;
    find(account, search, Look::Second).await
}

async fn find(account: &Account, search: &FileSearch<'_>, look: Look) -> Option<File> {
    let listing = account.list(&search.wanted.folder).await.ok()?;
    let candidates: Vec<File> = listing.files.into_iter().filter(|file| search.may_match(file)).collect();
    let (mut new, mut undated, mut old) = (Vec::new(), Vec::new(), Vec::new());
    for (number, file) in newest_first(candidates).into_iter().enumerate() {
        let uploaded_at = match file.uploaded_at {
            None if number < MAX_DATE_READS => uploaded_at(account, &file).await,
            reported => reported,
        };
        let file = File { uploaded_at, ..file };
        match uploaded_at {
            Some(at) if at >= search.wanted.began_at - ROUNDING => new.push(file),
            Some(_) => old.push(file),
            None => undated.push(file),
        }
    }
    let found = match (search.stored, new.is_empty()) {
        (_, false) => only_one(new, search),
        (Stored::Unknown, true) => None,
        // The site has the file. Its clock may be wrong, but its digest is not.
        (Stored::Confirmed, true) if undated.is_empty() => only_one(old, search).filter(|file| search.is_proven(file)),
        // The candidates have no date. One without a matching digest is accepted only at the second look, and only if
        // no older file matches.
        (Stored::Confirmed, true) => {
            let may_guess = look == Look::Second && old.is_empty();
            only_one(undated, search).filter(|file| may_guess || search.is_proven(file))
        }
    };
    match found {
        Some(file) if search.pending.take(&file).await => Some(file),
        _ => None,
    }
}

/// Returns the only file, or the newest of several that all have the upload's digest.
fn only_one(files: Vec<File>, search: &FileSearch<'_>) -> Option<File> {
    let is_unambiguous = files.len() == 1 || files.iter().all(|file| search.is_proven(file));
    files.into_iter().next().filter(|_| is_unambiguous)
}

/// Sorts files by date, the newest first. Files without dates are sorted by id, because sites without dates assign
/// increasing ids.
fn newest_first(mut files: Vec<File>) -> Vec<File> {
    files.sort_by_cached_key(|file| {
        std::cmp::Reverse((file.uploaded_at, file.id.as_str().len(), file.id.as_str().to_owned()))
    });
    files
}

/// Reads a file's date from the site. Some sites report the date only in a read of the single file.
async fn uploaded_at(account: &Account, file: &File) -> Option<Timestamp> {
    account.file(&file.id).await.ok()?.uploaded_at
}

impl FileSearch<'_> {
    /// Returns whether a file may be the upload's, regardless of its date.
    fn may_match(&self, file: &File) -> bool {
        let undated = File { uploaded_at: None, ..file.clone() };
        let has_size = file.size.is_some() && file.size == self.wanted.length;
        // A size of 0 means that the site does not know it yet; then the digest decides.
        (has_size || (file.size.is_none_or(|size| size == 0) && self.is_proven(file)))
            && self.wanted.may_be(&undated)
            && !self.pending.has_been_received(file)
    }

    /// Returns whether the site reports the upload's digest for the file.
    fn is_proven(&self, file: &File) -> bool {
        let reported = file.sha1.as_deref().and_then(|text| Digest::Sha1.normalize(text));
        reported.is_some() && reported == self.wanted.sha1
    }
}
