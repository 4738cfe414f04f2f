//! Cursors of one walk, opened to the fuzz targets: whatever a cursor holds, and whatever a caller sends for one.

use polyhost_domain::{FolderId, Listing};

use super::cursor::CursorSeal;
use super::query::ListQuery;
use super::snapshot::Snapshot;
use super::sort::Sort;

/// Where a walk goes on in a listing.
#[derive(Debug, PartialEq, Eq)]
pub struct Resumed {
    /// How many items lie before it.
    pub place: usize,
    /// The cursor, written again.
    pub cursor: String,
}

/// Makes a cursor of bytes, whatever they are, that bears the code of the gateway.
#[must_use]
pub fn seal(bytes: &[u8]) -> String {
    walk().seal_bytes(bytes.to_vec())
}

/// Goes on in a listing where a cursor has come to. `None`: it is refused.
#[must_use]
pub fn resume(cursor: &str, listing: Listing, sort: Sort) -> Option<Resumed> {
    let cursor = walk().open(cursor).ok()?;
    let snapshot = Snapshot::new(&FolderId::Root, listing).ok()?;
    let query = ListQuery { sort, ..ListQuery::default() };
    let selection = query.select(&snapshot);
    let place = cursor.resume(sort, selection.len(), |number| snapshot.item(selection.place(number)));
    Some(Resumed { place, cursor: walk().seal(&cursor) })
}

fn walk() -> CursorSeal {
    CursorSeal::new(b"the hash of a key", &["main", "root", "name"])
}
