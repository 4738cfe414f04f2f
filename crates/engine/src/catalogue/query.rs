//! Which items of a folder a caller wants, and in which order.

use std::cmp::Ordering;
use std::ops::Range;
use std::str::FromStr;

use polyhost_domain::SortKey;

use super::snapshot::{EntryKind, Snapshot, by_sort};

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

/// The order of a folder's files. Its folders are always by name, and before them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sort {
    /// What decides.
    pub key: SortKey,
    /// Which way.
    pub direction: Direction,
}

/// Which way an order runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// The smallest first.
    Ascending,
    /// The largest first.
    Descending,
}

/// A text that names no order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be one of: name, -name, size, -size, uploaded_at, -uploaded_at")]
pub struct UnknownSort;

impl Default for Sort {
    fn default() -> Self {
        Self { key: SortKey::Name, direction: Direction::Ascending }
    }
}

impl FromStr for Sort {
    type Err = UnknownSort;

    fn from_str(text: &str) -> Result<Self, UnknownSort> {
        let (direction, key) = match text.strip_prefix('-') {
            Some(key) => (Direction::Descending, key),
            None => (Direction::Ascending, text),
        };
        let key = match key {
            "name" => SortKey::Name,
            "size" => SortKey::Size,
            "uploaded_at" => SortKey::UploadedAt,
            _ => return Err(UnknownSort),
        };
        Ok(Self { key, direction })
    }
}

impl Sort {
    /// A number for each of the six orders.
    pub(super) fn index(self) -> usize {
        let key = match self.key {
            SortKey::Name => 0,
            SortKey::Size => 2,
            SortKey::UploadedAt => 4,
        };
        key + usize::from(self.direction == Direction::Descending)
    }

    /// Turns a comparison round where the order runs down. Folders never do.
    pub(super) fn direct(self, kind: EntryKind, ordering: Ordering) -> Ordering {
        match (self.direction, kind) {
            (Direction::Descending, EntryKind::File) => ordering.reverse(),
            _ => ordering,
        }
    }
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
