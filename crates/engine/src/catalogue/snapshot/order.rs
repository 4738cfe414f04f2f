//! The sort orders of a snapshot's items, as row numbers.

use std::cmp::Ordering;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use polyhost_domain::File;

use super::Snapshot;
use super::rows::Item;
use crate::catalogue::sort::{EntryKind, Sort, SortValue};

/// Compares an item with this kind, value and id to another item.
pub(crate) fn compare(sort: Sort, kind: EntryKind, value: SortValue<'_>, id: &str, other: &Item<'_>) -> Ordering {
    let by_value = match (value, other.sort_value(sort)) {
        (SortValue::Missing, SortValue::Missing) => Ordering::Equal,
        (SortValue::Missing, _) => Ordering::Greater,
        (_, SortValue::Missing) => Ordering::Less,
        (SortValue::Text(a), SortValue::Text(b)) => sort.apply_direction(kind, a.cmp(b)),
        (SortValue::Number(a), SortValue::Number(b)) => sort.apply_direction(kind, a.cmp(&b)),
        (SortValue::Text(_), SortValue::Number(_)) => Ordering::Less,
        (SortValue::Number(_), SortValue::Text(_)) => Ordering::Greater,
    };
    kind.cmp(&other.kind).then(by_value).then_with(|| id.cmp(other.id))
}

/// Returns the row numbers of a snapshot's items in an order.
#[expect(clippy::cast_possible_truncation, reason = "a listing's bytes, and so its items, fit 32 bits")]
pub(super) fn places(snapshot: &Snapshot, sort: Sort) -> Box<[u32]> {
    let mut places: Box<[u32]> = (0..snapshot.len() as u32).collect();
    places.sort_unstable_by(|a, b| by_sort(snapshot, sort, *a, *b));
    places
}

/// Compares two items of a snapshot, given by their row numbers.
pub(in crate::catalogue) fn by_sort(snapshot: &Snapshot, sort: Sort, a: u32, b: u32) -> Ordering {
    let (a, b) = (snapshot.item(a as usize), snapshot.item(b as usize));
    compare(sort, a.kind, a.sort_value(sort), a.id, &b)
}

/// Sorts by name, then by id. Items without a name come last.
pub(super) fn by_name<T>(items: &mut [T], key: impl Fn(&T) -> (Option<&str>, &str)) {
    items.sort_unstable_by(|a, b| {
        let ((a_name, a_id), (b_name, b_id)) = (key(a), key(b));
        a_name.is_none().cmp(&b_name.is_none()).then_with(|| a_name.cmp(&b_name)).then_with(|| a_id.cmp(b_id))
    });
}

/// Returns the positions of files in the order by name, then by id. The files are large and are not moved. The first
/// bytes of their names are stored beside the positions, so that most comparisons need nothing else.
#[expect(clippy::cast_possible_truncation, reason = "a listing's bytes, and so its items, fit 32 bits")]
pub(super) fn places_by_name(files: &[File]) -> impl Iterator<Item = u32> {
    let mut keys: Vec<(bool, u64, u32)> = files
        .iter()
        .enumerate()
        .map(|(place, file)| (file.name.is_none(), name_prefix(file.name.as_deref().unwrap_or_default()), place as u32))
        .collect();
    keys.sort_unstable_by(|a, b| {
        let rest = || {
            let (a, b) = (&files[a.2 as usize], &files[b.2 as usize]);
            a.name.cmp(&b.name).then_with(|| a.id.as_str().cmp(b.id.as_str()))
        };
        (a.0, a.1).cmp(&(b.0, b.1)).then_with(rest)
    });
    keys.into_iter().map(|(_, _, place)| place)
}

/// Returns the first eight bytes of a text as a number with the same order.
fn name_prefix(text: &str) -> u64 {
    let mut first = [0; 8];
    let length = text.len().min(8);
    first[..length].copy_from_slice(&text.as_bytes()[..length]);
    u64::from_be_bytes(first)
}

/// Returns the 32-bit hash of an id for the index.
pub(super) fn hash(id: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    id.hash(&mut hasher);
    hasher.finish() >> 32
}

/// Returns the index of ids by hash, with their row numbers. `first` is the row number of the first id.
pub(super) fn index<'s>(ids: impl Iterator<Item = &'s str>, first: usize) -> Box<[u64]> {
    let mut index: Box<[u64]> = ids.enumerate().map(|(place, id)| hash(id) << 32 | (first + place) as u64).collect();
    index.sort_unstable();
    index
}
