//! Ids, parsed when a request arrives. Sites coerce ids (`12abc` acts on 12) or concatenate them into other texts.
//! Therefore an id can only be created with its provider's [`IdGrammar`].

use std::fmt;
use std::sync::Arc;

use serde::{Serialize, Serializer};
use utoipa::openapi::{ObjectBuilder, RefOr, Schema, Type};
use utoipa::{PartialSchema, ToSchema};

/// The id of the root folder in the API. Sites have other ids for it.
const ROOT: &str = "root";

/// A file's id at its provider.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, ToSchema)]
#[schema(value_type = String, example = "VKrJd-A_vNmpP4L")]
pub struct FileId(Arc<str>);

/// A remote upload's id at its provider.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, ToSchema)]
#[schema(value_type = String, example = "22")]
pub struct RemoteUploadId(Arc<str>);

/// The short code of a file's public address, which some sites accept in place of its id.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ShortCode(Arc<str>);

/// A folder: the root, or one with an id at its provider. Written `root` or the id.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum FolderId {
    /// The folder that contains all others.
    Root,
    /// A folder below the root. Only [`IdGrammar::folder`] creates it.
    Child(ChildFolderId),
}

/// The id of a folder that is not the root.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ChildFolderId(Arc<str>);

impl FileId {
    /// Returns the id as the site writes it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl ShortCode {
    /// Returns the code as the site writes it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl RemoteUploadId {
    /// Returns the id as the site writes it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl ChildFolderId {
    /// Returns the id as the site writes it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FolderId {
    /// Returns the id as callers write it: `root` for the root.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Root => ROOT,
            Self::Child(id) => id.as_str(),
        }
    }
}

impl fmt::Display for FileId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Display for RemoteUploadId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Display for FolderId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl PartialSchema for FolderId {
    fn schema() -> RefOr<Schema> {
        let text = ObjectBuilder::new()
            .schema_type(Type::String)
            .description(Some("A folder: `root`, or its id at its provider."))
            .examples(["root"]);
        RefOr::T(Schema::Object(text.build()))
    }
}

impl ToSchema for FolderId {}

impl Serialize for FolderId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

/// The characters that a dialect's ids consist of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IdAlphabet {
    /// `[A-Za-z0-9_-]{1,64}`
    UrlSafe,
    /// `[1-9][0-9]{0,18}`
    Decimal,
    /// `[A-Za-z0-9_]{12}`
    Word,
    /// `[A-Za-z0-9_-]{4,32}`
    Code,
}

/// The syntax of a provider's ids, and the id that the site uses for its root folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdGrammar {
    files: IdAlphabet,
    folders: IdAlphabet,
    remote_uploads: IdAlphabet,
    root: Arc<str>,
}

/// The error for a text that cannot be an id at this provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("is not an id of this provider")]
pub struct UnknownId;

impl IdGrammar {
    /// Returns a grammar with one alphabet for all ids, and the site's own id of the root folder, such as `0`.
    #[must_use]
    pub fn new(alphabet: IdAlphabet, root: &str) -> Self {
        Self { files: alphabet, folders: alphabet, remote_uploads: alphabet, root: Arc::from(root) }
    }

    /// Returns this grammar with another alphabet for the ids of folders.
    #[must_use]
    pub fn with_folders(self, folders: IdAlphabet) -> Self {
        Self { folders, ..self }
    }

    /// Returns this grammar with another alphabet for the ids of remote uploads.
    #[must_use]
    pub fn with_remote_uploads(self, remote_uploads: IdAlphabet) -> Self {
        Self { remote_uploads, ..self }
    }

    /// Returns the site's own id of the root folder.
    #[must_use]
    pub fn site_root(&self) -> &str {
        &self.root
    }

    /// Parses a file's id.
    ///
    /// # Errors
    /// [`UnknownId`] where the text does not match the grammar.
    pub fn file(&self, text: &str) -> Result<FileId, UnknownId> {
        self.files.check(text).map(FileId)
    }

    /// Parses a remote upload's id.
    ///
    /// # Errors
    /// [`UnknownId`] where the text does not match the grammar.
    pub fn remote_upload(&self, text: &str) -> Result<RemoteUploadId, UnknownId> {
        self.remote_uploads.check(text).map(RemoteUploadId)
    }

    /// Parses a folder's id as a caller writes it: `root`, or an id.
    ///
    /// Rejects the site's own id of the root, and zero in any spelling: `DELETE …/folders/0` must not reach a site that
    /// would take it for "everything".
    ///
    /// # Errors
    /// [`UnknownId`] where the text does not match the grammar.
    pub fn folder(&self, text: &str) -> Result<FolderId, UnknownId> {
        if text == ROOT {
            return Ok(FolderId::Root);
        }
        let is_zero = text.bytes().all(|byte| matches!(byte, b'0' | b'-'));
        if is_zero || text == &*self.root {
            return Err(UnknownId);
        }
        self.folders.check(text).map(|id| FolderId::Child(ChildFolderId(id)))
    }

