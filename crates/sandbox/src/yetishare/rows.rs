//! The rows of the database: folders, files and download tokens.

use jiff::Timestamp;
use sha1::Digest;

use crate::content::{self, Content};

/// The states of an active object and of one in the trash. There are others.
pub(crate) const ACTIVE: &str = "active";
pub(crate) const TRASH: &str = "trash";

#[derive(Debug, Clone)]
pub(crate) struct Folder {
    pub(crate) id: u64,
    /// The parent folder, or 0 for the root. It may not exist, because the site does not check it.
    pub(crate) parent: u64,
    pub(crate) name: String,
    /// 0 private, 1 unlisted, 2 public.
    pub(crate) is_public: u64,
    /// An MD5 in hexadecimal.
    pub(crate) password: Option<String>,
    pub(crate) status: String,
    pub(crate) added: Timestamp,
    pub(crate) updated: Option<Timestamp>,
    /// Whether the folder belongs to this account.
    pub(crate) own: bool,
}

#[derive(Debug, Clone)]
pub(crate) struct File {
    pub(crate) id: u64,
    pub(crate) name: String,
    /// The folder of the file, or 0 for the root. It may not exist, because the site does not check it.
    pub(crate) folder: u64,
    pub(crate) content: Content,
    pub(crate) size: u64,
    pub(crate) content_type: String,
    pub(crate) status: String,
    pub(crate) downloads: u64,
    pub(crate) uploaded: Timestamp,
    pub(crate) accessed: Option<Timestamp>,
    pub(crate) is_public: u64,
    /// The origin of the file, such as `direct`, `api` or `remote`.
    pub(crate) source: &'static str,
    /// Whether the file belongs to this account.
    pub(crate) own: bool,
    /// The number of further listings that omit the file.
    pub(crate) unlisted_for: u32,
}

impl Folder {
    /// Returns whether the account sees the folder in its tree.
    pub(crate) fn is_listed(&self) -> bool {
        self.own && self.status == ACTIVE
    }
}

impl File {
    /// Returns whether the account sees the file in its tree.
    pub(crate) fn is_listed(&self) -> bool {
        self.own && self.status == ACTIVE
    }

    /// Returns the part of the name after its last dot.
    pub(crate) fn extension(&self) -> &str {
        self.name.rsplit_once('.').map_or("", |(_, extension)| extension)
    }

    /// Returns the words of the name, as the site's search uses them.
    pub(crate) fn keywords(&self) -> String {
        let words = self.name.split(|letter: char| !letter.is_alphanumeric()).filter(|word| !word.is_empty());
        words.collect::<Vec<_>>().join(",")
    }

    /// Returns the text that identifies the file in all its URLs.
    pub(crate) fn short_url(&self) -> String {
        short_url(self.id)
    }

    /// Returns the secret with which anyone may delete the file. `info_url` and `delete_url` contain it.
    pub(crate) fn delete_hash(&self) -> String {
        let mut hash = content::sha1_of(format!("delete {}", self.id).as_bytes());
        hash.truncate(32);
        hash
    }
}

/// Returns the id with a `1` before it, in base 62: 1253 is `2Vv`, as on the page.
fn short_url(id: u64) -> String {
    const DIGITS: &[u8; 62] = b"0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
    let mut rest: u128 = format!("1{id}").parse().unwrap_or_default();
    let mut digits: Vec<u8> = Vec::new();
    while rest > 0 {
        digits.extend(DIGITS.get((rest % 62) as usize));
        rest /= 62;
    }
    digits.iter().rev().map(|digit| char::from(*digit)).collect()
}

/// A file to store, before it has an id.
#[derive(Debug)]
pub(crate) struct NewFile {
    pub(crate) name: String,
    pub(crate) folder: u64,
    pub(crate) content: Content,
    pub(crate) size: u64,
    pub(crate) content_type: String,
    pub(crate) uploaded: Timestamp,
    pub(crate) source: &'static str,
}

impl NewFile {
    /// Creates a file with these bytes.
    pub(crate) fn of_bytes(folder: u64, name: &str, bytes: &[u8], uploaded: Timestamp) -> Self {
        Self {
            name: name.to_owned(),
            folder,
            size: bytes.len() as u64,
            content_type: content::type_by_name(name).to_owned(),
            content: Content::Memory(bytes.into()),
            uploaded,
            source: "direct",
        }
    }
}

/// The data of a download token.
#[derive(Debug, Clone)]
pub(crate) struct Link {
    pub(crate) file: u64,
    pub(crate) valid_until: Timestamp,
    pub(crate) uses: u32,
}

/// The number of objects of each kind.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// The active folders, including those of other accounts, without the root.
    pub folders: usize,
    /// The active files, including those of other accounts.
    pub files: usize,
    /// The folders in any other state.
    pub trashed_folders: usize,
    /// The files in any other state.
    pub trashed_files: usize,
    /// All remote uploads, in any state.
    pub remote_uploads: usize,
    /// The download tokens that were issued and have not expired.
    pub links: usize,
}

/// Returns the MD5 in hexadecimal. Folders' passwords are stored in this form.
pub(crate) fn md5_of(text: &str) -> String {
    hex::encode(md5::Md5::digest(text.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::{md5_of, short_url};

    #[test]
    fn short_url_is_that_of_the_page() {
        assert_eq!([1253, 1162, 1254, 1161, 11456].map(short_url), ["2Vv", "2U2", "2Vw", "2U1", "sZG"]);
    }

    #[test]
    fn password_is_stored_as_md5() {
        assert_eq!(md5_of("abc"), "900150983cd24fb0d6963f7d28e17f72");
    }
}
