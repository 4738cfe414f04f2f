//! One page of a listing, as the bytes that go out.

use std::time::Duration;

use bytes::Bytes;

use super::cursor::{Cursor, CursorSeal};
use super::query::ListQuery;
use super::snapshot::Snapshot;

/// A page of a folder's items, ready to be sent.
#[derive(Debug, Clone)]
pub struct Page {
    /// The answer's body: `{"items": […], "next_cursor": …}`.
    pub json: Bytes,
    /// A strong entity tag of those bytes, without its quotes.
    pub etag: String,
    /// How old the listing is.
    pub age: Duration,
    /// Where it came from.
    pub source: Source,
}

/// Where a listing came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// The cache; it is fresh for so much longer, or pinned by a walk.
    Hit {
        /// How long it is fresh; negative where it is pinned beyond that.
        ttl_seconds: i64,
    },
    /// The site, and it was stored.
    Miss,
    /// The site, for somebody else who had asked for the same.
    Collapsed,
    /// The site, because the caller insisted.
    Requested,
}

/// A page's bytes, and whether another follows.
pub(super) struct Cut {
    pub(super) json: Bytes,
    pub(super) etag: String,
    pub(super) has_next: bool,
}

/// Joins the items `start..start + limit` of a selection to a page.
pub(super) fn cut(snapshot: &Snapshot, query: &ListQuery, seal: &CursorSeal, start: usize, limit: usize) -> Cut {
    let selection = query.select(snapshot);
    let start = start.min(selection.len());
    let end = selection.len().min(start + limit);
    let entries = selection[start..end].iter().map(|place| &snapshot.entries()[*place as usize]);
    let size: usize = entries.clone().map(|entry| snapshot.json(entry).len() + 1).sum();

    let mut json = Vec::with_capacity(size + 512);
    json.extend_from_slice(b"{\"items\":[");
    for (number, entry) in entries.clone().enumerate() {
        if number > 0 {
            json.push(b',');
        }
        json.extend_from_slice(snapshot.json(entry));
    }
    json.extend_from_slice(b"],\"next_cursor\":");
    let last = entries.last().filter(|_| end < selection.len());
    let next = last.map(|entry| {
        let seen = u32::try_from(end).unwrap_or(u32::MAX);
        seal.seal(&Cursor::after(snapshot.digest(), seen, entry, query.sort))
    });
    match &next {
        Some(cursor) => json.extend_from_slice(format!("\"{cursor}\"").as_bytes()),
        None => json.extend_from_slice(b"null"),
    }
    json.push(b'}');

    // The body follows from the items, the selection, the part of it, and the cursor, which is the caller's own.
    let tail = next.as_deref().map_or("", |cursor| &cursor[cursor.len().saturating_sub(22)..]);
    let digest: String = snapshot.digest().iter().map(|byte| format!("{byte:02x}")).collect();
    let kind = query.kind.map_or("all", |kind| match kind {
        super::query::ItemKind::Folder => "folders",
        super::query::ItemKind::File => "files",
    });
    let first = selection.get(start).copied().unwrap_or(0);
    let etag = format!("{digest}-{kind}{}-{first}-{start}-{}-{tail}", query.sort.index(), end - start);
    Cut { json: Bytes::from(json), etag, has_next: next.is_some() }
}
