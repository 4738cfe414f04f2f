//! A folder's listing as it was at one moment: in order, serialized once, ready to be paged through.

use std::cmp::Ordering;
use std::ops::Range;
use std::sync::OnceLock;
use std::time::Instant;

use bytes::Bytes;
use polyhost_domain::{File, Folder, Listing, SortKey};
use serde::Serialize;
use sha2::{Digest as _, Sha256};

use super::query::Sort;

/// What tells two listings apart: the beginning of the SHA-256 of their items.
pub(crate) type Digest = [u8; 16];

/// A listing at one moment.
#[derive(Debug)]
pub(crate) struct Snapshot {
    /// Every item as JSON, folders by name, then files by name, without anything between them.
    json: Bytes,
    entries: Vec<Entry>,
    folders: Vec<Folder>,
    digest: Digest,
    taken_at: Instant,
    orders: [OnceLock<Box<[u32]>>; 6],
}

/// What an item is found and sorted by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) kind: EntryKind,
    pub(crate) id: Box<str>,
    pub(crate) name: Option<Box<str>>,
    pub(crate) size: Option<u64>,
    pub(crate) uploaded_at: Option<i64>,
    json: Range<u32>,
}

/// Folders come before files in every order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum EntryKind {
    Folder,
    File,
}

/// What an item is sorted by in one order. A missing value comes last, whichever way the order runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum SortValue<'a> {
    Text(&'a str),
    Number(i128),
    Missing,
}

impl Snapshot {
    /// Sorts and serializes a listing.
    pub(crate) fn new(mut listing: Listing) -> Result<Self, serde_json::Error> {
        listing.folders.sort_by(|a, b| by_name(a.name.as_deref(), b.name.as_deref(), a.id.as_str(), b.id.as_str()));
        listing.files.sort_by(|a, b| by_name(a.name.as_deref(), b.name.as_deref(), a.id.as_str(), b.id.as_str()));
        let mut json = Vec::with_capacity(listing.files.len() * 512);
        let mut entries = Vec::with_capacity(listing.folders.len() + listing.files.len());
        for folder in &listing.folders {
            entries.push(Entry::folder(folder, append(&mut json, folder)?));
        }
        for file in &listing.files {
            entries.push(Entry::file(file, append(&mut json, file)?));
        }
        let mut digest = Digest::default();
        digest.copy_from_slice(&Sha256::digest(&json)[..16]);
        Ok(Self {
            json: Bytes::from(json),
            entries,
            folders: listing.folders,
            digest,
            taken_at: Instant::now(),
            orders: Default::default(),
        })
    }

    pub(crate) fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The folders, by name.
    pub(crate) fn folders(&self) -> &[Folder] {
        &self.folders
    }

    pub(crate) fn files(&self) -> &[Entry] {
        &self.entries[self.folders.len()..]
    }

    pub(crate) fn digest(&self) -> Digest {
        self.digest
    }

    pub(crate) fn taken_at(&self) -> Instant {
        self.taken_at
    }

    /// An item as JSON.
    pub(crate) fn json(&self, entry: &Entry) -> &[u8] {
        &self.json[entry.json.start as usize..entry.json.end as usize]
    }

    /// About how many bytes of memory it takes.
    pub(crate) fn weight(&self) -> usize {
        let names: usize = self.entries.iter().map(|e| e.id.len() + e.name.as_ref().map_or(0, |name| name.len())).sum();
        self.json.len()
            + names
            + self.entries.len() * (size_of::<Entry>() + size_of::<u32>())
            + self.folders.len() * size_of::<Folder>()
            + size_of::<Self>()
    }

    /// The places of the entries in an order; made when it is first asked for.
    pub(crate) fn order(&self, sort: Sort) -> &[u32] {
        self.orders[sort.index()].get_or_init(|| {
            #[expect(clippy::cast_possible_truncation, reason = "a listing's bytes, and so its items, fit 32 bits")]
            let mut places: Vec<u32> = (0..self.entries.len() as u32).collect();
            places.sort_by(|a, b| {
                let (a, b) = (&self.entries[*a as usize], &self.entries[*b as usize]);
                compare(sort, a.kind, &a.sort_value(sort), &a.id, b)
            });
            places.into_boxed_slice()
        })
    }
}

impl Entry {
    fn folder(folder: &Folder, json: Range<u32>) -> Self {
        Self {
            kind: EntryKind::Folder,
            id: folder.id.as_str().into(),
            name: folder.name.as_deref().map(Into::into),
            size: folder.total_size,
            uploaded_at: None,
            json,
        }
    }

    fn file(file: &File, json: Range<u32>) -> Self {
        Self {
            kind: EntryKind::File,
            id: file.id.as_str().into(),
            name: file.name.as_deref().map(Into::into),
            size: file.size,
            uploaded_at: file.uploaded_at.map(jiff::Timestamp::as_second),
            json,
        }
    }

    /// What it is sorted by: folders always by their name.
    pub(crate) fn sort_value(&self, sort: Sort) -> SortValue<'_> {
        let number = |value: Option<i128>| value.map_or(SortValue::Missing, SortValue::Number);
        match (self.kind, sort.key) {
            (EntryKind::Folder, _) | (EntryKind::File, SortKey::Name) => {
                self.name.as_deref().map_or(SortValue::Missing, SortValue::Text)
            }
            (EntryKind::File, SortKey::Size) => number(self.size.map(i128::from)),
            (EntryKind::File, SortKey::UploadedAt) => number(self.uploaded_at.map(i128::from)),
        }
    }
}

/// Where an item with this kind, value and id stands to an entry in an order.
pub(crate) fn compare(sort: Sort, kind: EntryKind, value: &SortValue<'_>, id: &str, entry: &Entry) -> Ordering {
    let other = entry.sort_value(sort);
    let by_value = match (value, &other) {
        (SortValue::Missing, SortValue::Missing) => Ordering::Equal,
        (SortValue::Missing, _) => Ordering::Greater,
        (_, SortValue::Missing) => Ordering::Less,
        (SortValue::Text(a), SortValue::Text(b)) => sort.direct(kind, a.cmp(b)),
        (SortValue::Number(a), SortValue::Number(b)) => sort.direct(kind, a.cmp(b)),
        (SortValue::Text(_), SortValue::Number(_)) => Ordering::Less,
        (SortValue::Number(_), SortValue::Text(_)) => Ordering::Greater,
    };
    kind.cmp(&entry.kind).then(by_value).then_with(|| id.cmp(&entry.id))
}

fn by_name(a: Option<&str>, b: Option<&str>, a_id: &str, b_id: &str) -> Ordering {
    let by_value = match (a, b) {
        (Some(a), Some(b)) => a.cmp(b),
        (a, b) => b.is_some().cmp(&a.is_some()),
    };
    by_value.then_with(|| a_id.cmp(b_id))
}

fn append<T: Serialize>(json: &mut Vec<u8>, item: &T) -> Result<Range<u32>, serde_json::Error> {
    let place = |length: usize| u32::try_from(length).map_err(|_| serde::ser::Error::custom("a listing over 4 GiB"));
    let start = place(json.len())?;
    serde_json::to_writer(&mut *json, item)?;
    Ok(start..place(json.len())?)
}
