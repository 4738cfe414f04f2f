//! Ids that every grammar accepts and that no object at the site has.

use polyhost_domain::{FileId, FolderId, RemoteUploadId};

use crate::{Failure, Subject};

/// Returns a decimal number, because a site may read other texts as zero. It is high, because sites number objects
/// upwards.
fn text(number: u32) -> String {
    format!("9{number:017}")
}

/// Returns the id of a file that does not exist. Each number gives another id.
pub(crate) fn file(subject: &Subject, number: u32) -> Result<FileId, Failure> {
    let text = text(number);
    subject.provider.profile().ids.file(&text).map_err(|_| outside(&text))
}

/// Returns the id of a folder that does not exist.
pub(crate) fn folder(subject: &Subject) -> Result<FolderId, Failure> {
    let text = text(0);
    subject.provider.profile().ids.folder(&text).map_err(|_| outside(&text))
}

/// Returns the id of a remote upload that does not exist. Each number gives another id.
pub(crate) fn remote_upload(subject: &Subject, number: u32) -> Result<RemoteUploadId, Failure> {
    let text = text(number);
    subject.provider.profile().ids.remote_upload(&text).map_err(|_| outside(&text))
}

fn outside(text: &str) -> Failure {
    Failure::new("the profile's grammar of ids", format!("to accept {text}"), "a rejection")
}
