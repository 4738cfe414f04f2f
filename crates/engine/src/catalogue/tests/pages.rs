//! Tests of pages and cursors of constructed listings.

use polyhost_domain::{EntryName, File, Folder, FolderId, IdAlphabet, IdGrammar, Listing, Origin, SortKey};
use serde_json::Value;

use crate::catalogue::cursor::{Cursor, CursorError, CursorSeal};
use crate::catalogue::page::cut;
use crate::catalogue::snapshot::Snapshot;
use crate::catalogue::{Direction, ItemKind, ListQuery, Sort};

fn origin() -> Origin {
    Origin { account: "main".parse().unwrap(), provider: "pstream".parse().unwrap() }
}

fn grammar() -> IdGrammar {
    IdGrammar::new(IdAlphabet::UrlSafe, "0")
}

fn folder(id: &str, name: &str) -> Folder {
    Folder::bare(&origin(), grammar().folder(id).unwrap(), Some(FolderId::Root), Some(name.to_owned()))
}

fn file(id: &str, name: Option<&str>, size: Option<u64>) -> File {
    File {
        name: name.map(str::to_owned),
        folder_id: Some(FolderId::Root),
        size,
        ..File::bare(&origin(), grammar().file(id).unwrap())
    }
}

fn snapshot_of(listing: Listing) -> Snapshot {
    Snapshot::new(&FolderId::Root, listing).unwrap()
}

fn snapshot() -> Snapshot {
    let files = vec![
        file("f3", Some("c"), Some(10)),
        file("f1", Some("a"), None),
        file("f5", None, Some(7)),
        file("f2", Some("b"), Some(30)),
        file("f4", Some("b"), Some(10)),
    ];
    snapshot_of(Listing { folders: vec![folder("d2", "z"), folder("d1", "y")], files, ..Listing::default() })
}

fn seal(query: &ListQuery) -> CursorSeal {
    CursorSeal::new(b"secret", &["main", "root", &query.fingerprint()])
}

/// Returns a page's ids and its cursor.
fn page(snapshot: &Snapshot, query: &ListQuery, start: usize, limit: usize) -> (Vec<String>, Option<String>) {
    let json: Value = serde_json::from_slice(&cut(snapshot, query, &seal(query), start, limit).json.concat()).unwrap();
    let ids = json["items"].as_array().unwrap().iter().map(|item| item["id"].as_str().unwrap().to_owned()).collect();
    (ids, json["next_cursor"].as_str().map(str::to_owned))
}

fn sorted(key: SortKey, direction: Direction) -> ListQuery {
    ListQuery { sort: Sort { key, direction }, ..ListQuery::default() }
}

#[test]
fn folders_come_first_nulls_last_and_ties_are_ordered_by_id() {
    let snapshot = snapshot();
    let all = |query: &ListQuery| page(&snapshot, query, 0, 100).0.join(" ");
    assert_eq!(all(&ListQuery::default()), "d1 d2 f1 f2 f4 f3 f5");
    assert_eq!(all(&sorted(SortKey::Name, Direction::Descending)), "d1 d2 f3 f2 f4 f1 f5");
    assert_eq!(all(&sorted(SortKey::Size, Direction::Ascending)), "d1 d2 f5 f3 f4 f2 f1");
    assert_eq!(all(&sorted(SortKey::Size, Direction::Descending)), "d1 d2 f2 f3 f4 f5 f1");
    assert_eq!(all(&sorted(SortKey::UploadedAt, Direction::Descending)), "d1 d2 f1 f2 f3 f4 f5");
}

#[test]
fn filters_keep_the_order() {
    let snapshot = snapshot();
    let only = |kind, name: Option<&str>| {
        let query = ListQuery { kind, name: name.map(str::to_owned), ..ListQuery::default() };
        page(&snapshot, &query, 0, 100).0.join(" ")
    };
    assert_eq!(only(Some(ItemKind::Folder), None), "d1 d2");
    assert_eq!(only(Some(ItemKind::File), None), "f1 f2 f4 f3 f5");
    assert_eq!(only(None, Some("b")), "f2 f4");
    assert_eq!(only(Some(ItemKind::Folder), Some("b")), "");
}

#[test]
fn pages_of_any_size_add_up_to_the_listing() {
    let snapshot = snapshot();
    let query = sorted(SortKey::Size, Direction::Descending);
    let whole = page(&snapshot, &query, 0, 100).0;
    for limit in 1..=8 {
        let (mut seen, mut start) = (Vec::new(), 0);
        loop {
            let (ids, next) = page(&snapshot, &query, start, limit);
            seen.extend(ids);
            let Some(next) = next else { break };
            start = seal(&query).open(&next).unwrap().seen as usize;
        }
        assert_eq!(seen, whole, "limit {limit}");
    }
}

