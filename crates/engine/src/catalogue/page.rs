//! Builds the JSON of one page of a listing.

use std::ops::Range;

use bytes::Bytes;

use super::cursor::{Cursor, CursorSeal};
use super::query::{ItemKind, ListQuery, Selection};
use super::snapshot::Snapshot;

/// A page's JSON, and whether another page follows.
pub(super) struct Cut {
    /// `{"items": […], "next_cursor": …, "unreadable": …}`
    pub(super) json: Bytes,
    /// A strong entity tag of those bytes, without its quotes.
    pub(super) etag: String,
    pub(super) has_next: bool,
}

/// The maximum number of bytes of a page beside its items: the envelope, with a cursor of at most 512 characters.
const ENVELOPE: usize = 512 + 64;

/// Joins the items `start..start + limit` of a selection into a page.
pub(super) fn cut(snapshot: &Snapshot, query: &ListQuery, seal: &CursorSeal, start: usize, limit: usize) -> Cut {
    let selection = query.select(snapshot);
    let start = start.min(selection.len());
    let end = selection.len().min(start + limit);
    let mut json = joined(snapshot, &selection, start..end);
    json.extend_from_slice(b"],\"next_cursor\":");
    let next = (start < end && end < selection.len()).then(|| {
        let last = snapshot.item(selection.place(end - 1));
        let seen = u32::try_from(end).unwrap_or(u32::MAX);
        seal.seal(&Cursor::after(snapshot.digest(), seen, &last, query.sort))
    });
    match &next {
        Some(cursor) => [b"\"", cursor.as_bytes(), b"\""].into_iter().for_each(|part| json.extend_from_slice(part)),
        None => json.extend_from_slice(b"null"),
    }
    json.extend_from_slice(format!(",\"unreadable\":{}}}", snapshot.unreadable()).as_bytes());

    let first = if start < end { selection.place(start) } else { 0 };
    let etag = etag(snapshot, query, first, start, end - start, next.as_deref());
    Cut { json: Bytes::from(json), etag, has_next: next.is_some() }
}

/// Returns the beginning of the page: `{"items":[` and the items. The buffer has room for the rest.
fn joined(snapshot: &Snapshot, selection: &Selection<'_>, range: Range<usize>) -> Vec<u8> {
    let begin = |size: usize| {
        let mut json = Vec::with_capacity(size + ENVELOPE);
        json.extend_from_slice(b"{\"items\":[");
        json
    };
    if let Selection::Contiguous(part) = selection {
        let items = snapshot.joined(part.start + range.start..part.start + range.end);
        let mut json = begin(items.len());
        json.extend_from_slice(items);
        return json;
    }
    let items = range.map(|number| snapshot.item(selection.place(number)).json);
    let mut json = begin(items.clone().map(|item| item.len() + 1).sum());
    for (number, item) in items.enumerate() {
        if number > 0 {
            json.push(b',');
        }
        json.extend_from_slice(item);
    }
    json
}

/// Returns the page's entity tag. The body is determined by the items, the selection, the range and the cursor. The
/// cursor is the caller's own, because it is sealed with the caller's secret.
fn etag(
    snapshot: &Snapshot,
    query: &ListQuery,
    first: usize,
    start: usize,
    count: usize,
    next: Option<&str>,
) -> String {
    let tail = next.map_or("", |cursor| &cursor[cursor.len().saturating_sub(22)..]);
    let kind = match query.kind {
        None => "all",
        Some(ItemKind::Folder) => "folders",
        Some(ItemKind::File) => "files",
    };
    let digest = hex::encode(snapshot.digest());
    let unreadable = snapshot.unreadable();
    format!("{digest}-{kind}{}-{first}-{start}-{count}-{unreadable}-{tail}", query.sort.index())
}
