//! A folder's listing as it was at one moment: sorted and serialized once, ready to be served in pages.
//!
//! Besides its JSON, an item takes one [`Row`], and its id and name in the form that comparisons use. The ids and names
//! of all items are concatenated in one text, so a hundred thousand files take five allocations. Orders other than by
//! name and the index of ids hold row numbers. They are computed at first use.

mod order;
mod rows;

use std::ops::Range;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use bytes::Bytes;
use polyhost_domain::{Folder, FolderId, Listing};
use sha2::{Digest as _, Sha256};
use tokio::time::Instant;

pub(super) use order::by_sort;
pub(crate) use order::compare;
pub(crate) use rows::Item;
use rows::{Row, Rows};

use super::sort::{EntryKind, Sort};
use crate::scopes::{Digest, Reach};

/// The number of sort orders.
const ORDERS: usize = 6;

/// A listing at one moment.
#[derive(Debug)]
pub(crate) struct Snapshot {
    /// The JSON of all items, separated by commas: folders by name, then files by name.
    json: Bytes,
    /// The ids and names of the same items, concatenated.
    text: Box<str>,
    rows: Box<[Row]>,
    folders: Vec<Folder>,
    /// The number of entries of the site's listing that could not be read.
    unreadable: usize,
    digest: Digest,
    reach: Reach,
    made_at: Instant,
    /// The last use by a walk, in milliseconds after `made_at`, plus one. 0 if no walk has used it.
    last_walk: AtomicU64,
    orders: [OnceLock<Box<[u32]>>; ORDERS],
    /// The index of the rows by id: the id's hash in the upper half, the row number in the lower half.
    by_id: OnceLock<Box<[u64]>>,
}

impl Snapshot {
    /// Sorts and serializes the listing of a folder.
    pub(super) fn new(folder: &FolderId, mut listing: Listing) -> Result<Self, serde_json::Error> {
        let reach = reach(folder, &listing);
        order::by_name(&mut listing.folders, |folder| (folder.name.as_deref(), folder.id.as_str()));
        let mut rows = Rows::with_room(&listing);
        for folder in &listing.folders {
            rows.push_folder(folder)?;
        }
        for place in order::places_by_name(&listing.files) {
            rows.push_file(&listing.files[place as usize])?;
        }
        let (json, text, rows) = rows.finish();
        let mut digest = Digest::default();
        digest.copy_from_slice(&Sha256::digest(&json)[..16]);
        Ok(Self {
            json: Bytes::from(json),
            text,
            rows,
            folders: listing.folders,
            unreadable: listing.unreadable,
            digest,
            reach,
            made_at: Instant::now(),
            last_walk: AtomicU64::new(0),
            orders: Default::default(),
            by_id: OnceLock::new(),
        })
    }

    /// Returns the number of items.
    pub(crate) fn len(&self) -> usize {
        self.rows.len()
    }

    /// Returns the number of entries of the site's listing that could not be read.
    pub(crate) fn unreadable(&self) -> usize {
        self.unreadable
    }

    /// Returns the folders, by name.
    pub(crate) fn folders(&self) -> &[Folder] {
        &self.folders
    }

