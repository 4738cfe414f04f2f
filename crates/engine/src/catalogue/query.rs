//! Queries: which items of a folder a caller requests, in which order. The result is a selection of rows of the
//! folder's snapshot.

use std::ops::Range;

use super::snapshot::{Snapshot, by_sort};
use super::sort::Sort;

/// A selection of a folder's items, and their order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ListQuery {
    /// Only folders, or only files.
    pub kind: Option<ItemKind>,
    /// Only items with exactly this name.
    pub name: Option<String>,
    /// The order.
    pub sort: Sort,
}

/// A kind of item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ItemKind {
    /// Folders.
    Folder,
    /// Files.
    File,
}

impl ListQuery {
    /// Returns the places of the requested items, in order.
    pub(super) fn select<'s>(&self, snapshot: &'s Snapshot) -> Selection<'s> {
        let folders = snapshot.folders().len();
        let part = match self.kind {
            None => 0..snapshot.len(),
            Some(ItemKind::Folder) => 0..folders,
            Some(ItemKind::File) => folders..snapshot.len(),
        };
        match (self.name.as_deref(), snapshot.order(self.sort)) {
            (None, None) => Selection::Contiguous(part),
            (None, Some(order)) => Selection::Ordered(&order[part]),
            (Some(name), _) => Selection::Found(self.named(name, snapshot, part)),
        }
    }

    /// Returns the places of the items with a name. In the order by name such items are adjacent, among the folders and
    /// among the files, and they are few.
    fn named(&self, name: &str, snapshot: &Snapshot, part: Range<usize>) -> Vec<u32> {
        let folders = snapshot.folders().len();
        let (start, end) = (part.start, part.end);
        let mut found = Vec::new();
        for kind in [start..end.min(folders), start.max(folders)..end] {
            let first = partition(kind.clone(), |place| is_before(snapshot.item(place).name, name));
            let same_name = (first..kind.end).take_while(|place| snapshot.item(*place).name == Some(name));
            found.extend(same_name.filter_map(|place| u32::try_from(place).ok()));
        }
        if self.sort != Sort::default() {
            found.sort_unstable_by(|a, b| by_sort(snapshot, self.sort, *a, *b));
        }
        found
    }

    /// Returns a text that is equal for equal queries only.
    pub(super) fn fingerprint(&self) -> String {
        let kind = match self.kind {
            None => '*',
            Some(ItemKind::Folder) => 'd',
            Some(ItemKind::File) => 'f',
        };
        format!("{kind}{}{}", self.sort.index(), self.name.as_deref().map_or(String::new(), |name| format!("={name}")))
    }
}

/// The places of selected items, in the requested order.
#[derive(Debug)]
pub(super) enum Selection<'s> {
    /// A range of the snapshot.
    Contiguous(Range<usize>),
    /// A range of another order.
    Ordered(&'s [u32]),
    /// Places found by name.
    Found(Vec<u32>),
}

impl Selection<'_> {
    pub(super) fn len(&self) -> usize {
        match self {
            Self::Contiguous(part) => part.len(),
            Self::Ordered(order) => order.len(),
            Self::Found(found) => found.len(),
        }
    }

    /// Returns the place in the snapshot of the item with this number in the selection.
    pub(super) fn place(&self, number: usize) -> usize {
        match self {
            Self::Contiguous(part) => part.start + number,
            Self::Ordered(order) => order[number] as usize,
            Self::Found(found) => found[number] as usize,
        }
    }
}

/// Returns whether a name comes before another. A missing name comes last.
fn is_before(name: Option<&str>, other: &str) -> bool {
    name.is_some_and(|name| name < other)
}

/// Returns the first place for which `holds` is false, by binary search. `holds` must be true for all places before it
/// and false for all after it.
pub(super) fn partition(places: Range<usize>, holds: impl Fn(usize) -> bool) -> usize {
    let (mut low, mut high) = (places.start, places.end.max(places.start));
    while low < high {
        let middle = low + (high - low) / 2;
        if holds(middle) { low = middle + 1 } else { high = middle }
    }
    low
}
