//! Tests of pagination: pages of one listing come from one snapshot, cursors survive a restart, and a cursor is valid
//! only for its own query.

use polyhost_end_to_end::Caller;
use serde_json::{Value, json};

use crate::world::{World, at};

/// Returns a page of the root folder.
async fn page(caller: &Caller, query: &str) -> Value {
    caller.get(&at(&format!("folders/root/items?{query}"))).await.json(200)
}

fn ids(page: &Value) -> Vec<String> {
    page["items"].as_array().unwrap().iter().map(|item| item["id"].as_str().unwrap().to_owned()).collect()
}

fn next(page: &Value) -> String {
    page["next_cursor"].as_str().expect("another page").to_owned()
}

/// Starts a world with files named by their number.
async fn with_files(count: usize) -> World {
    let world = World::start().await;
    for n in 0..count {
        world.site.add_file("0", &format!("{n:04}.mp4"), b"x");
    }
    world
}

#[tokio::test]
async fn deleting_each_returned_file_skips_none() {
    let world = with_files(250).await;
    let (mut seen, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = page(&world.caller, &format!("limit=40{cursor}")).await;
        for id in ids(&page) {
            world.caller.delete(&at(&format!("files/{id}"))).await.no_content();
            seen.push(id);
        }
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    assert_eq!(seen.len(), 250);
    let all: std::collections::HashSet<&String> = seen.iter().collect();
    assert_eq!(all.len(), 250);
    assert_eq!(world.site.counts().files, 0);
    assert_eq!(page(&world.caller, "").await, json!({"items": [], "next_cursor": null, "unreadable": 0}));
    // All pages came from one listing. The read after the deletions needed a second one.
    assert_eq!(world.site.journal().of("file/listfolder").len(), 2);
}

#[tokio::test]
async fn pages_hide_later_writes_and_a_new_listing_shows_them() {
    let world = with_files(4).await;
    let first = page(&world.caller, "limit=2").await;
    let renamed = at(&format!("files/{}", ids(&first)[0]));
    world.caller.patch(&renamed, &json!({"name": "9999.mp4"})).await.status(200);
    let path = at("files?name=0001-new.mp4");
    world.caller.typed("POST", &path, "video/mp4", "hello").await.status(201);
    let second = page(&world.caller, &format!("limit=2&cursor={}", next(&first))).await;
    let names = |page: &Value| -> Vec<String> {
        page["items"].as_array().unwrap().iter().map(|item| item["name"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(names(&second), ["0002.mp4", "0003.mp4"]);
    assert_eq!(second["next_cursor"], Value::Null);
    let fresh = page(&world.caller, "").await;
    assert_eq!(names(&fresh), ["0001-new.mp4", "0001.mp4", "0002.mp4", "0003.mp4", "9999.mp4"]);
}

#[tokio::test]
async fn page_limit_may_change_between_pages() {
    let world = with_files(10).await;
    let whole = ids(&page(&world.caller, "").await);
    let one = page(&world.caller, "limit=1").await;
    let four = page(&world.caller, &format!("limit=4&cursor={}", next(&one))).await;
    let rest = page(&world.caller, &format!("limit=1000&cursor={}", next(&four))).await;
    assert_eq!(rest["next_cursor"], Value::Null);
    assert_eq!([ids(&one), ids(&four), ids(&rest)].concat(), whole);
}

#[tokio::test]
async fn equal_content_gives_equal_cursors_in_every_process() {
    let mut world = with_files(5).await;
    let first = page(&world.caller, "limit=2&sort=-size").await;
    assert_eq!(page(&world.caller, "limit=2&sort=-size").await, first);
    let request = world.caller.request("GET", &at("folders/root/items?limit=2&sort=-size"));
    let fresh = world.caller.send(request.header("cache-control", "no-cache")).await.json(200);
    assert_eq!(fresh, first);
    world.restart().await;
    assert_eq!(page(&world.caller, "limit=2&sort=-size").await, first);
}

#[tokio::test]
async fn pagination_continues_after_a_restart() {
    let mut world = with_files(9).await;
    let whole = ids(&page(&world.caller, "").await);
    let mut seen = Vec::new();
    let mut cursor = String::new();
    for _ in 0..3 {
        let page = page(&world.caller, &format!("limit=3{cursor}")).await;
        seen.extend(ids(&page));
        if let Some(next) = page["next_cursor"].as_str() {
            cursor = format!("&cursor={next}");
            world.restart().await;
        }
    }
    assert_eq!(seen, whole);
}

#[tokio::test]
async fn pagination_continues_after_a_restart_and_deletions() {
    for sort in ["name", "-name", "size", "-uploaded_at"] {
        let mut world = with_files(9).await;
        let first = page(&world.caller, &format!("limit=4&sort={sort}")).await;
        let rest = ids(&page(&world.caller, &format!("cursor={}&sort={sort}", next(&first))).await);
        for id in ids(&first) {
            world.caller.delete(&at(&format!("files/{id}"))).await.no_content();
        }
        world.restart().await;
        let resumed = page(&world.caller, &format!("cursor={}&sort={sort}", next(&first))).await;
        assert_eq!(ids(&resumed), rest, "{sort}");
    }
}

#[tokio::test]
async fn cursor_is_valid_only_for_its_own_query() {
    let world = with_files(6).await;
    let folder = world.site.add_folder("0", "Films");
    for n in 0..3 {
        world.site.add_file(&folder, &format!("{n}.mp4"), b"x");
    }
    let cursor = next(&page(&world.caller, "limit=2&type=file").await);
    page(&world.caller, &format!("limit=2&type=file&cursor={cursor}")).await;
    let other = [
        format!("folders/root/items?limit=2&cursor={cursor}"),
        format!("folders/root/items?limit=2&type=folder&cursor={cursor}"),
        format!("folders/root/items?limit=2&type=file&sort=-name&cursor={cursor}"),
        format!("folders/root/items?limit=2&type=file&sort=size&cursor={cursor}"),
        format!("folders/root/items?limit=2&type=file&name=0001.mp4&cursor={cursor}"),
        format!("folders/{folder}/items?limit=2&type=file&cursor={cursor}"),
    ];
    world.arrived();
    for path in other {
        let problem = world.caller.get(&at(&path)).await.problem(400, "invalid_cursor");
        assert_eq!(problem["retryable"], false);
    }
    world.assert_nothing_sent();
}

#[tokio::test]
async fn altered_cursor_is_refused() {
    let world = with_files(6).await;
    let cursor = next(&page(&world.caller, "limit=2").await);
    world.arrived();
    let mut altered = vec!["x".to_owned(), "null".to_owned(), "AAAA".to_owned(), "%20".to_owned(), "é".to_owned()];
    altered.push(cursor[1..].to_owned());
    altered.push(cursor[..cursor.len() - 1].to_owned());
    altered.push(format!("{cursor}A"));
    altered.push(format!("{cursor}{cursor}"));
    for (at, letter) in cursor.char_indices().step_by(5) {
        let other = if letter == 'A' { 'B' } else { 'A' };
        altered.push(format!("{}{other}{}", &cursor[..at], &cursor[at + 1..]));
    }
    for cursor in altered {
        let answer = world.caller.get(&at(&format!("folders/root/items?limit=2&cursor={cursor}"))).await;
        answer.problem(400, "invalid_cursor");
    }
    world.assert_nothing_sent();
}

#[tokio::test]
async fn empty_cursor_is_refused() {
    let world = with_files(3).await;
    world.caller.get(&at("folders/root/items?limit=2&cursor=")).await.problem(400, "invalid_cursor");
}
