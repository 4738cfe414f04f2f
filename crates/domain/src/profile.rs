//! What a provider can do and how its ids look: everything that is known before the first request.

use url::Url;

use crate::{
    Capabilities, Capability, DialectName, Error, ErrorKind, FolderId, IdGrammar, NameGrammar, Origin, PasswordChange,
    Result, Visibility,
};

/// What is known of an account's provider before the first request.
#[derive(Debug, Clone)]
pub struct Profile {
    /// The account and its provider.
    pub origin: Origin,
    /// The dialect that the provider speaks.
    pub dialect: DialectName,
    /// Where the site's API is for this account.
    pub base_url: Url,
    /// What the adapter does for this site: native or unsupported, never emulated.
    pub capabilities: Capabilities,
    /// What ids look like.
    pub ids: IdGrammar,
    /// What names the site can keep.
    pub names: NameGrammar,
    /// What deleting means.
    pub delete: DeleteSemantics,
    /// The most files that one lookup may ask for.
    pub max_batch: usize,
    /// Whether a look at a single file tells in which folder it is. Elsewhere only listings do.
    pub tells_folder: bool,
    /// How the site answers a listing.
    pub listing: ListingShape,
    /// Which sort keys a listing fills.
    pub sort_keys: &'static [SortKey],
    /// The digests of an uploaded file that the site's answer can be held to.
    pub digests: Vec<Digest>,
    /// Digests that the site's answer may tell and cannot be held to: one that is not the body's says nothing.
    pub doubtful_digests: Vec<Digest>,
    /// The largest file that the site takes, in bytes, where that is fixed.
    pub max_upload_bytes: Option<u64>,
}

impl Profile {
    /// Refuses what the site is not said to do, before anything is sent.
    ///
    /// # Errors
    /// `Unsupported`, with the capability.
    pub fn require(&self, capability: Capability) -> Result<()> {
        if self.capabilities.supports(capability) { Ok(()) } else { Err(Error::unsupported(capability)) }
    }

    /// Refuses the root where a folder is to be changed: what a site would make of it cannot be undone.
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

    /// Refuses what is to keep others out of a folder: at a site that cannot, the folder would be open, unnoticed.
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

/// What becomes of what is deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum DeleteSemantics {
    /// It is gone at once.
    Permanent,
    /// It goes to the site's trash.
    Trash,
}

/// How a site answers a listing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ListingShape {
    /// All at once.
    Whole,
    /// In native pages.
    Paged,
}

/// What a listing can be sorted by.
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
    /// The digest in lower-case hexadecimal digits, without white space. `None`: the text is no digest of this kind.
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
    fn digest_counts_only_if_well_formed_for_its_kind() {
        let sha1 = "da39a3ee5e6b4b0d3255bfef95601890afd80709";
        let shouted = format!(" {}\r\n{} ", &sha1[..8].to_uppercase(), &sha1[8..]);
        assert_eq!(Digest::Sha1.normalize(&shouted).as_deref(), Some(sha1));
        assert_eq!(Digest::Md5.normalize(&sha1[..32]).as_deref(), Some(&sha1[..32]));
        for wrong in ["", "n/a", &sha1[1..], &format!("{sha1}0"), &sha1.replace('a', "g"), &sha1[..32]] {
            assert_eq!(Digest::Sha1.normalize(wrong), None, "{wrong}");
        }
    }
}
