//! Tests of remote uploads at streamplay, which runs one at a time, and has no list of them.

use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use polyhost_end_to_end::body;
use serde_json::{Value, json};

use super::world::{World, at, id};

const URL: &str = "https://media.example.org/films/bunny.mov?x=1&y=2";

/// The interval at which the site starts a remote upload, and the time that one takes.
const TICK: Duration = Duration::from_secs(2);

async fn read(world: &World, id: &str) -> Value {
    let upload = world.caller.get(&at(&format!("remote-uploads/{id}"))).await.json(200);
    body::remote_upload(&upload);
    upload
}

#[tokio::test]
async fn remote_upload_waits_runs_and_becomes_a_file() {
    let world = World::start().await;
    let folder = world.site.add_folder("0", "Films");
    let answer = world.caller.post(&at("remote-uploads"), &json!({"url": URL, "folder_id": folder})).await.status(202);
    let location = answer.header("location").map(str::to_owned);
    let upload = answer.json(202);
    body::remote_upload(&upload);
    let id = id(&upload);
    assert_eq!(location, Some(at(&format!("remote-uploads/{id}"))));
    assert_eq!((&upload["account"], &upload["provider"]), (&json!("plays"), &json!("streamplay")));
    assert_eq!((&upload["source_url"], &upload["folder_id"]), (&json!(URL), &json!(folder)));
    let encoded = BASE64_STANDARD.encode(URL);
    world.assert_changed(&[("file/url_upload_add", &[("file_url_base64", &encoded), ("folder_id", &folder)])]);

    let queued = read(&world, &id).await;
    assert_eq!((&queued["state"], &queued["raw_state"]), (&json!("queued"), &json!("pending")));
    assert_eq!(
        (&queued["created_at"], &queued["started_at"], &queued["finished_at"]),
        (&json!("2019-07-06T12:00:00Z"), &Value::Null, &Value::Null)
    );
    world.assert_sent(&[("file/url_upload_status", &[("scheduled_item_id", &id)])]);

    world.clock.advance(TICK);
    let running = read(&world, &id).await;
    assert_eq!((&running["state"], &running["raw_state"]), (&json!("running"), &json!("downloading")));
    assert_eq!((&running["started_at"], &running["file_id"]), (&json!("2019-07-06T12:00:02Z"), &Value::Null));

    world.clock.advance(TICK);
    let done = read(&world, &id).await;
    assert_eq!((&done["state"], &done["raw_state"]), (&json!("succeeded"), &json!("complete")));
    assert_eq!((&done["finished_at"], &done["error"]), (&json!("2019-07-06T12:00:04Z"), &Value::Null));
    assert_eq!((&done["size"], &done["name"]), (&json!(49_152), &json!("bunny.mov")));
    let file = world.caller.get(&at(&format!("files/{}", done["file_id"].as_str().unwrap()))).await.json(200);
    assert_eq!((&file["name"], &file["folder_id"]), (&json!("bunny.mov"), &json!(folder)));
}

#[tokio::test]
async fn remote_uploads_run_one_at_a_time() {
    let world = World::start().await;
    let mut ids = Vec::new();
    for name in ["a", "b"] {
        let body = json!({"url": format!("https://example.org/{name}.mp4")});
        ids.push(id(&world.caller.post(&at("remote-uploads"), &body).await.json(202)));
    }
    let states = async || {
        let (first, second) = (read(&world, &ids[0]).await, read(&world, &ids[1]).await);
        [first["state"].as_str().unwrap().to_owned(), second["state"].as_str().unwrap().to_owned()]
    };
    assert_eq!(states().await, ["queued", "queued"]);
    world.clock.advance(TICK);
    assert_eq!(states().await, ["running", "queued"]);
    world.clock.advance(TICK);
    assert_eq!(states().await, ["succeeded", "running"]);
    world.clock.advance(TICK);
    assert_eq!(states().await, ["succeeded", "succeeded"]);
}

#[tokio::test]
async fn failed_remote_upload_shows_the_reason_if_reported() {
    for (has_notes, error) in [(true, json!("Disk full")), (false, Value::Null)] {
        let world = World::at_site(|options| options.remote_upload_notes = has_notes).await;
        world.site.fail_remote_uploads_matching("example.org", "Disk full");
        let id = id(&world.caller.post(&at("remote-uploads"), &json!({"url": URL})).await.json(202));
        world.clock.advance(TICK * 2);
        let failed = read(&world, &id).await;
        assert_eq!((&failed["state"], &failed["raw_state"]), (&json!("failed"), &json!("failed")));
        assert_eq!((&failed["error"], &failed["file_id"]), (&error, &Value::Null));
    }
}

#[tokio::test]
async fn remote_upload_without_a_folder_goes_to_the_root() {
    let world = World::start().await;
    for body in [json!({"url": URL}), json!({"url": URL, "folder_id": "root", "headers": {}})] {
        let upload = world.caller.post(&at("remote-uploads"), &body).await.json(202);
        assert_eq!(upload["folder_id"], "root");
    }
    world.clock.advance(TICK * 3);
    let file = world.site.find_file("bunny.mov").unwrap();
    assert_eq!(world.site.folder_of(&file).as_deref(), Some("0"));
}

#[tokio::test]
async fn missing_folder_or_forbidden_url_is_refused() {
    let world = World::start().await;
    let nowhere = json!({"url": URL, "folder_id": "77777"});
    world.caller.post(&at("remote-uploads"), &nowhere).await.problem(404, "folder_not_found");
    for url in ["ftp://example.org/a", "http://127.0.0.1/a", "http://u:p@example.org/a", "a.mp4"] {
        let answer = world.caller.post(&at("remote-uploads"), &json!({"url": url})).await;
        assert_eq!(answer.faults("invalid_request"), ["/url"], "{url}");
    }
    world.assert_changed(&[]);
    assert_eq!(world.site.counts().remote_uploads, 0);
}

#[tokio::test]
async fn unknown_remote_upload_is_404() {
    let world = World::start().await;
    world.caller.get(&at("remote-uploads/77")).await.problem(404, "remote_upload_not_found");
    world.assert_sent(&[("file/url_upload_status", &[("scheduled_item_id", "77")])]);
}
