//! An uploaded file that the site did not name, or of which its answer was lost: found in its folder's listing.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use polyhost_domain::{EntryName, Error, ErrorKind, File, FolderId};
use tokio::time::sleep;

use crate::accounts::Account;
use crate::catalogue::list_whole;
use crate::changes::only;

/// A site may still be busy with a file when its answer is lost, so a second look comes a while after the first.
const BEFORE_THE_SECOND_LOOK: Duration = Duration::from_secs(2);
/// Sites tell whole seconds. A clock that is behind ours by more is not allowed for: to take an older file for the new
/// one would be worse than to find none.
const ROUNDING: SignedDuration = SignedDuration::from_secs(1);

/// What is known of an uploaded file without its id.
#[derive(Debug, Clone)]
pub struct Sought {
    /// The folder that it was sent to.
    pub folder: FolderId,
    /// The name that it was sent under. The site may have numbered it.
    pub name: EntryName,
    /// Its size in bytes.
    pub size: u64,
    /// Its SHA-1 digest, where the site's digests can be relied on.
    pub sha1: Option<String>,
    /// Whether it is there at all.
    pub stored: Stored,
    /// When it was begun to be sent.
    pub began_at: Timestamp,
}

/// Whether a file was stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stored {
    /// The site has said so.
    Surely,
    /// Its answer was lost.
    Perhaps,
}

impl Stored {
    /// What an upload's error tells of its file; `None` where it is not worth looking for one.
    #[must_use]
    pub fn told_by(error: &Error) -> Option<Self> {
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

/// The newest file of the folder with this name, size and digest, as the site lists it now.
///
/// Where it is not sure that there is one, only a file will do that the site says to be new, and that was not the answer
/// to another upload.
pub async fn find_upload(account: &Account, sought: &Sought) -> Option<File> {
    if let Some(found) = look(account, sought).await {
        return Some(found);
    }
    sleep(BEFORE_THE_SECOND_LOOK).await;
    look(account, sought).await
}

async fn look(account: &Account, sought: &Sought) -> Option<File> {
    let listing = account.read(list_whole(account, &sought.folder)).await.ok()?;
    let alike = listing.files.into_iter().filter(|file| sought.is_like(file));
    let alike = alike.filter(|file| sought.stored == Stored::Surely || !account.has_received(&file.id));
    // Where sites tell no dates, their ids grow.
    let newest = alike.max_by_key(|file| (file.uploaded_at, file.id.as_str().len(), file.id.as_str().to_owned()))?;
    match sought.stored {
        Stored::Surely => Some(newest),
        Stored::Perhaps => {
            let uploaded_at = match newest.uploaded_at {
                None => uploaded_at(account, &newest).await,
                told => told,
            };
            uploaded_at.is_some_and(|at| at >= sought.began_at - ROUNDING).then_some(newest)
        }
    }
}

/// Some sites tell a file's date only where the file alone is asked for.
async fn uploaded_at(account: &Account, file: &File) -> Option<Timestamp> {
    let answers = account.read(account.site().files(std::slice::from_ref(&file.id))).await.ok()?;
    only(answers).ok()?.uploaded_at
}

impl Sought {
    fn is_like(&self, file: &File) -> bool {
        let same_digest = |sent: &String| file.sha1.as_ref().is_some_and(|sha1| sha1.eq_ignore_ascii_case(sent));
        file.name.as_deref().is_some_and(|name| is_numbered(name, self.name.as_str()))
            && file.size == Some(self.size)
            && file.folder_id.as_ref() == Some(&self.folder)
            && self.sha1.as_ref().is_none_or(same_digest)
    }
}

/// Whether a name is one that was asked for, or what sites make of it where it is taken: `clip (1).mp4`, `clip(1).mp4`,
/// `clip-1.mp4`, `clip_1.mp4`, `clip 1.mp4`.
fn is_numbered(name: &str, asked: &str) -> bool {
    let (stem, extension) = match asked.rfind('.') {
        Some(dot) if dot > 0 => asked.split_at(dot),
        _ => (asked, ""),
    };
    let between = name.strip_prefix(stem).and_then(|rest| rest.strip_suffix(extension));
    between.is_some_and(|between| between.is_empty() || is_number(between))
}

fn is_number(text: &str) -> bool {
    let bare = text.strip_prefix(' ').unwrap_or(text);
    let digits = match bare.strip_prefix('(') {
        Some(rest) => rest.strip_suffix(')'),
        None if bare.len() < text.len() => Some(bare),
        None => bare.strip_prefix(['-', '_']),
    };
    digits.is_some_and(|digits| (1..=4).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_may_have_been_numbered_and_nothing_else() {
        for name in ["clip.mp4", "clip (1).mp4", "clip(12).mp4", "clip-1.mp4", "clip_2.mp4", "clip 3.mp4"] {
            assert!(is_numbered(name, "clip.mp4"), "{name}");
        }
        for name in
            ["clip.mp3", "clip1.mp4", "clip ().mp4", "clip (a).mp4", "clip-12345.mp4", "my clip.mp4", "clip.mp4.1"]
        {
            assert!(!is_numbered(name, "clip.mp4"), "{name}");
        }
        assert!(is_numbered(".profile (1)", ".profile"));
        assert!(is_numbered("read me-1", "read me"));
        assert!(!is_numbered("a", "a.a"));
    }
}
