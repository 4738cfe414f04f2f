//! Ids that every grammar takes and that nothing at the site has.

use polyhost_domain::{FileId, FolderId, RemoteUploadId};

use crate::{Failure, Subject};

/// Decimal digits, for a site may read other texts as a zero; high, for sites count up.
fn text(number: u32) -> String {
    format!("9{number:017}")
}

/// A file that is not there; another for each number.
pub(crate) fn file(subject: &Subject, number: u32) -> Result<FileId, Failure> {
    let text = text(number);
    subject.provider.profile().ids.file(&text).map_err(|_| outside(&text))
}

/// A folder that is not there.
pub(crate) fn folder(subject: &Subject) -> Result<FolderId, Failure> {
    let text = text(0);
    subject.provider.profile().ids.folder(&text).map_err(|_| outside(&text))
}

/// A remote upload that is not there; another for each number.
pub(crate) fn remote_upload(subject: &Subject, number: u32) -> Result<RemoteUploadId, Failure> {
    let text = text(number);
    subject.provider.profile().ids.remote_upload(&text).map_err(|_| outside(&text))
}

fn outside(text: &str) -> Failure {
    Failure::new("the profile's grammar of ids", format!("to take {text}"), "a refusal")
}
