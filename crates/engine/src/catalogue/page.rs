//! Builds the JSON of one page of a listing.

use std::ops::Range;

use bytes::Bytes;

use super::cursor::{Cursor, CursorSeal};
use super::query::{ItemKind, ListQuery, Selection};
use super::snapshot::Snapshot;

/// A page's JSON, and whether another page follows.
pub(super) struct Cut {
    /// `{"items": […], "next_cursor": …, "unreadable": …}`: the beginning, the items, and the end.
    pub(super) json: [Bytes; 3],
    /// A strong entity tag of those bytes, without its quotes.
    pub(super) etag: String,
    pub(super) has_next: bool,
}

/// Joins the items `start..start + limit` of a selection into a page.
pub(super) fn cut(snapshot: &Snapshot, query: &ListQuery, seal: &CursorSeal, start: usize, limit: usize) -> Cut {
    let selection = query.select(snapshot);
    let start = start.min(selection.len());
    let end = selection.len().min(start + limit);
    let next = (start < end && end < selection.len()).then(|| {
        let last = snapshot.item(selection.place(end - 1));
        let seen = u32::try_from(end).unwrap_or(u32::MAX);
        seal.seal(&Cursor::after(snapshot.digest(), seen, &last, query.sort))
    });
    let cursor = next.as_ref().map_or("null".to_owned(), |cursor| format!("\"{cursor}\""));
    let rest = format!("],\"next_cursor\":{cursor},\"unreadable\":{}}}", snapshot.unreadable());
    let json = [Bytes::from_static(b"{\"items\":["), joined(snapshot, &selection, start..end), Bytes::from(rest)];

    let first = if start < end { selection.place(start) } else { 0 };
    let etag = etag(snapshot, query, first, start, end - start, next.as_deref());
    Cut { json, etag, has_next: next.is_some() }
}

/// Returns the JSON of a range of the selection, separated by commas. It is copied only if the items are not adjacent in
/// the snapshot.
fn joined(snapshot: &Snapshot, selection: &Selection<'_>, range: Range<usize>) -> Bytes {
    if let Selection::Contiguous(part) = selection {
        return snapshot.joined(part.start + range.start..part.start + range.end);
    }
    let items = range.map(|number| snapshot.item(selection.place(number)).json);
    let mut json = Vec::with_capacity(items.clone().map(|item| item.len() + 1).sum());
    for item in items {
        if !json.is_empty() {
            json.push(b',');
        }
        json.extend_from_slice(item);
    }
    Bytes::from(json)
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
