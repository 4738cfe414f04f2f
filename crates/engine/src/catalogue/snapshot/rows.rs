//! The packed items of a snapshot.

use polyhost_domain::{File, Folder, Listing, SortKey};
use serde::Serialize;

use crate::catalogue::sort::{EntryKind, Sort, SortValue};

/// The sort values of an item, and the ends of its JSON and text. The text begins where that of the previous item ends,
/// the JSON one byte later: a comma separates them.
#[derive(Debug, Clone, Copy)]
pub(super) struct Row {
    size: u64,
    uploaded_at: i64,
    pub(super) json_end: u32,
    pub(super) text_end: u32,
    id_length: u16,
    present: u8,
}

const NAME: u8 = 1;
const SIZE: u8 = 2;
const UPLOADED_AT: u8 = 4;

/// An item, borrowed from its snapshot.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Item<'s> {
    pub(crate) kind: EntryKind,
    pub(crate) id: &'s str,
    pub(crate) name: Option<&'s str>,
    pub(crate) size: Option<u64>,
    uploaded_at: Option<i64>,
    pub(crate) json: &'s [u8],
}

impl Row {
    pub(super) fn item<'s>(&self, kind: EntryKind, json: &'s [u8], text: &'s str) -> Item<'s> {
        let (id, name) = text.split_at(usize::from(self.id_length));
        let present = |what: u8| self.present & what != 0;
        Item {
            kind,
            id,
            name: present(NAME).then_some(name),
            size: present(SIZE).then_some(self.size),
            uploaded_at: present(UPLOADED_AT).then_some(self.uploaded_at),
            json,
        }
    }
}

impl<'s> Item<'s> {
    /// Returns the value that the item is sorted by. For folders that is always the name.
    pub(crate) fn sort_value(&self, sort: Sort) -> SortValue<'s> {
        let number = |value: Option<i128>| value.map_or(SortValue::Missing, SortValue::Number);
        match (self.kind, sort.key) {
            (EntryKind::Folder, _) | (EntryKind::File, SortKey::Name) => {
                self.name.map_or(SortValue::Missing, SortValue::Text)
            }
            (EntryKind::File, SortKey::Size) => number(self.size.map(i128::from)),
            (EntryKind::File, SortKey::UploadedAt) => number(self.uploaded_at.map(i128::from)),
        }
    }
}

/// A builder of packed items.
pub(super) struct Rows {
    json: Vec<u8>,
    text: String,
    rows: Vec<Row>,
}

/// The approximate size of a file's JSON in bytes.
const FILE: usize = 512;

impl Rows {
    pub(super) fn with_room(listing: &Listing) -> Self {
        let count = listing.folders.len() + listing.files.len();
        let length = |id: &str, name: Option<&String>| id.len() + name.map_or(0, String::len);
        let folders = listing.folders.iter().map(|folder| length(folder.id.as_str(), folder.name.as_ref()));
        let files = listing.files.iter().map(|file| length(file.id.as_str(), file.name.as_ref()));
        let text = String::with_capacity(folders.chain(files).sum());
        Self { json: Vec::with_capacity(count * FILE), text, rows: Vec::with_capacity(count) }
    }

    pub(super) fn push_folder(&mut self, folder: &Folder) -> Result<(), serde_json::Error> {
        let (id, name) = (folder.id.as_str(), folder.name.as_deref());
        self.push(folder, id, name, folder.total_size, None)
    }

    pub(super) fn push_file(&mut self, file: &File) -> Result<(), serde_json::Error> {
        let uploaded_at = file.uploaded_at.map(jiff::Timestamp::as_second);
        self.push(file, file.id.as_str(), file.name.as_deref(), file.size, uploaded_at)
    }

    fn push<T: Serialize>(
        &mut self,
        item: &T,
        id: &str,
        name: Option<&str>,
        size: Option<u64>,
        uploaded_at: Option<i64>,
    ) -> Result<(), serde_json::Error> {
        if !self.rows.is_empty() {
            self.json.push(b',');
        }
        serde_json::to_writer(&mut self.json, item)?;
        self.text.push_str(id);
        self.text.push_str(name.unwrap_or_default());
        let present = |known: bool, what: u8| if known { what } else { 0 };
        self.rows.push(Row {
            size: size.unwrap_or_default(),
            uploaded_at: uploaded_at.unwrap_or_default(),
            json_end: u32::try_from(self.json.len()).map_err(|_| too_large())?,
            text_end: u32::try_from(self.text.len()).map_err(|_| too_large())?,
            id_length: u16::try_from(id.len()).map_err(|_| too_large())?,
            present: present(name.is_some(), NAME)
                | present(size.is_some(), SIZE)
                | present(uploaded_at.is_some(), UPLOADED_AT),
        });
        Ok(())
    }

    pub(super) fn finish(mut self) -> (Vec<u8>, Box<str>, Box<[Row]>) {
        self.json.shrink_to_fit();
        (self.json, self.text.into_boxed_str(), self.rows.into_boxed_slice())
    }
}

fn too_large() -> serde_json::Error {
    serde::ser::Error::custom("a listing over 4 GiB")
}
