//! Tests of the pages of a folder: their items, their order, and that pagination returns each item once.

use std::time::Duration;

use polyhost_end_to_end::{Caller, body};
use polyhost_sandbox::Fault;
use polyhost_sandbox::openload::FilesShape;
use serde_json::{Value, json};

use crate::world::{World, at};

/// Returns the names of items.
fn names(items: &[Value]) -> Vec<&str> {
    items.iter().map(|item| item["name"].as_str().unwrap()).collect()
}

/// Returns all items of a folder, read page by page, and the sizes of the pages.
async fn read_pages(caller: &Caller, query: &str, limit: usize) -> (Vec<Value>, Vec<usize>) {
    let (mut items, mut sizes, mut cursor) = (Vec::new(), Vec::new(), String::new());
    loop {
        let page = caller.get(&at(&format!("folders/root/items?limit={limit}{query}{cursor}"))).await.json(200);
        body::keys(&page, &["items", "next_cursor", "unreadable"]);
        let part = page["items"].as_array().unwrap();
        sizes.push(part.len());
        items.extend_from_slice(part);
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return (items, sizes),
        }
        assert!(sizes.len() < 1000, "the pages do not end");
    }
}

#[tokio::test]
async fn folders_come_first_and_every_item_has_every_field() {
    let world = World::start().await;
    let folder = world.site.add_folder("0", "zoo");
    let file = world.site.add_file("0", "a.mp4", b"hello");
    world.clock.advance(Duration::from_secs(60));
    let items = world.caller.get(&at("folders/root/items")).await.items();
    body::folder(&items[0]);
    body::file(&items[1]);
    assert_eq!(
        items[0],
        json!({
            "type": "folder", "id": folder, "account": "main", "provider": "pstream", "name": "zoo",
            "parent_id": "root", "total_size": null, "visibility": null, "password_protected": null,
            "created_at": null, "updated_at": null, "page_url": null, "download_count": null, "folder_count": null,
            "file_count": null,
        })
    );
    let origin = world.site.base_url().replace("/v1", "");
    assert_eq!(
        items[1],
        json!({
            "type": "file", "id": file, "account": "main", "provider": "pstream", "name": "a.mp4",
            "folder_id": "root", "size": 5, "content_type": "video/mp4",
            "sha1": "aaf4c61ddcc5e8a2dabede0f3b482cd9aea9434d", "md5": null, "short_code": null, "status": "active",
            "conversion": "succeeded", "uploaded_at": "2019-07-06T12:00:00Z", "last_accessed_at": null,
            "download_count": null, "tags": null, "visibility": null, "stats_url": null,
            "page_url": format!("{origin}/v/{file}"), "embed_url": format!("{origin}/e/{file}"),
        })
    );
    world.assert_sent(&[("file/listfolder", &[])]);
    assert!(world.caller.get(&at(&format!("folders/{folder}/items"))).await.items().is_empty());
    world.assert_sent(&[("file/listfolder", &[("folder", &folder)])]);
    world.caller.get(&at("folders/99999/items")).await.problem(404, "folder_not_found");
}

#[tokio::test]
async fn pages_of_every_size_cover_the_folder() {
    let world = World::start().await;
    for n in 0..3 {
        world.site.add_folder("0", &format!("folder {n}"));
    }
    for n in 0..8 {
        world.site.add_file("0", &format!("file {n}.mp4"), b"x");
    }
    let (whole, _) = read_pages(&world.caller, "", 1000).await;
    assert_eq!(whole.len(), 11);
    for limit in 1..=12 {
        let (items, sizes) = read_pages(&world.caller, "", limit).await;
        assert_eq!(items, whole, "limit {limit}");
        assert!(sizes[..sizes.len() - 1].iter().all(|size| *size == limit), "{sizes:?}");
        assert_eq!(sizes.len(), 11_usize.div_ceil(limit), "no page is empty: {sizes:?}");
    }
    world.assert_sent(&[("file/listfolder", &[])]);
}

#[tokio::test]
async fn page_has_a_hundred_items_by_default() {
    let world = World::start().await;
    for n in 0..101 {
        world.site.add_file("0", &format!("{n:03}.mp4"), b"x");
    }
    let page = world.caller.get(&at("folders/root/items")).await.json(200);
    assert_eq!(page["items"].as_array().unwrap().len(), 100);
    let last = world
        .caller
        .get(&at(&format!("folders/root/items?limit=7&cursor={}", page["next_cursor"].as_str().unwrap())))
        .await;
    assert_eq!(names(&last.items()), ["100.mp4"]);
}

#[tokio::test]
async fn files_sort_both_ways_and_folders_always_by_name() {
    let world = World::start().await;
    for name in ["zoo", "alps"] {
        world.site.add_folder("0", name);
    }
    for (name, bytes) in [("b.mp4", "1234"), ("c.mp4", "1"), ("a.mp4", "12")] {
        world.clock.advance(Duration::from_secs(1));
        world.site.add_file("0", name, bytes.as_bytes());
    }
    let cases = [
        ("", ["a.mp4", "b.mp4", "c.mp4"]),
        ("&sort=name", ["a.mp4", "b.mp4", "c.mp4"]),
        ("&sort=-name", ["c.mp4", "b.mp4", "a.mp4"]),
        ("&sort=size", ["c.mp4", "a.mp4", "b.mp4"]),
        ("&sort=-size", ["b.mp4", "a.mp4", "c.mp4"]),
        ("&sort=uploaded_at", ["b.mp4", "c.mp4", "a.mp4"]),
        ("&sort=-uploaded_at", ["a.mp4", "c.mp4", "b.mp4"]),
    ];
    for (query, files) in cases {
        for limit in [1, 2, 1000] {
            let (items, _) = read_pages(&world.caller, query, limit).await;
            assert_eq!(names(&items), [&["alps", "zoo"][..], &files[..]].concat(), "{query}");
            let (only, _) = read_pages(&world.caller, &format!("{query}&type=file"), limit).await;
            assert_eq!(names(&only), files, "{query}");
            let (folders, _) = read_pages(&world.caller, &format!("{query}&type=folder"), limit).await;
            assert_eq!(names(&folders), ["alps", "zoo"], "{query}");
        }
    }
}

