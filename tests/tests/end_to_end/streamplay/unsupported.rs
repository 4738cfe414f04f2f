//! Tests of operations that one of the two sites does not support: assert_unsupported by name, and nothing is sent.

use polyhost_end_to_end::Answer;
use serde_json::{Value, json};

use super::world::{World, at};
use crate::world::at as at_pstream;

#[track_caller]
fn assert_unsupported(answer: &Answer, capability: &str) {
    let problem = answer.problem(422, "capability_unsupported");
    assert!(problem["detail"].as_str().unwrap().contains(capability), "{capability}: {problem}");
    assert_eq!((&problem["retryable"], &problem["upstream"]), (&json!(false), &Value::Null));
}

#[tokio::test]
async fn operations_that_streamplay_lacks_are_refused_by_name() {
    let world = World::start().await;
    let file = world.site.add_file("0", "a.mp4", b"a");
    let caller = &world.caller;
    assert_unsupported(&caller.get(&at(&format!("files/{file}/thumbnail"))).await, "files.thumbnail");
    assert_unsupported(&caller.get(&at("conversions")).await, "conversions.list");
    assert_unsupported(&caller.get(&at(&format!("conversions?file_id={file}"))).await, "conversions.list");
    assert_unsupported(&caller.get(&at("remote-uploads")).await, "remote_uploads.list");
    assert_unsupported(&caller.post(&at("upload-tickets"), &json!({})).await, "files.upload_ticket");
    let remote = json!({"url": "https://example.org/a.mp4", "headers": {"Accept": "*/*"}});
    assert_unsupported(&caller.post(&at("remote-uploads"), &remote).await, "remote_uploads.headers");
    world.assert_nothing_sent();
    assert_eq!(world.site.counts().remote_uploads, 0);
}

#[tokio::test]
async fn operations_that_pstream_lacks_are_refused_by_name() {
    let world = World::start().await;
    let file = world.pstream.add_file("0", "a.mp4", b"hello");
    let caller = &world.caller;
    assert_unsupported(&caller.get(&at_pstream("limits")).await, "account.limits");
    let content = at_pstream(&format!("files/{file}/content"));
    assert_unsupported(&caller.get(&content).await, "files.download");
    assert_unsupported(&caller.get(&format!("{content}?mode=redirect")).await, "files.download");
    assert_unsupported(
        &caller.send(caller.request("GET", &content).header("range", "bytes=0-1")).await,
        "files.download",
    );
    let head = caller.send(caller.request("HEAD", &content)).await.status(422);
    assert!(head.body.is_empty());
    assert_unsupported(&caller.post(&at_pstream("download-links"), &json!({"file_id": file})).await, "files.download");
    assert_unsupported(
        &caller.post(&at_pstream("download-links"), &json!({"short_code": "abc"})).await,
        "files.download",
    );
    let copy = at_pstream(&format!("files/{file}/copy"));
    assert_unsupported(&caller.post(&copy, &json!({"folder_id": "root"})).await, "files.copy");
    assert_eq!(world.pstream.journal().count(), 0);
    assert_eq!(world.pstream.counts().files, 1);
}