#[test]
fn cursor_is_valid_for_its_own_walk_only() {
    let snapshot = snapshot();
    let query = ListQuery::default();
    let cursor = page(&snapshot, &query, 0, 3).1.unwrap();
    assert!(seal(&query).open(&cursor).is_ok());
    let others = [
        CursorSeal::new(b"other", &["main", "root", &query.fingerprint()]),
        CursorSeal::new(b"secret", &["other", "root", &query.fingerprint()]),
        CursorSeal::new(b"secret", &["main", "456", &query.fingerprint()]),
        CursorSeal::new(b"secret", &["mainr", "oot", &query.fingerprint()]),
        seal(&sorted(SortKey::Name, Direction::Descending)),
        seal(&ListQuery { kind: Some(ItemKind::File), ..ListQuery::default() }),
        seal(&ListQuery { name: Some(String::new()), ..ListQuery::default() }),
    ];
    for other in others {
        assert_eq!(other.open(&cursor), Err(CursorError::Invalid));
    }
}

#[test]
fn cursor_altered_at_any_place_is_invalid() {
    let query = ListQuery::default();
    let cursor = page(&snapshot(), &query, 0, 3).1.unwrap();
    for place in 0..cursor.len() {
        let mut altered = cursor.clone().into_bytes();
        altered[place] = if altered[place] == b'A' { b'B' } else { b'A' };
        let altered = String::from_utf8(altered).unwrap();
        assert_eq!(seal(&query).open(&altered), Err(CursorError::Invalid), "place {place}");
    }
    for text in ["", "x", "AAAA", "not base64!", &cursor[1..], &cursor[..cursor.len() - 1]] {
        assert_eq!(seal(&query).open(text), Err(CursorError::Invalid), "{text}");
    }
}

#[test]
fn cursor_after_the_longest_name_fits_512_characters() {
    let name = "𝄞".repeat(EntryName::MAX_CHARS);
    let files = vec![file(&"x".repeat(64), Some(&name), None), file("y", None, None)];
    let snapshot = snapshot_of(Listing { files, ..Listing::default() });
    let query = ListQuery::default();
    let cursor = page(&snapshot, &query, 0, 1).1.unwrap();
    assert!(cursor.len() <= 512, "{} characters", cursor.len());
    assert!(seal(&query).open(&cursor).is_ok());
}

#[test]
fn equal_content_gives_equal_cursors_and_tags() {
    let query = ListQuery::default();
    let (one, other) = (cut(&snapshot(), &query, &seal(&query), 0, 3), cut(&snapshot(), &query, &seal(&query), 0, 3));
    assert_eq!(one.json, other.json);
    assert_eq!(one.etag, other.etag);
}

#[test]
fn different_pages_have_different_tags() {
    let snapshot = snapshot();
    let mut seen = std::collections::HashSet::new();
    for (start, limit) in [(0, 3), (0, 4), (1, 3), (6, 1), (6, 100), (0, 100)] {
        for query in [
            ListQuery::default(),
            sorted(SortKey::Size, Direction::Ascending),
            ListQuery { kind: Some(ItemKind::File), ..ListQuery::default() },
            ListQuery { name: Some("a".to_owned()), ..ListQuery::default() },
            ListQuery { name: Some("c".to_owned()), ..ListQuery::default() },
        ] {
            let page = cut(&snapshot, &query, &seal(&query), start, limit);
            seen.insert((page.etag, page.json));
        }
    }
    let tags: std::collections::HashSet<_> = seen.iter().map(|(etag, _)| etag).collect();
    let bodies: std::collections::HashSet<_> = seen.iter().map(|(_, json)| json).collect();
    assert!(tags.len() >= bodies.len());
    assert_eq!(seen.len(), tags.len(), "one tag stands for two bodies");
}

#[test]
fn walk_resumes_in_a_fresh_listing_after_its_last_item() {
    let query = ListQuery::default();
    let cursor: Cursor = seal(&query).open(&page(&snapshot(), &query, 0, 4).1.unwrap()).unwrap();
    let resumed = |files: Vec<File>| {
        let fresh = snapshot_of(Listing { files, ..Listing::default() });
        let start = cursor.resume(query.sort, fresh.len(), |place| fresh.item(place));
        page(&fresh, &query, start, 100).0.join(" ")
    };
    // The last item of the page was f2, named b.
    assert_eq!(
        resumed(vec![file("f1", Some("a"), None), file("f2", Some("b"), None), file("f9", Some("d"), None)]),
        "f9"
    );
    assert_eq!(resumed(vec![file("f1", Some("a"), None), file("f4", Some("b"), None)]), "f4");
    assert_eq!(resumed(vec![file("f0", Some("aa"), None), file("f9", Some("bb"), None)]), "f9");
    assert_eq!(resumed(Vec::new()), "");
    // The last item was renamed meanwhile, and now comes after items that were not returned yet.
    assert_eq!(resumed(vec![file("f9", Some("d"), None), file("f2", Some("z"), None)]), "f9 f2");
}
