//! The objects that a request names.

use polyhost_domain::{FileId, FolderId, RemoteUploadId};

/// The objects that a request names, one of which is missing if the site says so.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Named<'a> {
    /// No object that could be missing.
    Nothing,
    /// The account itself.
    Account,
    /// A file.
    File(&'a FileId),
    /// Several files.
    Files,
    /// A folder.
    Folder(&'a FolderId),
    /// A file and a folder. The site's words say which is missing.
    FileAndFolder(&'a FileId, &'a FolderId),
    /// A remote upload.
    RemoteUpload(&'a RemoteUploadId),
    /// An upload.
    Upload,
}
