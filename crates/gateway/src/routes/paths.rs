//! The path parameters, for the OpenAPI document, which adds their examples. Handlers get the checked values from
//! [`crate::extract::Access`].

#![expect(dead_code, reason = "types of the OpenAPI document alone")]

use polyhost_domain::{AccountName, FileId, FolderId, RemoteUploadId};
use utoipa::IntoParams;

/// An account.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Path)]
pub(crate) struct AccountPath {
    /// The account's name.
    pub account: AccountName,
}

/// A file of an account.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Path)]
pub(crate) struct FilePath {
    /// The account's name.
    pub account: AccountName,
    /// The file's id.
    pub id: FileId,
}

/// A folder of an account.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Path)]
pub(crate) struct FolderPath {
    /// The account's name.
    pub account: AccountName,
    /// The folder's id; `root` is the root folder.
    pub id: FolderId,
}

/// A remote upload of an account.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Path)]
pub(crate) struct RemoteUploadPath {
    /// The account's name.
    pub account: AccountName,
    /// The remote upload's id.
    pub id: RemoteUploadId,
}
