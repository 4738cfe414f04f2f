//! What a request names.

use polyhost_domain::{FileId, FolderId, RemoteUploadId};

/// What a request names, and so what a 404 says to be missing.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Named<'a> {
    /// Nothing that could be missing.
    Nothing,
    /// The account itself: a 403 is about its credentials.
    Account,
    /// A file.
    File(&'a FileId),
    /// Several files. A site that says 404 to all of them does not say which.
    Files,
    /// A folder.
    Folder(&'a FolderId),
    /// A file and a folder. The site does not say which is missing.
    FileAndFolder(&'a FileId, &'a FolderId),
    /// A remote upload.
    RemoteUpload(&'a RemoteUploadId),
    /// An address that the site gave for an upload into this folder. Where it is refused without a word about the file,
    /// it has expired or was used.
    UploadAddress(&'a FolderId),
}
