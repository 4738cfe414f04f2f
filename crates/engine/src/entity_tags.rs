//! Entity tags: what stands for the state of a file, of a folder and of a file's bytes.
//!
//! The tag of a file or folder covers what callers can change, and the content. It leaves out counters, dates of access,
//! and fields that the answers to different calls tell or do not tell: such a tag would change without a change.

use polyhost_domain::{Digest, File, FileStatus, Folder, Profile};
use serde::Serialize;
use sha2::{Digest as _, Sha256};

use crate::accounts::Account;

/// How many bytes of the digest are told.
const LENGTH: usize = 16;

/// The tag of a file, without quotes.
pub(crate) fn of_file(account: &Account, file: &File) -> String {
    let File { id, name, size, content_type, .. } = file;
    let profile = account.profile();
    let folder = if profile.reports_folder {
        file.folder_id.clone()
    } else {
        // Where a file was is not known there, but moves through the gateway are.
        account.user_state().moved_to(id)
    };
    let sha1 = declared(profile, Digest::Sha1, file.sha1.as_deref());
    let is_deleted = matches!(file.status, FileStatus::Trashed | FileStatus::Deleted);
    tag(&("file", id, name, folder, size, content_type, sha1, is_deleted))
}

/// The tag of a folder, without quotes.
pub(crate) fn of_folder(folder: &Folder) -> String {
    let Folder { id, name, parent_id, visibility, password_protected, .. } = folder;
    tag(&("folder", id, name, parent_id, visibility, password_protected))
}

/// The tag of a file's bytes, without quotes: by their digest where the site's digests can be relied on, else by the
/// file's id, size and date. `None` where neither digest nor size is known.
pub fn of_content(profile: &Profile, file: &File) -> Option<String> {
    let sha1 = declared(profile, Digest::Sha1, file.sha1.as_deref());
    let md5 = declared(profile, Digest::Md5, file.md5.as_deref());
    match (sha1.or(md5), file.size) {
        (Some(digest), _) => Some(tag(&("bytes", digest))),
        (None, Some(size)) => Some(tag(&("bytes", &file.id, size, file.uploaded_at.map(|at| at.as_second())))),
        (None, None) => None,
    }
}

fn declared(profile: &Profile, digest: Digest, told: Option<&str>) -> Option<String> {
    told.filter(|_| profile.digests.contains(&digest)).map(str::to_ascii_lowercase)
}

fn tag(covered: &impl Serialize) -> String {
    // What is covered are texts and numbers, which can always be written.
    let json = serde_json::to_vec(covered).unwrap_or_default();
    hex::encode(&Sha256::digest(&json)[..LENGTH])
}
