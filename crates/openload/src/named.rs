//! The objects that a request names.

use polyhost_domain::{FileId, FolderId, RemoteUploadId};

/// The objects that a request names, one of which is missing if the answer is a 404.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Named<'a> {
    /// No object that could be missing.
    Nothing,
    /// The account itself. A 403 is then about its credentials.
    Account,
    /// A file.
    File(&'a FileId),
    /// Several files. A 404 does not show which of them is missing.
    Files,
    /// A folder.
    Folder(&'a FolderId),
    /// A file and a folder. The site does not report which is missing.
    FileAndFolder(&'a FileId, &'a FolderId),
    /// A remote upload.
    RemoteUpload(&'a RemoteUploadId),
    /// An address from the site for an upload into this folder. If the site rejects the upload with a message that is
    /// not about the file, the address has expired or was already used.
    UploadAddress(&'a FolderId),
}
