//! Entry points of the fuzz targets for cursors: any bytes inside a valid seal, and any text sent as a cursor.

use polyhost_domain::{FolderId, Listing};

use super::cursor::CursorSeal;
use super::query::ListQuery;
use super::snapshot::Snapshot;
use super::sort::Sort;

/// The position at which a walk resumes in a listing.
#[derive(Debug, PartialEq, Eq)]
pub struct Resumed {
    /// The number of items before the position.
    pub place: usize,
    /// The cursor, encoded again.
    pub cursor: String,
}

/// Returns a cursor of any bytes with a valid authentication code.
#[must_use]
pub fn seal(bytes: &[u8]) -> String {
    walk().seal_bytes(bytes.to_vec())
}

/// Resumes a walk in a listing. Returns `None` if the cursor is rejected.
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
