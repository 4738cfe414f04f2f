//! A folder at a provider, what a new one needs and what may change in it.

use jiff::Timestamp;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{AccountName, EntryName, FolderId, ProviderId};

/// A folder. Fields that the site's answer does not tell are `null`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({
    "type": "folder", "id": "456", "account": "main", "provider": "pstream", "name": "My Great Folder",
    "parent_id": "root", "total_size": null, "visibility": null, "password_protected": null, "created_at": null,
    "updated_at": null, "page_url": null, "download_count": null, "folder_count": null, "file_count": null
}))]
pub struct Folder {
    /// Always `folder`; tells folders from files in a list that holds both.
    #[serde(rename = "type")]
    pub kind: FolderType,
    /// The folder's id at its provider, or `root`.
    pub id: FolderId,
    /// The account that the folder belongs to.
    pub account: AccountName,
    /// The provider that keeps the folder.
    pub provider: ProviderId,
    /// The folder's name; the root's is empty.
    pub name: Option<String>,
    /// The folder that holds this one; `null` for the root.
    pub parent_id: Option<FolderId>,
    /// The size of everything in the folder, in bytes.
    pub total_size: Option<u64>,
    /// Who may see the folder.
    pub visibility: Option<Visibility>,
    /// Whether a password guards the folder; `null` where the answer does not say.
    pub password_protected: Option<bool>,
    /// When the folder was made.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub created_at: Option<Timestamp>,
    /// When the folder was last changed.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub updated_at: Option<Timestamp>,
    /// The page that shows the folder to people.
    pub page_url: Option<String>,
    /// How often files of the folder were downloaded.
    pub download_count: Option<u64>,
    /// How many folders are directly in it.
    pub folder_count: Option<u64>,
    /// How many files are directly in it.
    pub file_count: Option<u64>,
}

impl Folder {
    /// A folder of which nothing is known beyond its place and name.
    #[must_use]
    pub fn bare(origin: &crate::Origin, id: FolderId, parent_id: Option<FolderId>, name: Option<String>) -> Self {
        Self {
            kind: FolderType::Folder,
            id,
            account: origin.account.clone(),
            provider: origin.provider.clone(),
            name,
            parent_id,
            total_size: None,
            visibility: None,
            password_protected: None,
            created_at: None,
            updated_at: None,
            page_url: None,
            download_count: None,
            folder_count: None,
            file_count: None,
        }
    }
}

/// The word that marks a folder in a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum FolderType {
    /// A folder.
    Folder,
}

/// Who may see a folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Visibility {
    /// Its owner alone.
    Private,
    /// Who knows its address.
    Unlisted,
    /// Everybody.
    Public,
}

/// What a new folder needs.
#[derive(Debug, Clone)]
pub struct NewFolder {
    /// Its name.
    pub name: EntryName,
    /// The folder that is to hold it.
    pub parent: FolderId,
    /// Who may see it; the site's default where absent.
    pub visibility: Option<Visibility>,
    /// The password that guards it, if any.
    pub password: Option<PasswordChange>,
}

/// What is to change in a folder besides its parent. At least one field is set.
#[derive(Debug, Clone, Default)]
pub struct FolderEdit {
    /// The new name.
    pub name: Option<EntryName>,
    /// Who may see it.
    pub visibility: Option<Visibility>,
    /// The new password, or none.
    pub password: Option<PasswordChange>,
}

/// What becomes of a folder's password.
#[derive(Debug, Clone)]
pub enum PasswordChange {
    /// This password, in clear, guards the folder from now on.
    Set(SecretString),
    /// No password guards it any more.
    Remove,
}
