//! Which items of a folder a caller wants, and in which order.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::str::FromStr;

use polyhost_domain::SortKey;

use super::snapshot::{EntryKind, Snapshot};

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
    pub(super) fn select<'s>(&self, snapshot: &'s Snapshot) -> Cow<'s, [u32]> {
        let order = snapshot.order(self.sort);
        let folders = snapshot.folders().len();
        let part = match self.kind {
            None => order,
            Some(ItemKind::Folder) => &order[..folders],
            Some(ItemKind::File) => &order[folders..],
        };
        match self.name.as_deref() {
            None => Cow::Borrowed(part),
            Some(name) => {
                let named = |place: &&u32| snapshot.entries()[**place as usize].name.as_deref() == Some(name);
                Cow::Owned(part.iter().filter(named).copied().collect())
            }
        }
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
