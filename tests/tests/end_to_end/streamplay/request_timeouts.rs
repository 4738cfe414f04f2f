//! Tests of requests that time out: the answer depends on the requests that were sent to the site by then.

use polyhost_end_to_end::Answer;
use polyhost_sandbox::Fault;
use serde_json::{Value, json};

use super::world::{World, at};

/// Starts a world with a session, whose gateway has a short request timeout.
async fn with_short_timeout() -> World {
    let world = World::configured(|configuration| configuration.server("request_timeout = \"1200ms\"")).await;
    world.caller.get("/v1/accounts/plays").await.status(200);
    world.arrived();
    world
}

/// Asserts the answer to a request that timed out at the site.
#[track_caller]
fn assert_timed_out(answer: &Answer, code: &str) -> Value {
    let problem = answer.problem(504, code);
    let expected = "polyhost; error=http_response_timeout; next-hop=streamplay";
    assert_eq!(answer.header("proxy-status"), Some(expected), "{problem}");
    assert_eq!(problem["upstream"]["provider"], "streamplay", "{problem}");
    assert_eq!(problem["upstream"]["http_status"], Value::Null, "{problem}");
    problem
}

/// Asserts the answer to a request that timed out before it changed anything.
#[track_caller]
fn assert_unchanged(answer: &Answer) {
    let problem = assert_timed_out(answer, "upstream_timeout");
    assert_eq!((&problem["retryable"], &problem["applied"]), (&json!(true), &json!([])), "{problem}");
}

#[tokio::test]
async fn folder_is_not_deleted_if_its_listing_times_out() {
    let world = with_short_timeout().await;
    let folder = world.site.add_folder("0", "Films");
    world.inject("folder/listing", Fault::Hang);
    assert_unchanged(&world.caller.delete(&at(&format!("folders/{folder}"))).await);
    world.assert_changed(&[]);
    assert_eq!(world.site.folder_status(&folder).as_deref(), Some("active"));
}

#[tokio::test]
async fn folder_is_not_moved_if_its_cycle_check_times_out() {
    let world = with_short_timeout().await;
    let (folder, parent) = (world.site.add_folder("0", "Films"), world.site.add_folder("0", "Series"));
    world.inject("folder/info", Fault::Hang);
    assert_unchanged(&world.caller.patch(&at(&format!("folders/{folder}")), &json!({"parent_id": parent})).await);
    world.assert_changed(&[]);
    assert_eq!(world.site.parent_of(&folder).as_deref(), Some("0"));
}

#[tokio::test]
async fn timed_out_read_is_retryable() {
    let world = with_short_timeout().await;
    let file = world.site.add_file("0", "a.mp4", b"hello");
    world.inject("*", Fault::Hang);
    for path in [format!("files/{file}"), "folders/root/items".to_owned(), format!("files/{file}/content")] {
        assert_unchanged(&world.caller.get(&at(&path)).await);
    }
    assert_unchanged(&world.caller.post(&at("files/lookup"), &json!({"ids": [file]})).await);
}

#[tokio::test]
async fn timed_out_write_has_an_unknown_outcome() {
    let world = with_short_timeout().await;
    let file = world.site.add_file("0", "a.mp4", b"hello");
    world.inject("file/edit", Fault::Hang);
    let answer = world.caller.patch(&at(&format!("files/{file}")), &json!({"name": "b.mp4"})).await;
    let problem = assert_timed_out(&answer, "outcome_unknown");
    assert_eq!((&problem["retryable"], &problem["applied"]), (&json!(false), &json!([])), "{problem}");
}

#[tokio::test]
async fn timed_out_second_call_reports_the_first_as_applied() {
    let world = with_short_timeout().await;
    let (folder, other) = (world.site.add_folder("0", "Films"), world.site.add_folder("0", "Series"));
    let file = world.site.add_file("0", "a.mp4", b"hello");
    world.inject("file/edit", Fault::Hang);
    world.inject("folder/edit", Fault::Hang);
    for (path, field) in [(format!("files/{file}"), "folder_id"), (format!("folders/{other}"), "parent_id")] {
        let answer = world.caller.patch(&at(&path), &json!({"name": "b.mp4", field: folder})).await;
        let problem = assert_timed_out(&answer, "outcome_unknown");
        assert_eq!((&problem["retryable"], &problem["applied"]), (&json!(false), &json!([field])), "{problem}");
    }
    assert_eq!(world.site.folder_of(&file).as_deref(), Some(&*folder));
    assert_eq!(world.site.parent_of(&other), Some(folder));
}

#[tokio::test]
async fn folder_is_not_created_if_its_parent_check_times_out() {
    let world = with_short_timeout().await;
    let parent = world.site.add_folder("0", "Films");
    world.inject("folder/info", Fault::Hang);
    assert_unchanged(&world.caller.post(&at("folders"), &json!({"name": "New", "parent_id": parent})).await);
    world.assert_changed(&[]);
    assert_eq!(world.site.find_folder("New"), None);
}

#[tokio::test]
async fn write_whose_login_times_out_is_not_sent() {
    let world = World::configured(|configuration| configuration.server("request_timeout = \"1200ms\"")).await;
    let file = world.site.add_file("0", "a.mp4", b"hello");
    world.inject("authorize", Fault::Hang);
    assert_unchanged(&world.caller.delete(&at(&format!("files/{file}"))).await);
    world.assert_changed(&[]);
}

#[tokio::test]
async fn write_that_times_out_in_the_queue_is_not_sent() {
    let world = World::configured(|configuration| {
        configuration.server("request_timeout = \"1200ms\"").upstream("max_concurrency = 1")
    })
    .await;
    let file = world.site.add_file("0", "a.mp4", b"hello");
    world.caller.get("/v1/accounts/plays").await.status(200);
    // The caller's read times out, but its call to the site continues and holds the permit.
    world.inject("folder/listing", Fault::Delay { millis: 4_000 });
    assert_unchanged(&world.caller.get(&at("folders/root/items")).await);
    assert_unchanged(&world.caller.delete(&at(&format!("files/{file}"))).await);
    assert_eq!(world.gateway.stop().await.code(), Some(0));
    assert!(world.site.journal().of("file/delete").is_empty());
}

#[tokio::test]
async fn retryable_timed_out_change_is_not_performed_later() {
    // An account makes one checked change at a time, so each change has a site of its own.
    for change in ["folder/move", "folder/delete"] {
        let world = with_short_timeout().await;
        let (folder, parent) = (world.site.add_folder("0", "Films"), world.site.add_folder("0", "Series"));
        world.inject("folder/listing", Fault::Delay { millis: 3_000 });
        world.inject("folder/info", Fault::Delay { millis: 3_000 });
        let path = at(&format!("folders/{folder}"));
        assert_unchanged(&match change {
            "folder/move" => world.caller.patch(&path, &json!({"parent_id": parent})).await,
            _ => world.caller.delete(&path).await,
        });
        // The gateway completes the running request before it exits.
        assert_eq!(world.gateway.stop().await.code(), Some(0));
        assert!(world.site.journal().of(change).is_empty(), "{change}");
    }
}
