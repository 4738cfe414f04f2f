//! The properties of a provider that are known before the first request, such as its capabilities and id syntax.

use url::Url;

use crate::{
    Capabilities, Capability, DialectName, Error, ErrorKind, FolderId, IdGrammar, NameGrammar, Origin, PasswordChange,
    Result, Visibility,
};

/// The properties of an account's provider that are known before the first request.
#[derive(Debug, Clone)]
pub struct Profile {
    /// The account and its provider.
    pub origin: Origin,
    /// The dialect that the provider speaks.
    pub dialect: DialectName,
    /// The URL of the site's API for this account.
    pub base_url: Url,
    /// The capabilities of the adapter for this site: native or unsupported, never emulated.
    pub capabilities: Capabilities,
    /// The syntax of ids.
    pub ids: IdGrammar,
    /// The names that the site stores unchanged.
    pub names: NameGrammar,
    /// The site's handling of a deleted file or folder.
    pub delete: DeleteSemantics,
    /// The folders that the site deletes.
    pub deletes_folders: FolderDeletion,
    /// The maximum number of files in one lookup.
    pub max_batch: usize,
    /// Whether the site reports a file's folder when a single file is read. Other sites report it only in listings.
    pub reports_folder: bool,
    /// Whether the site's listings have pages.
    pub listing: ListingShape,
    /// The sort keys for which a listing has values.
    pub sort_keys: &'static [SortKey],
    /// The digests of an uploaded file that the site reports reliably. One that differs from the body's digest proves
    /// that the site stored other bytes.
    pub digests: Vec<Digest>,
    /// The digests that the site may report, but not reliably. One that differs from the body's digest proves nothing.
    pub doubtful_digests: Vec<Digest>,
    /// The largest file that the site accepts, in bytes, where that is fixed.
    pub max_upload_bytes: Option<u64>,
}

impl Profile {
    /// Returns whether the site reports the sizes of files.
    #[must_use]
    pub fn reports_sizes(&self) -> bool {
        self.sort_keys.contains(&SortKey::Size)
    }

    /// Rejects an operation that the site does not support, before any request is sent.
    ///
    /// # Errors
    /// `Unsupported`, with the capability.
    pub fn require(&self, capability: Capability) -> Result<()> {
        if self.capabilities.supports(capability) { Ok(()) } else { Err(Error::unsupported(capability)) }
    }

    /// Rejects the root as the folder to change: a site could change or delete everything, which cannot be undone.
    ///
    /// # Errors
    /// `FolderNotFound`
    pub fn require_child(&self, folder: &FolderId) -> Result<()> {
        match folder {
            FolderId::Child(_) => Ok(()),
            FolderId::Root => {
                let detail = "The root folder can be neither changed nor deleted.";
                Err(Error::new(ErrorKind::FolderNotFound).with_detail(detail))
            }
        }
    }

    /// Rejects a visibility or a password that the site does not support. Otherwise the folder would be open to others
    /// without the caller's knowledge.
    ///
    /// # Errors
    /// `Unsupported`, with the capability.
    pub fn require_guards(&self, visibility: Option<Visibility>, password: Option<&PasswordChange>) -> Result<()> {
        if visibility.is_some() {
            self.require(Capability::FoldersVisibility)?;
        }
        if password.is_some() {
            self.require(Capability::FoldersPassword)?;
        }
        Ok(())
    }
}

/// A provider's handling of a deleted file or folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum DeleteSemantics {
    /// It is removed at once.
    Permanent,
    /// It is moved to the site's trash.
    Trash,
}

/// The folders that a site deletes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FolderDeletion {
    /// Any folder, with all its contents.
    WithContents,
    /// Only empty folders. A folder with contents is `FolderNotEmpty`.
    OnlyEmpty,
}

/// Whether a site's listings have pages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ListingShape {
    /// One answer contains the whole folder.
    Whole,
    /// The site returns native pages.
    Paged,
}

/// A field by which a listing can be sorted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum SortKey {
    /// The name.
    Name,
    /// The size.
    Size,
    /// The time of the upload.
    UploadedAt,
}

/// A digest that a site computes of an uploaded file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Digest {
    /// SHA-1
    Sha1,
    /// MD5
    Md5,
}

impl Digest {
    /// Returns the digest in lower-case hexadecimal digits, without white space; `None` where the text is not a digest
    /// of this kind.
    #[must_use]
    pub fn normalize(self, text: &str) -> Option<String> {
        let digits = match self {
            Self::Sha1 => 40,
            Self::Md5 => 32,
        };
        let bare: String = text.chars().filter(|letter| !letter.is_whitespace()).collect();
        let is_digest = bare.len() == digits && bare.bytes().all(|byte| byte.is_ascii_hexdigit());
        is_digest.then(|| bare.to_ascii_lowercase())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn malformed_digest_is_not_normalized() {
        let sha1 = "da39a3ee5e6b4b0d3255bfef95601890afd80709";
        let uppercase = format!(" {}\r\n{} ", &sha1[..8].to_uppercase(), &sha1[8..]);
        assert_eq!(Digest::Sha1.normalize(&uppercase).as_deref(), Some(sha1));
        assert_eq!(Digest::Md5.normalize(&sha1[..32]).as_deref(), Some(&sha1[..32]));
        for wrong in ["", "n/a", &sha1[1..], &format!("{sha1}0"), &sha1.replace('a', "g"), &sha1[..32]] {
            assert_eq!(Digest::Sha1.normalize(wrong), None, "{wrong}");
        }
    }
}