#[tokio::test]
async fn name_is_an_exact_filter() {
    let world = World::start().await;
    world.site.add_folder("0", "same");
    for name in ["same", "same", "Same", "same.mp4", "a & b"] {
        world.site.add_file("0", name, b"x");
    }
    let (both, _) = read_pages(&world.caller, "&name=same", 1).await;
    assert_eq!(names(&both), ["same", "same", "same"]);
    assert_eq!((&both[0]["type"], &both[1]["type"]), (&json!("folder"), &json!("file")));
    let (files, _) = read_pages(&world.caller, "&name=same&type=file", 1).await;
    assert_eq!(files.len(), 2);
    let (odd, _) = read_pages(&world.caller, "&name=a%20%26%20b", 10).await;
    assert_eq!(names(&odd), ["a & b"]);
    assert!(read_pages(&world.caller, "&name=sam", 10).await.0.is_empty());
}

/// A listing with equal files, some of them without size and date.
fn incomplete_listing() -> Fault {
    let row = |size: Value, uploaded_at: Value| {
        json!({"name": "same", "sha1": false, "folder_id": 0, "upload_at": uploaded_at, "status": "active", "size": size,
            "content_type": false, "cstatus": "ok", "link": false, "embed_link": false})
    };
    let files = json!({
        "nil-b": row(json!(false), Value::Null), "nil-a": row(json!(""), json!(false)),
        "five-b": row(json!("5"), json!(1_532_854_309)), "five-a": row(json!(5), json!("1532854309")),
        "nine": row(json!(9), json!(1_532_854_310)),
    });
    let body = json!({"status": 200, "msg": "OK", "result": {"folders": [], "files": files}}).to_string();
    Fault::Status { http: 200, body_status: None, headers: Vec::new(), body: Some(body) }
}

#[tokio::test]
async fn null_comes_last_both_ways_and_ties_are_ordered_by_id() {
    let world = World::start().await;
    world.inject("file/listfolder", incomplete_listing());
    let cases = [
        ("name", ["five-a", "five-b", "nil-a", "nil-b", "nine"]),
        ("-name", ["five-a", "five-b", "nil-a", "nil-b", "nine"]),
        ("size", ["five-a", "five-b", "nine", "nil-a", "nil-b"]),
        ("-size", ["nine", "five-a", "five-b", "nil-a", "nil-b"]),
        ("uploaded_at", ["five-a", "five-b", "nine", "nil-a", "nil-b"]),
        ("-uploaded_at", ["nine", "five-a", "five-b", "nil-a", "nil-b"]),
    ];
    for (sort, expected) in cases {
        for limit in [1, 1000] {
            let (items, _) = read_pages(&world.caller, &format!("&sort={sort}"), limit).await;
            items.iter().for_each(body::file);
            let ids: Vec<&str> = items.iter().map(|item| item["id"].as_str().unwrap()).collect();
            assert_eq!(ids, expected, "{sort}, limit {limit}");
        }
    }
}

#[tokio::test]
async fn listings_of_every_shape_are_decoded_alike() {
    let mut seen = Vec::new();
    for shape in [FilesShape::Map, FilesShape::Array, FilesShape::MapsInArray] {
        let world = World::at_site(|options| options.files_shape = shape).await;
        assert!(world.caller.get(&at("folders/root/items")).await.items().is_empty());
        let fresh = async || {
            let request = world.caller.request("GET", &at("folders/root/items")).header("cache-control", "no-cache");
            world.caller.send(request).await.items()
        };
        world.site.add_file("0", "a.mp4", b"a");
        assert_eq!(fresh().await.len(), 1);
        world.site.add_file("0", "b.mp4", b"b");
        seen.push(names(&fresh().await).join(" "));
    }
    assert_eq!(seen, ["a.mp4 b.mp4"; 3]);
}

#[tokio::test]
async fn files_of_other_folders_in_a_listing_keep_their_folder() {
    let world = World::at_site(|options| options.deep_listings = true).await;
    let folder = world.site.add_folder("0", "Films");
    world.site.add_file(&folder, "deep.mp4", b"a");
    let items = world.caller.get(&at("folders/root/items?type=file")).await.items();
    assert_eq!((&items[0]["name"], &items[0]["folder_id"]), (&json!("deep.mp4"), &json!(folder)));
}

#[tokio::test]
async fn suspended_and_unknown_file_states_are_shown() {
    let world = World::start().await;
    let id = world.site.add_file("0", "a.mp4", b"a");
    world.site.suspend_file(&id);
    assert_eq!(world.caller.get(&at("folders/root/items")).await.items()[0]["status"], "suspended");
    let files = json!({"x": {"name": "a", "status": "levitating", "cstatus": "dreaming", "folder_id": 0}});
    let body = json!({"status": 200, "msg": "OK", "result": {"folders": [], "files": files}}).to_string();
    world.inject(
        "file/listfolder",
        Fault::Status { http: 200, body_status: None, headers: Vec::new(), body: Some(body) },
    );
    let request = world.caller.request("GET", &at("folders/root/items")).header("cache-control", "no-cache");
    let items = world.caller.send(request).await.items();
    assert_eq!((&items[0]["status"], &items[0]["conversion"]), (&json!("unknown"), &json!("unknown")));
}
