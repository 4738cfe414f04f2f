//! What is directly in a folder.

use crate::{File, Folder};

/// What is directly in a folder, or one native page of it.
#[derive(Debug, Clone, Default)]
pub struct Listing {
    /// The folders, in the site's order.
    pub folders: Vec<Folder>,
    /// The files, in the site's order. Some may name another folder as theirs: sites do that.
    pub files: Vec<File>,
    /// How much of the site's answer could not be read: entries, or whole lists. 0 means that this is all there is.
    pub unread: usize,
    /// Where the next native page begins; `None` at the end, and always where a provider answers whole.
    pub next: Option<NativeCursor>,
}

/// A place in a listing that a site itself pages, in the site's own words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NativeCursor(pub String);
