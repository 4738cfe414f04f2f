//! Entity tags of files, of folders and of the bytes of files.
//!
//! The tag of a file or folder covers the fields that callers can change, and the content. It excludes counters, dates
//! of access, and fields that only some of the site's calls report. With these, the tag would change although nothing
//! else has changed.

use polyhost_domain::{Digest, File, FileStatus, Folder, Profile};
use serde::Serialize;
use sha2::{Digest as _, Sha256};

use crate::accounts::Account;

/// The number of bytes of the digest in a tag.
const LENGTH: usize = 16;

/// Returns the tag of a file, without quotes.
pub(crate) fn of_file(account: &Account, file: &File) -> String {
    let File { id, name, size, content_type, .. } = file;
    let profile = account.profile();
    let folder = if profile.reports_folder {
        file.folder_id.clone()
    } else {
        // The site does not report folders, but the gateway has stored the moves that it made itself.
        account.user_state().moved_to(id)
    };
    let sha1 = reliable(profile, Digest::Sha1, file.sha1.as_deref());
    let is_deleted = matches!(file.status, FileStatus::Trashed | FileStatus::Deleted);
    tag(&("file", id, name, folder, size, content_type, sha1, is_deleted))
}

/// Returns the tag of a folder, without quotes.
pub(crate) fn of_folder(folder: &Folder) -> String {
    let Folder { id, name, parent_id, visibility, password_protected, .. } = folder;
    tag(&("folder", id, name, parent_id, visibility, password_protected))
}

/// Returns the tag of a file's bytes, without quotes. It is made of their digest if the site's digests are reliable,
/// else of the file's id, size and date. Returns `None` if neither digest nor size is known.
pub fn of_content(profile: &Profile, file: &File) -> Option<String> {
    let sha1 = reliable(profile, Digest::Sha1, file.sha1.as_deref());
    let md5 = reliable(profile, Digest::Md5, file.md5.as_deref());
    match (sha1.or(md5), file.size) {
        (Some(digest), _) => Some(tag(&("bytes", digest))),
        (None, Some(size)) => Some(tag(&("bytes", &file.id, size, file.uploaded_at.map(|at| at.as_second())))),
        (None, None) => None,
    }
}

fn reliable(profile: &Profile, digest: Digest, reported: Option<&str>) -> Option<String> {
    reported.filter(|_| profile.digests.contains(&digest)).map(str::to_ascii_lowercase)
}

fn tag(covered: &impl Serialize) -> String {
    // The covered values are texts and numbers, which can always be serialized.
    let json = serde_json::to_vec(covered).unwrap_or_default();
    hex::encode(&Sha256::digest(&json)[..LENGTH])
}
