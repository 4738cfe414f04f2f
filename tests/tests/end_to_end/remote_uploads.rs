//! Tests of remote uploads: files that the site downloads from a URL.

use std::time::Duration;

use polyhost_end_to_end::body;
use serde_json::{Value, json};

use crate::world::{World, at};

const URL: &str = "https://media.example.org/films/bunny.mov?x=1&y=2";

#[tokio::test]
async fn remote_upload_sends_its_headers_and_repeated_values() {
    let world = World::start().await;
    let folder = world.site.add_folder("0", "Films");
    let body = json!({
        "url": URL, "folder_id": folder,
        "headers": {"Cookie": "a=b; c=d", "X-Many": ["one", "two"], "Accept": "*/*"},
    });
    let answer = world.caller.post(&at("remote-uploads"), &body).await.status(202);
    let location = answer.header("location").unwrap().to_owned();
    let upload = answer.json(202);
    body::remote_upload(&upload);
    let id = upload["id"].as_str().unwrap().to_owned();
    assert_eq!(location, at(&format!("remote-uploads/{id}")));
    assert_eq!((&upload["source_url"], &upload["folder_id"]), (&json!(URL), &json!(folder)));
    let mut headers = world.site.remote_upload_headers(&id).unwrap();
    assert_eq!(
        headers.iter().filter(|line| line.starts_with("X-Many")).collect::<Vec<_>>(),
        ["X-Many: one", "X-Many: two"]
    );
    headers.sort();
    assert_eq!(headers, ["Accept: */*", "Cookie: a=b; c=d", "X-Many: one", "X-Many: two"]);
    let arrived = world.arrived();
    assert_eq!(arrived.len(), 1);
    assert_eq!(arrived[0].operation, "remotedl/add");
    assert_eq!((arrived[0].parameter("url"), arrived[0].parameter("folder")), (Some(URL), Some(&*folder)));
    assert_eq!(arrived[0].query.iter().filter(|(name, _)| name == "headers[]").count(), 4);

    let read = world.caller.get(&location).await.json(200);
    body::remote_upload(&read);
    assert_eq!((&read["state"], &read["raw_state"]), (&json!("queued"), &json!("new")));
    world.assert_sent(&[("remotedl/status", &[("id", &id)])]);
}

#[tokio::test]
async fn remote_upload_without_headers_and_folder_sends_neither() {
    let world = World::start().await;
    for body in [json!({"url": URL}), json!({"url": URL, "folder_id": "root", "headers": {}})] {
        let upload = world.caller.post(&at("remote-uploads"), &body).await.json(202);
        assert_eq!(upload["folder_id"], "root");
        world.assert_sent(&[("remotedl/add", &[("url", URL)])]);
    }
    let nowhere = json!({"url": URL, "folder_id": "99999"});
    world.caller.post(&at("remote-uploads"), &nowhere).await.problem(404, "folder_not_found");
}

#[tokio::test]
async fn remote_upload_runs_and_becomes_a_file() {
    let world = World::start().await;
    let added = world.caller.post(&at("remote-uploads"), &json!({"url": URL})).await.json(202);
    let path = at(&format!("remote-uploads/{}", added["id"].as_str().unwrap()));
    world.clock.advance(Duration::from_secs(3));
    let running = world.caller.get(&path).await.json(200);
    assert_eq!((&running["state"], &running["raw_state"]), (&json!("running"), &json!("downloading")));
    assert_eq!((&running["progress_percent"], &running["file_id"]), (&json!(25.0), &Value::Null));
    assert_eq!(
        (&running["created_at"], &running["updated_at"]),
        (&json!("2019-07-06T12:00:00Z"), &json!("2019-07-06T12:00:03Z"))
    );
    world.clock.advance(Duration::from_secs(10));
    let done = world.caller.get(&path).await.json(200);
    body::remote_upload(&done);
    assert_eq!((&done["state"], &done["error"]), (&json!("succeeded"), &Value::Null));
    let file = world.caller.get(&at(&format!("files/{}", done["file_id"].as_str().unwrap()))).await.json(200);
    assert_eq!(file["name"], "bunny.mov");
}

#[tokio::test]
async fn remote_upload_that_failed_at_100_percent_is_failed() {
    let world = World::start().await;
    world.site.fail_remote_uploads_matching("example.org", "Disk full <b>");
    let added = world.caller.post(&at("remote-uploads"), &json!({"url": URL})).await.json(202);
    world.clock.advance(Duration::from_secs(60));
    let failed = world.caller.get(&at(&format!("remote-uploads/{}", added["id"].as_str().unwrap()))).await.json(200);
    assert_eq!((&failed["state"], &failed["raw_state"]), (&json!("failed"), &json!("error")));
    assert_eq!((&failed["progress_percent"], &failed["error"]), (&json!(100.0), &json!("Disk full <b>")));
}

#[tokio::test]
async fn remote_uploads_are_listed_newest_first_up_to_the_limit() {
    let world = World::start().await;
    for n in 0..4 {
        if n == 2 {
            world.clock.advance(Duration::from_secs(1));
        }
        world.caller.post(&at("remote-uploads"), &json!({"url": format!("{URL}&n={n}")})).await.status(202);
    }
    world.arrived();
    let answer = world.caller.get(&at("remote-uploads")).await.json(200);
    body::keys(&answer, &["items", "next_cursor", "truncated", "unreadable"]);
    assert_eq!((&answer["next_cursor"], &answer["truncated"]), (&Value::Null, &json!(false)));
    let items = answer["items"].as_array().unwrap();
    items.iter().for_each(body::remote_upload);
    let ids: Vec<&str> = items.iter().map(|item| item["id"].as_str().unwrap()).collect();
    assert_eq!(ids, ["4", "3", "2", "1"]);
    world.assert_sent(&[("remotedl/status", &[("limit", "100")])]);

    let two = world.caller.get(&at("remote-uploads?limit=2")).await.json(200);
    assert_eq!((two["items"].as_array().unwrap().len(), &two["truncated"]), (2, &json!(true)));
    world.assert_sent(&[("remotedl/status", &[("limit", "2")])]);
    for bad in ["0", "101", "abc"] {
        let answer = world.caller.get(&at(&format!("remote-uploads?limit={bad}"))).await;
        assert_eq!(answer.faults("invalid_request"), ["limit"]);
    }
    world.assert_nothing_sent();
}

#[tokio::test]
async fn unknown_remote_upload_is_404() {
    let world = World::start().await;
    world.caller.get(&at("remote-uploads/77")).await.problem(404, "remote_upload_not_found");
    world.assert_sent(&[("remotedl/status", &[("id", "77")])]);
}
