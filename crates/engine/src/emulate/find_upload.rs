//! An uploaded file that the site did not name, or of which its answer was lost: found in its folder's listing.

use std::time::Duration;

use jiff::Timestamp;
use polyhost_domain::{Digest, Error, ErrorKind, File};
use tokio::time::sleep;

use crate::accounts::Account;
use crate::users::{PendingUpload, ROUNDING, Wanted};

/// A site may still be busy with a file when its answer is lost, so a second look comes a while after the first.
const BEFORE_THE_SECOND_LOOK: Duration = Duration::from_secs(2);
/// How many files are asked for by themselves in one look.
const MOST_ASKED_FOR: usize = 5;

/// What is known of an uploaded file without its id.
pub(crate) struct Sought<'a> {
    /// What it should be. Its digest is one that the site can be held to.
    pub(crate) wanted: Wanted,
    /// Whether it is there at all.
    pub(crate) stored: Stored,
    /// The upload, whose file is none of another upload.
    pub(crate) pending: &'a PendingUpload,
}

/// Whether a file was stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stored {
    /// The site has said so.
    Surely,
    /// Its answer was lost.
    Perhaps,
}

impl Stored {
    /// What an upload's error tells of its file; `None` where it is not worth looking for one.
    #[must_use]
    pub(crate) fn told_by(error: &Error) -> Option<Self> {
        // A 502 or 504 comes from a server in front of the site, which did not get the site's own answer.
        let status = error.answer().and_then(|answer| answer.http_status);
        let is_of_the_front = matches!(status, Some(502 | 504));
        match error.kind() {
            ErrorKind::Unnamed => Some(Self::Surely),
            ErrorKind::OutcomeUnknown => Some(Self::Perhaps),
            ErrorKind::SiteFailed if is_of_the_front => Some(Self::Perhaps),
            _ => None,
        }
    }
}

/// Which of the two looks for a file. At the first one, the site may not list the file yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Look {
    First,
    Second,
}

/// The one file of the folder that can only be this upload's, as the site lists it now: by its size, its digest where
/// one is known, its name, and its date. It may be of no other upload.
pub(crate) async fn find_upload(account: &Account, sought: &Sought<'_>) -> Option<File> {
    if let Some(found) = find(account, sought, Look::First).await {
        return Some(found);
    }
    sleep(BEFORE_THE_SECOND_LOOK).await;
    find(account, sought, Look::Second).await
}

async fn find(account: &Account, sought: &Sought<'_>, look: Look) -> Option<File> {
    let listing = account.list(&sought.wanted.folder).await.ok()?;
    let alike: Vec<File> = listing.files.into_iter().filter(|file| sought.is_like(file)).collect();
    let (mut new, mut undated, mut old) = (Vec::new(), Vec::new(), Vec::new());
    for (number, file) in newest_first(alike).into_iter().enumerate() {
        let uploaded_at = match file.uploaded_at {
            None if number < MOST_ASKED_FOR => uploaded_at(account, &file).await,
            reported => reported,
        };
        let file = File { uploaded_at, ..file };
        match uploaded_at {
            Some(at) if at >= sought.wanted.began_at - ROUNDING => new.push(file),
            Some(_) => old.push(file),
            None => undated.push(file),
        }
    }
    let found = match (sought.stored, new.is_empty()) {
        (_, false) => only_one(new, sought),
        (Stored::Perhaps, true) => None,
        // The site has the file. Its clock may be wrong, but not its digest.
        (Stored::Surely, true) if undated.is_empty() => only_one(old, sought).filter(|file| sought.is_proven(file)),
        // Without dates, only what is there at the second look, and beside no older file, can be the upload's.
        (Stored::Surely, true) => {
            let may_guess = look == Look::Second && old.is_empty();
            only_one(undated, sought).filter(|file| may_guess || sought.is_proven(file))
        }
    };
    found.filter(|file| sought.pending.take(file))
}

/// The only file, or the newest of several that all have the upload's digest.
fn only_one(files: Vec<File>, sought: &Sought<'_>) -> Option<File> {
    let is_clear = files.len() == 1 || files.iter().all(|file| sought.is_proven(file));
    files.into_iter().next().filter(|_| is_clear)
}

/// Where sites tell no dates, their ids grow.
fn newest_first(mut files: Vec<File>) -> Vec<File> {
    files.sort_by_cached_key(|file| {
        std::cmp::Reverse((file.uploaded_at, file.id.as_str().len(), file.id.as_str().to_owned()))
    });
    files
}

/// Some sites tell a file's date only where the file alone is asked for.
async fn uploaded_at(account: &Account, file: &File) -> Option<Timestamp> {
    account.file(&file.id).await.ok()?.uploaded_at
}

impl Sought<'_> {
    /// Whether a file may be the upload's, its date aside.
    fn is_like(&self, file: &File) -> bool {
        let undated = File { uploaded_at: None, ..file.clone() };
        let has_size = file.size.is_some() && file.size == self.wanted.length;
        // A size of 0 is not known yet, and a digest outweighs it.
        (has_size || (file.size.is_none_or(|size| size == 0) && self.is_proven(file)))
            && self.wanted.may_be(&undated)
            && !self.pending.has_been_received(file)
    }

    /// Whether the site reports the upload's digest.
    fn is_proven(&self, file: &File) -> bool {
        let reported = file.sha1.as_deref().and_then(|text| Digest::Sha1.normalize(text));
        reported.is_some() && reported == self.wanted.sha1
    }
}