    /// Parses a folder's id as the site writes it. The site's own id of the root becomes [`FolderId::Root`].
    ///
    /// # Errors
    /// [`UnknownId`] where the text does not match the grammar, and for a folder whose id is `root`: callers could not
    /// address that folder, because `root` means the root folder in the API.
    pub fn folder_from_site(&self, text: &str) -> Result<FolderId, UnknownId> {
        if text.is_empty() || text == "0" || text == &*self.root {
            return Ok(FolderId::Root);
        }
        match self.folder(text)? {
            FolderId::Root => Err(UnknownId),
            child => Ok(child),
        }
    }

    /// Returns a folder's id as the site expects it: for the root, the site's own id.
    #[must_use]
    pub fn folder_for_site<'a>(&'a self, folder: &'a FolderId) -> &'a str {
        match folder {
            FolderId::Root => &self.root,
            FolderId::Child(id) => id.as_str(),
        }
    }

    /// Parses a file's short code. Short codes are parts of URLs, so their syntax does not depend on the ids' alphabet.
    ///
    /// # Errors
    /// [`UnknownId`] where the text does not match `[A-Za-z0-9_-]{1,64}`.
    pub fn short_code(&self, text: &str) -> Result<ShortCode, UnknownId> {
        IdAlphabet::UrlSafe.check(text).map(ShortCode)
    }
}

impl IdAlphabet {
    fn check(self, text: &str) -> Result<Arc<str>, UnknownId> {
        let is_safe = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
        let valid = match self {
            Self::UrlSafe => (1..=64).contains(&text.len()) && text.bytes().all(is_safe),
            Self::Code => (4..=32).contains(&text.len()) && text.bytes().all(is_safe),
            Self::Word => text.len() == 12 && text.bytes().all(|byte| is_safe(byte) && byte != b'-'),
            Self::Decimal => {
                (1..=19).contains(&text.len())
                    && !text.starts_with('0')
                    && text.bytes().all(|byte| byte.is_ascii_digit())
            }
        };
        if valid { Ok(Arc::from(text)) } else { Err(UnknownId) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn url_safe_ids_follow_their_grammar() {
        let grammar = IdGrammar::new(IdAlphabet::UrlSafe, "0");
        for good in ["a", "0", "VKrJd-A_vNmpP4L", &"x".repeat(64)] {
            assert!(grammar.file(good).is_ok(), "{good}");
        }
        for bad in ["", "a b", "a,b", "a/b", "é", "a%20", "..", &"x".repeat(65)] {
            assert!(grammar.file(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn decimal_ids_follow_their_grammar() {
        let grammar = IdGrammar::new(IdAlphabet::Decimal, "null");
        for good in ["1", "12", "9999999999999999999"] {
            assert!(grammar.file(good).is_ok(), "{good}");
        }
        for bad in ["", "0", "012", "12abc", "-1", "1.5", "10000000000000000000"] {
            assert!(grammar.file(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn kinds_of_ids_may_have_different_grammars() {
        let grammar = IdGrammar::new(IdAlphabet::Word, "0").with_folders(IdAlphabet::Decimal);
        assert!(grammar.file("a1b2c3d4e5_6").is_ok() && grammar.remote_upload("a1b2c3d4e5f6").is_ok());
        for bad in ["a1b2c3d4e5f", "a1b2c3d4e5f67", "a1b2c3d4e5-6", "a1b2c3d4e5é"] {
            assert!(grammar.file(bad).is_err(), "{bad}");
        }
        assert!(grammar.folder("25").is_ok() && grammar.folder("a1b2c3d4e5f6").is_err());

        let grammar = IdGrammar::new(IdAlphabet::Code, "0").with_remote_uploads(IdAlphabet::Decimal);
        assert!(grammar.file("a-_1").is_ok() && grammar.file(&"x".repeat(32)).is_ok());
        assert!(grammar.file("abc").is_err() && grammar.file(&"x".repeat(33)).is_err());
        assert!(grammar.remote_upload("7").is_ok() && grammar.remote_upload("a-_1").is_err());
    }

    #[test]
    fn root_is_rejected_under_the_sites_own_id() {
        let grammar = IdGrammar::new(IdAlphabet::UrlSafe, "0");
        assert_eq!(grammar.folder("root"), Ok(FolderId::Root));
        for zero in ["0", "00", "-0", "--"] {
            assert_eq!(grammar.folder(zero), Err(UnknownId), "{zero}");
        }
        assert_eq!(grammar.folder_from_site("0"), Ok(FolderId::Root));
        assert_eq!(grammar.folder_from_site(""), Ok(FolderId::Root));
        assert_eq!(grammar.folder_for_site(&FolderId::Root), "0");
        for ambiguous in ["root", "00", "--"] {
            assert_eq!(grammar.folder_from_site(ambiguous), Err(UnknownId), "{ambiguous}");
        }
        let child = grammar.folder("456").unwrap();
        assert_eq!(grammar.folder_for_site(&child), "456");
    }
}
