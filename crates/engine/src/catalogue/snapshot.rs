//! A folder's listing as it was at one moment: in order, serialized once, ready to be paged through.
//!
//! Beside the bytes that go out, an item takes one [`Row`] and its id and name as they are compared, all of them end to
//! end in one text: a hundred thousand files are five allocations. Orders other than by name, and the index of ids, are
//! rows' numbers, made when they are first asked for.

mod order;
mod rows;

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

/// How many orders there are.
const ORDERS: usize = 6;

/// A listing at one moment.
#[derive(Debug)]
pub(crate) struct Snapshot {
    /// Every item as JSON, folders by name, then files by name, without anything between them.
    json: Bytes,
    /// The ids and names of the same, end to end.
    text: Box<str>,
    rows: Box<[Row]>,
    folders: Vec<Folder>,
    /// How many entries of the site's listing could not be read.
    unreadable: usize,
    digest: Digest,
    reach: Reach,
    made_at: Instant,
    /// When a walk has last gone through it, in milliseconds since it was made, and one; 0 for never.
    walked: AtomicU64,
    orders: [OnceLock<Box<[u32]>>; ORDERS],
    /// The rows by the hash of their ids: the hash above, the row's number below.
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
            walked: AtomicU64::new(0),
            orders: Default::default(),
            by_id: OnceLock::new(),
        })
    }

    /// How many items there are.
    pub(crate) fn len(&self) -> usize {
        self.rows.len()
    }

    /// How many entries of the site's listing could not be read.
    pub(crate) fn unreadable(&self) -> usize {
        self.unreadable
    }

    /// The folders, by name.
    pub(crate) fn folders(&self) -> &[Folder] {
        &self.folders
    }

    /// Every file, by name.
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

    /// The item of a row, or of a place in the order by name, which is the same.
    pub(crate) fn item(&self, place: usize) -> Item<'_> {
        let (json, text) = match place.checked_sub(1) {
            Some(before) => (self.rows[before].json_end, self.rows[before].text_end),
            None => (0, 0),
        };
        let row = &self.rows[place];
        let kind = if place < self.folders.len() { EntryKind::Folder } else { EntryKind::File };
        row.item(
            kind,
            &self.json[json as usize..row.json_end as usize],
            &self.text[text as usize..row.text_end as usize],
        )
    }

    /// The file with an id.
    pub(super) fn file(&self, id: &str) -> Option<Item<'_>> {
        let index = self.by_id.get_or_init(|| order::index(self.files().map(|item| item.id), self.folders.len()));
        let hash = order::hash(id);
        let start = index.partition_point(|entry| entry >> 32 < hash);
        let alike = index[start..].iter().take_while(|entry| *entry >> 32 == hash);
        #[expect(clippy::cast_possible_truncation, reason = "the lower half is the row's number")]
        let mut items = alike.map(|entry| self.item(*entry as u32 as usize));
        items.find(|item| item.id == id)
    }

    /// About how many bytes of memory it takes, never much less: also once every order has been asked for.
    pub(super) fn weight(&self) -> usize {
        let folders: usize = self.folders.iter().map(|folder| size_of_val(folder) + strings(folder)).sum();
        let indexes = self.len() * ((ORDERS - 1) * size_of::<u32>() + size_of::<u64>());
        self.json.len() + self.text.len() + self.rows.len() * size_of::<Row>() + folders + indexes + size_of::<Self>()
    }

    /// The places of the items in an order, where that is not by name.
    pub(crate) fn order(&self, sort: Sort) -> Option<&[u32]> {
        if sort == Sort::default() {
            return None;
        }
        Some(self.orders[sort.index()].get_or_init(|| order::places(self, sort)))
    }

    /// Whether an order would have to be made first.
    pub(super) fn lacks(&self, sort: Sort) -> bool {
        sort != Sort::default() && self.orders[sort.index()].get().is_none()
    }

    /// Notes that a walk goes through it.
    pub(super) fn walk(&self) {
        let since = u64::try_from(self.made_at.elapsed().as_millis()).unwrap_or(u64::MAX - 1);
        self.walked.store(since + 1, Ordering::Relaxed);
    }

    /// How long ago a walk went through it.
    pub(super) fn walked_before(&self) -> Option<Duration> {
        let walked = Duration::from_millis(self.walked.load(Ordering::Relaxed).checked_sub(1)?);
        Some(self.made_at.elapsed().saturating_sub(walked))
    }
}

/// What is told of other folders is touched by writes that do not name this one.
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

/// The bytes of a folder's texts, with what allocating them takes.
fn strings(folder: &Folder) -> usize {
    const ALLOCATION: usize = 24;
    let texts = [Some(folder.id.as_str()), folder.name.as_deref(), folder.page_url.as_deref()];
    texts.into_iter().flatten().map(|text| text.len() + ALLOCATION).sum()
}
