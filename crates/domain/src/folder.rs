//! A folder at a provider, the data of a new folder, and the changes to a folder.

use jiff::Timestamp;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{AccountName, EntryName, FolderId, ProviderId};

/// A folder. Fields that the site's answer does not contain are `null`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({
    "type": "folder", "id": "456", "account": "main", "provider": "pstream", "name": "My Great Folder",
    "parent_id": "root", "total_size": null, "visibility": null, "password_protected": null, "created_at": null,
    "updated_at": null, "page_url": null, "download_count": null, "folder_count": null, "file_count": null
}))]
pub struct Folder {
    /// Always `folder`; it distinguishes folders from files in a list that contains both.
    #[serde(rename = "type")]
    pub kind: FolderType,
    /// The folder's id at its provider, or `root`.
    pub id: FolderId,
    /// The account that the folder belongs to.
    pub account: AccountName,
    /// The provider that stores the folder.
    pub provider: ProviderId,
    /// The folder's name; the root's is empty.
    pub name: Option<String>,
    /// The folder that contains this one; `null` for the root.
    pub parent_id: Option<FolderId>,
    /// The size of everything in the folder, in bytes.
    pub total_size: Option<u64>,
    /// The visibility of the folder.
    pub visibility: Option<Visibility>,
    /// Whether a password protects the folder; `null` where the site's answer does not contain it.
    pub password_protected: Option<bool>,
    /// The time at which the folder was created.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub created_at: Option<Timestamp>,
    /// The time of the last change of the folder.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub updated_at: Option<Timestamp>,
    /// The page that shows the folder to people.
    pub page_url: Option<String>,
    /// The number of downloads of files in the folder.
    pub download_count: Option<u64>,
    /// The number of folders directly in this folder.
    pub folder_count: Option<u64>,
    /// The number of files directly in this folder.
    pub file_count: Option<u64>,
}

impl Folder {
    /// Returns a folder of which only the id, the parent and the name are known.
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

/// The visibility of a folder or a file to other people.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Visibility {
    /// Only its owner.
    Private,
    /// Everyone who knows its address.
    Unlisted,
    /// Everyone.
    Public,
}

/// The data of a folder to create.
#[derive(Debug, Clone)]
pub struct NewFolder {
    /// The folder's name.
    pub name: EntryName,
    /// The folder in which to create it.
    pub parent: FolderId,
    /// The visibility of the folder; `None` for the site's default.
    pub visibility: Option<Visibility>,
    /// The password that protects the folder, if any.
    pub password: Option<PasswordChange>,
}

/// The changes to make to a folder, besides a move to another parent. At least one field is set.
#[derive(Debug, Clone, Default)]
pub struct FolderEdit {
    /// The new name.
    pub name: Option<EntryName>,
    /// The visibility of the folder.
    pub visibility: Option<Visibility>,
    /// The change of the password.
    pub password: Option<PasswordChange>,
}

/// A change of a folder's password.
#[derive(Debug, Clone)]
pub enum PasswordChange {
    /// Protects the folder with this password, which is in plain text.
    Set(SecretString),
    /// Removes the password.
    Remove,
}
