//! Ids that the profile's grammar accepts and that no object at the site has.

use polyhost_domain::{FileId, FolderId, RemoteUploadId};

use crate::{Failure, Subject};

/// Returns decimal numbers of two lengths, of which each grammar accepts one. They are decimal, because a site may read
/// other texts as zero. They are high, because sites number objects upwards.
fn texts(number: u32) -> [String; 2] {
    [format!("9{number:017}"), format!("9{number:011}")]
}

/// Returns the first text that a grammar accepts as an id.
fn first<T, E>(number: u32, parse: impl Fn(&str) -> Result<T, E>) -> Result<T, Failure> {
    let texts = texts(number);
    let outside = || Failure::new("the profile's grammar of ids", format!("to accept {}", texts[0]), "a rejection");
    texts.iter().find_map(|text| parse(text).ok()).ok_or_else(outside)
}

/// Returns the id of a file that does not exist. Each number gives another id.
pub(crate) fn file(subject: &Subject, number: u32) -> Result<FileId, Failure> {
    first(number, |text| subject.provider.profile().ids.file(text))
}

/// Returns the id of a folder that does not exist.
pub(crate) fn folder(subject: &Subject) -> Result<FolderId, Failure> {
    first(0, |text| subject.provider.profile().ids.folder(text))
}

/// Returns the id of a remote upload that does not exist. Each number gives another id.
pub(crate) fn remote_upload(subject: &Subject, number: u32) -> Result<RemoteUploadId, Failure> {
    first(number, |text| subject.provider.profile().ids.remote_upload(text))
}
