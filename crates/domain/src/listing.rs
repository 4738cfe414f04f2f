//! What is directly in a folder, and the lists of jobs.

use std::collections::HashSet;
use std::ops::{Deref, DerefMut};

use crate::{File, Folder};

/// What is directly in a folder, or one native page of it.
#[derive(Debug, Clone, Default)]
pub struct Listing {
    /// The folders, in the site's order.
    pub folders: Vec<Folder>,
    /// The files, in the site's order. Some may name another folder as theirs: sites do that.
    pub files: Vec<File>,
    /// How many entries of the site's answer have no usable id, so that they cannot be shown.
    pub unreadable: usize,
    /// Whether the site's answer has no list of folders, or none of files: there may be more than is known.
    pub incomplete: bool,
    /// Where the next native page begins; `None` at the end, and always where a provider answers whole.
    pub next: Option<NativeCursor>,
}

impl Listing {
    /// Removes what is listed more than once. The first of each stays.
    pub fn deduplicate(&mut self) {
        keep_first(&mut self.folders, |folder| folder.id.as_str());
        keep_first(&mut self.files, |file| file.id.as_str());
    }
}

/// Removes the items whose id an item before them has.
pub fn keep_first<T>(items: &mut Vec<T>, id: impl Fn(&T) -> &str) {
    let mut seen = HashSet::with_capacity(items.len());
    let is_first: Vec<bool> = items.iter().map(|item| seen.insert(id(item))).collect();
    let mut is_first = is_first.into_iter();
    items.retain(|_| is_first.next().unwrap_or(true));
}

/// The jobs that a site has listed.
#[derive(Debug, Clone, PartialEq)]
pub struct Found<T> {
    /// The jobs that could be read.
    pub items: Vec<T>,
    /// How many entries of the site's answer could not be read.
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

/// A place in a listing that a site itself pages, in the site's own words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NativeCursor(pub String);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn first_of_several_items_with_one_id_stays() {
        let mut items = vec![("a", 1), ("b", 2), ("a", 3), ("b", 4), ("c", 5)];
        keep_first(&mut items, |item| item.0);
        assert_eq!(items, [("a", 1), ("b", 2), ("c", 5)]);
    }
}
