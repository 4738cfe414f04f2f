//! The path parameters, for the OpenAPI document. Handlers get the checked values from [`crate::extract::Access`].

#![expect(dead_code, reason = "types of the OpenAPI document alone")]

use polyhost_domain::{AccountName, FileId, FolderId, RemoteUploadId};
use utoipa::IntoParams;

/// An account.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Path)]
pub(crate) struct AccountPath {
    /// The account's name.
    #[param(example = "pstream-demo")]
    pub account: AccountName,
}

/// A file of an account.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Path)]
pub(crate) struct FilePath {
    /// The account's name.
    #[param(example = "pstream-demo")]
    pub account: AccountName,
    /// The file's id.
    #[param(example = "HhszB1ewMteF")]
    pub id: FileId,
}

/// A folder of an account.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Path)]
pub(crate) struct FolderPath {
    /// The account's name.
    #[param(example = "pstream-demo")]
    pub account: AccountName,
    /// The folder's id; `root` is the root folder.
    #[param(example = "root")]
    pub id: FolderId,
}

/// A remote upload of an account.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Path)]
pub(crate) struct RemoteUploadPath {
    /// The account's name.
    #[param(example = "pstream-demo")]
    pub account: AccountName,
    /// The remote upload's id.
    #[param(example = "2")]
    pub id: RemoteUploadId,
}
