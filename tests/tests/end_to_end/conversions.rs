//! Tests of conversions, the jobs of the site that make files playable.

use std::time::Duration;

use polyhost_end_to_end::body;
use serde_json::json;

use crate::world::{World, at};

#[tokio::test]
async fn conversions_are_listed_with_the_default_limit() {
    let world = World::start().await;
    let id = world.site.add_file("0", "MyOldCamera.avi", b"avi");
    world.clock.advance(Duration::from_secs(4));
    let answer = world.caller.get(&at("conversions")).await.json(200);
    body::keys(&answer, &["items", "next_cursor", "truncated", "unreadable"]);
    assert_eq!((&answer["next_cursor"], &answer["truncated"]), (&json!(null), &json!(false)));
    let conversion = &answer["items"][0];
    body::conversion(conversion);
    assert_eq!((&conversion["file_id"], &conversion["name"]), (&json!(id), &json!("MyOldCamera.avi")));
    assert_eq!((&conversion["raw_state"], &conversion["state"]), (&json!("pending"), &json!("queued")));
    assert_eq!((&conversion["progress_percent"], &conversion["retries"]), (&json!(50.0), &json!(0)));
    assert_eq!(conversion["updated_at"], "2019-07-06T12:00:04Z");
    world.assert_sent(&[("file/converts", &[("limit", "100")])]);
}

#[tokio::test]
async fn conversions_of_a_file_use_both_parameter_spellings() {
    let world = World::start().await;
    let id = world.site.add_file("0", "a.mp4", b"a");
    world.site.add_file("0", "b.mp4", b"b");
    let items = world.caller.get(&at(&format!("conversions?file_id={id}&limit=7"))).await.items();
    assert_eq!(items.len(), 1);
    assert_eq!(items[0]["file_id"], json!(id));
    world.assert_sent(&[("file/converts", &[("file", &id), ("id", &id), ("limit", "7")])]);
}

#[tokio::test]
async fn conversions_are_filtered_if_the_site_ignores_the_file() {
    use polyhost_sandbox::Fault;
    let world = World::start().await;
    let id = world.site.add_file("0", "a.mp4", b"a");
    let row = |file: &str| {
        json!({"name": file, "id": "1", "status": "finished", "last_update": "2019-01-01 04:40:40", "progress": 100,
            "retries": "0", "link": "https://www.pstream.net/v/x", "linkextid": file})
    };
    let body = json!({"status": 200, "msg": "OK", "result": [row("other"), row(&id)]}).to_string();
    world
        .inject("file/converts", Fault::Status { http: 200, body_status: None, headers: Vec::new(), body: Some(body) });
    let items = world.caller.get(&at(&format!("conversions?file_id={id}"))).await.items();
    assert_eq!(items.iter().map(|item| item["file_id"].clone()).collect::<Vec<_>>(), [json!(id)]);
    assert_eq!(items[0]["state"], "succeeded");
}

#[tokio::test]
async fn conversions_at_the_limit_are_marked_truncated() {
    let world = World::start().await;
    for n in 0..3 {
        world.site.add_file("0", &format!("{n}.mp4"), b"a");
    }
    let two = world.caller.get(&at("conversions?limit=2")).await.json(200);
    assert_eq!((two["items"].as_array().unwrap().len(), &two["truncated"]), (2, &json!(true)));
    let four = world.caller.get(&at("conversions?limit=4")).await.json(200);
    assert_eq!((four["items"].as_array().unwrap().len(), &four["truncated"]), (3, &json!(false)));
    for bad in ["0", "101", "abc", "-1", "1.5", ""] {
        assert_eq!(
            world.caller.get(&at(&format!("conversions?limit={bad}"))).await.faults("invalid_request"),
            ["limit"]
        );
    }
}

#[tokio::test]
async fn failed_conversion_has_the_state_failed() {
    let world = World::start().await;
    let id = world.site.add_file("0", "a.mp4", b"a");
    world.site.fail_conversion_of(&id);
    world.clock.advance(Duration::from_secs(60));
    let items = world.caller.get(&at("conversions")).await.items();
    assert_eq!((&items[0]["state"], &items[0]["raw_state"]), (&json!("failed"), &json!("failed")));
    let listed = world.caller.get(&at("folders/root/items")).await.items();
    assert_eq!(listed[0]["conversion"], "failed");
}
