//! Tests of a walk from page to page that changes its replica.

use polyhost_end_to_end::Caller;
use serde_json::Value;

use super::world::Fleet;
use crate::streamplay::world::at;

/// Starts replicas with nine files at the site.
async fn with_files() -> Fleet {
    let fleet = Fleet::start(2).await;
    for n in 0..9 {
        fleet.site.add_file("0", &format!("{n:04}.mp4"), b"x");
    }
    fleet
}

/// Returns a page of two files, after the cursor of a page before it.
async fn page(caller: &Caller, before: Option<&Value>) -> Value {
    let cursor = before.map_or(String::new(), |before| format!("&cursor={}", before["next_cursor"].as_str().unwrap()));
    caller.get(&at(&format!("folders/root/items?limit=2{cursor}"))).await.json(200)
}

fn names(pages: &[Value]) -> Vec<&str> {
    pages.iter().flat_map(|page| page["items"].as_array().unwrap()).map(|item| item["name"].as_str().unwrap()).collect()
}

/// Asserts that the pages have all files in order.
#[track_caller]
fn assert_whole(pages: &[Value]) {
    let expected: Vec<String> = (0..9).map(|n| format!("{n:04}.mp4")).collect();
    assert_eq!(names(pages), expected);
    assert_eq!(pages.last().unwrap()["next_cursor"], Value::Null);
}

#[tokio::test]
async fn walk_continues_at_another_replica() {
    let fleet = with_files().await;
    let mut pages = vec![page(&fleet.callers[0], None).await];
    for number in 1..5 {
        pages.push(page(&fleet.callers[number % 2], pages.last()).await);
    }
    assert_whole(&pages);
}

#[tokio::test]
async fn walk_continues_after_a_restart_of_its_replica() {
    let mut fleet = with_files().await;
    let mut pages = vec![page(&fleet.callers[0], None).await];
    assert_eq!(fleet.remove(0).stop().await.code(), Some(0));
    fleet.start_another().await;
    for number in 1..5 {
        pages.push(page(&fleet.callers[number % 2], pages.last()).await);
    }
    assert_whole(&pages);
}

#[tokio::test]
async fn equal_content_gives_equal_cursors_at_every_replica() {
    let fleet = with_files().await;
    let first = page(&fleet.callers[0], None).await;
    assert_eq!(page(&fleet.callers[1], None).await, first);
    let second = page(&fleet.callers[0], Some(&first)).await;
    assert_eq!(page(&fleet.callers[1], Some(&first)).await, second);
}
