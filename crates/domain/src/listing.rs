//! The contents of a folder, and the lists of jobs.

use std::collections::HashSet;
use std::ops::{Deref, DerefMut};

use crate::{File, Folder};

/// The folders and files directly in a folder, or one native page of them.
#[derive(Debug, Clone, Default)]
pub struct Listing {
    /// The folders, in the site's order.
    pub folders: Vec<Folder>,
    /// The files, in the site's order. A file's `folder_id` may be another folder: some sites list such files.
    pub files: Vec<File>,
    /// The number of entries of the site's answer that are left out because they have no usable id.
    pub unreadable: usize,
    /// Whether the list of folders or the list of files is missing in the site's answer. The folder may then contain
    /// more than this listing.
    pub incomplete: bool,
    /// The cursor of the next native page. `None` on the last page, and for providers whose listings have no pages.
    pub next: Option<NativeCursor>,
}

impl Listing {
    /// Removes duplicate folders and files. The first one with each id stays.
    pub fn deduplicate(&mut self) {
        keep_first(&mut self.folders, |folder| folder.id.as_str());
        keep_first(&mut self.files, |file| file.id.as_str());
    }
}

/// Removes each item that has the same id as an item before it.
pub fn keep_first<T>(items: &mut Vec<T>, id: impl Fn(&T) -> &str) {
    let mut seen = HashSet::with_capacity(items.len());
    let is_first: Vec<bool> = items.iter().map(|item| seen.insert(id(item))).collect();
    let mut is_first = is_first.into_iter();
    items.retain(|_| is_first.next().unwrap_or(true));
}

/// The jobs in a site's list.
#[derive(Debug, Clone, PartialEq)]
pub struct Found<T> {
    /// The readable jobs.
    pub items: Vec<T>,
    /// The number of entries of the site's answer that could not be read.
    pub unreadable: usize,
}

impl<T> From<Vec<T>> for Found<T> {
    fn from(items: Vec<T>) -> Self {
        Self { items, unreadable: 0 }
    }
}

impl<T> FromIterator<T> for Found<T> {
    fn from_iter<I: IntoIterator<Item = T>>(items: I) -> Self {
        Self::from(Vec::from_iter(items))
    }
}

impl<T> Deref for Found<T> {
    type Target = Vec<T>;

    fn deref(&self) -> &Vec<T> {
        &self.items
    }
}

impl<T> DerefMut for Found<T> {
    fn deref_mut(&mut self) -> &mut Vec<T> {
        &mut self.items
    }
}

/// The start of a native page of a listing, as the site writes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NativeCursor(pub String);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn first_of_several_items_with_the_same_id_stays() {
        let mut items = vec![("a", 1), ("b", 2), ("a", 3), ("b", 4), ("c", 5)];
        keep_first(&mut items, |item| item.0);
        assert_eq!(items, [("a", 1), ("b", 2), ("c", 5)]);
    }
}
