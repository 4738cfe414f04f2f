//! The orders in which a folder's items can be listed.

use std::cmp::Ordering;
use std::str::FromStr;

use polyhost_domain::SortKey;

/// The order of a folder's files. Folders always come before the files, and are always sorted by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sort {
    /// The field to sort by.
    pub key: SortKey,
    /// The direction.
    pub direction: Direction,
}

/// The direction of an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// The smallest first.
    Ascending,
    /// The largest first.
    Descending,
}

/// The error for a text that is not a sort order.
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
    /// Returns a distinct number for each of the six orders.
    pub(super) fn index(self) -> usize {
        let key = match self.key {
            SortKey::Name => 0,
            SortKey::Size => 2,
            SortKey::UploadedAt => 4,
        };
        key + usize::from(self.direction == Direction::Descending)
    }

    /// Reverses a comparison of files if the order is descending. Folders always ascend.
    pub(super) fn apply_direction(self, kind: EntryKind, ordering: Ordering) -> Ordering {
        match (self.direction, kind) {
            (Direction::Descending, EntryKind::File) => ordering.reverse(),
            _ => ordering,
        }
    }
}

/// Folders come before files in every order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum EntryKind {
    Folder,
    File,
}

/// The value that an item is sorted by. A missing value comes last in both directions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SortValue<'a> {
    Text(&'a str),
    Number(i128),
    Missing,
}
