//! Which items of a folder a caller wants, and in which order: the places of those in its snapshot.

use std::ops::Range;

use super::snapshot::{Snapshot, by_sort};
use super::sort::Sort;

/// Which items of a folder, in which order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ListQuery {
    /// Only folders, or only files.
    pub kind: Option<ItemKind>,
    /// Only items of exactly this name.
    pub name: Option<String>,
    /// The order.
    pub sort: Sort,
}

/// What kind of item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ItemKind {
    /// Folders.
    Folder,
    /// Files.
    File,
}

impl ListQuery {
    /// The places of the items that are wanted, in order.
    pub(super) fn select<'s>(&self, snapshot: &'s Snapshot) -> Selection<'s> {
        let folders = snapshot.folders().len();
        let part = match self.kind {
            None => 0..snapshot.len(),
            Some(ItemKind::Folder) => 0..folders,
            Some(ItemKind::File) => folders..snapshot.len(),
        };
        match (self.name.as_deref(), snapshot.order(self.sort)) {
            (None, None) => Selection::InARow(part),
            (None, Some(order)) => Selection::Ordered(&order[part]),
            (Some(name), _) => Selection::Found(self.named(name, snapshot, part)),
        }
    }

    /// Items of one name lie together where folders and files are by name, and are few.
    fn named(&self, name: &str, snapshot: &Snapshot, part: Range<usize>) -> Vec<u32> {
        let folders = snapshot.folders().len();
        let (start, end) = (part.start, part.end);
        let mut found = Vec::new();
        for kind in [start..end.min(folders), start.max(folders)..end] {
            let first = partition(kind.clone(), |place| is_before(snapshot.item(place).name, name));
            let alike = (first..kind.end).take_while(|place| snapshot.item(*place).name == Some(name));
            found.extend(alike.filter_map(|place| u32::try_from(place).ok()));
        }
        if self.sort != Sort::default() {
            found.sort_unstable_by(|a, b| by_sort(snapshot, self.sort, *a, *b));
        }
        found
    }

    /// A text that is the same for equal queries alone.
    pub(super) fn fingerprint(&self) -> String {
        let kind = match self.kind {
            None => '*',
            Some(ItemKind::Folder) => 'd',
            Some(ItemKind::File) => 'f',
        };
        format!("{kind}{}{}", self.sort.index(), self.name.as_deref().map_or(String::new(), |name| format!("={name}")))
    }
}

/// The places of items, in the order wanted.
#[derive(Debug)]
pub(super) enum Selection<'s> {
    /// As they lie in the snapshot.
    InARow(Range<usize>),
    /// As another order has them.
    Ordered(&'s [u32]),
    /// As they were found.
    Found(Vec<u32>),
}

impl Selection<'_> {
    pub(super) fn len(&self) -> usize {
        match self {
            Self::InARow(part) => part.len(),
            Self::Ordered(order) => order.len(),
            Self::Found(found) => found.len(),
        }
    }

    /// The place in the snapshot of the item at a place in the selection.
    pub(super) fn place(&self, number: usize) -> usize {
        match self {
            Self::InARow(part) => part.start + number,
            Self::Ordered(order) => order[number] as usize,
            Self::Found(found) => found[number] as usize,
        }
    }
}

/// Whether a name comes before another; none comes last.
fn is_before(name: Option<&str>, other: &str) -> bool {
    name.is_some_and(|name| name < other)
}

/// The first place of which something does not hold that holds of all before it.
pub(super) fn partition(places: Range<usize>, holds: impl Fn(usize) -> bool) -> usize {
    let (mut low, mut high) = (places.start, places.end.max(places.start));
    while low < high {
        let middle = low + (high - low) / 2;
        if holds(middle) { low = middle + 1 } else { high = middle }
    }
    low
}