    /// Returns all files, by name.
    pub(crate) fn files(&self) -> impl Iterator<Item = Item<'_>> {
        (self.folders.len()..self.len()).map(|place| self.item(place))
    }

    pub(crate) fn digest(&self) -> Digest {
        self.digest
    }

    pub(super) fn reach(&self) -> Reach {
        self.reach
    }

    pub(super) fn made_at(&self) -> Instant {
        self.made_at
    }

    /// Returns the item of a row. Row numbers are places in the order by name.
    pub(crate) fn item(&self, place: usize) -> Item<'_> {
        let text = place.checked_sub(1).map_or(0, |before| self.rows[before].text_end);
        let row = &self.rows[place];
        let kind = if place < self.folders.len() { EntryKind::Folder } else { EntryKind::File };
        row.item(kind, &self.json[self.extent(place..place + 1)], &self.text[text as usize..row.text_end as usize])
    }

    /// Returns the JSON of the items of adjacent rows, separated by commas. It shares the snapshot's memory.
    pub(super) fn joined(&self, places: Range<usize>) -> Bytes {
        self.json.slice(self.extent(places))
    }

    /// Returns the range of the JSON of adjacent rows.
    fn extent(&self, places: Range<usize>) -> Range<usize> {
        let Some(last) = places.clone().next_back() else { return 0..0 };
        let start = places.start.checked_sub(1).map_or(0, |before| self.rows[before].json_end as usize + 1);
        start..self.rows[last].json_end as usize
    }

    /// Returns the file with an id.
    pub(super) fn file(&self, id: &str) -> Option<Item<'_>> {
        let index = self.by_id.get_or_init(|| order::index(self.files().map(|item| item.id), self.folders.len()));
        let hash = order::hash(id);
        let start = index.partition_point(|entry| entry >> 32 < hash);
        let same_hash = index[start..].iter().take_while(|entry| *entry >> 32 == hash);
        #[expect(clippy::cast_possible_truncation, reason = "the lower half is the row's number")]
        let mut items = same_hash.map(|entry| self.item(*entry as u32 as usize));
        items.find(|item| item.id == id)
    }

    /// Returns the approximate memory use in bytes, never much less than the real one. It includes all orders and the
    /// index, even if they are not computed yet.
    pub(super) fn weight(&self) -> usize {
        let folders: usize = self.folders.iter().map(|folder| size_of_val(folder) + strings(folder)).sum();
        let indexes = self.len() * ((ORDERS - 1) * size_of::<u32>() + size_of::<u64>());
        self.json.len() + self.text.len() + self.rows.len() * size_of::<Row>() + folders + indexes + size_of::<Self>()
    }

    /// Returns the row numbers of the items in an order, or `None` for the order by name.
    pub(crate) fn order(&self, sort: Sort) -> Option<&[u32]> {
        if sort == Sort::default() {
            return None;
        }
        Some(self.orders[sort.index()].get_or_init(|| order::places(self, sort)))
    }

    /// Returns whether an order is not computed yet.
    pub(super) fn lacks_order(&self, sort: Sort) -> bool {
        sort != Sort::default() && self.orders[sort.index()].get().is_none()
    }

    /// Records that a walk uses the snapshot.
    pub(super) fn mark_walked(&self) {
        let since = u64::try_from(self.made_at.elapsed().as_millis()).unwrap_or(u64::MAX - 1);
        self.last_walk.store(since + 1, Ordering::Relaxed);
    }

    /// Returns the time since a walk last used the snapshot, or `None` if none has.
    pub(super) fn since_last_walk(&self) -> Option<Duration> {
        let last_walk = Duration::from_millis(self.last_walk.load(Ordering::Relaxed).checked_sub(1)?);
        Some(self.made_at.elapsed().saturating_sub(last_walk))
    }
}

/// Returns `Reach::Beyond` if the listing reports files or totals of other folders. Writes that do not name this folder
/// can change those.
fn reach(folder: &FolderId, listing: &Listing) -> Reach {
    let elsewhere = listing.files.iter().any(|file| file.folder_id.as_ref().is_some_and(|named| named != folder));
    let counts = listing.folders.iter().any(|child| {
        child.total_size.is_some()
            || child.folder_count.is_some()
            || child.file_count.is_some()
            || child.updated_at.is_some()
    });
    if elsewhere || counts { Reach::Beyond } else { Reach::Own }
}

/// Returns the size of a folder's texts in bytes, with the overhead of their allocations.
fn strings(folder: &Folder) -> usize {
    const ALLOCATION: usize = 24;
    let texts = [Some(folder.id.as_str()), folder.name.as_deref(), folder.page_url.as_deref()];
    texts.into_iter().flatten().map(|text| text.len() + ALLOCATION).sum()
}
