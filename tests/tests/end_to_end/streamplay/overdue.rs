//! Requests whose time is over: what is told of them depends on what had been sent by then.

use polyhost_end_to_end::Answer;
use polyhost_sandbox::Fault;
use serde_json::{Value, json};

use super::world::{World, at};

/// A world whose gateway gives no request long, and has a session.
async fn hurried() -> World {
    let world = World::configured(|configuration| configuration.server("request_timeout = \"1200ms\"")).await;
    world.caller.get("/v1/accounts/plays").await.status(200);
    world.arrived();
    world
}

/// What is told of a request that the site has kept waiting.
#[track_caller]
fn overdue(answer: &Answer, code: &str) -> Value {
    let problem = answer.problem(504, code);
    let told = "polyhost; error=http_response_timeout; next-hop=streamplay";
    assert_eq!(answer.header("proxy-status"), Some(told), "{problem}");
    assert_eq!(problem["upstream"]["provider"], "streamplay", "{problem}");
    assert_eq!(problem["upstream"]["http_status"], Value::Null, "{problem}");
    problem
}

/// What is told of a request that has changed nothing.
#[track_caller]
fn harmless(answer: &Answer) {
    let problem = overdue(answer, "upstream_timeout");
    assert_eq!((&problem["retryable"], &problem["applied"]), (&json!(true), &json!([])), "{problem}");
}

#[tokio::test]
async fn a_folder_that_is_still_being_looked_into_is_not_deleted() {
    let world = hurried().await;
    let folder = world.site.add_folder("0", "Films");
    world.breaks("folder/listing", Fault::Hang);
    harmless(&world.caller.delete(&at(&format!("folders/{folder}"))).await);
    world.assert_changed(&[]);
    assert_eq!(world.site.folder_status(&folder).as_deref(), Some("active"));
}

#[tokio::test]
async fn a_folder_whose_way_up_is_still_being_looked_for_is_not_moved() {
    let world = hurried().await;
    let (folder, parent) = (world.site.add_folder("0", "Films"), world.site.add_folder("0", "Series"));
    world.breaks("folder/info", Fault::Hang);
    harmless(&world.caller.patch(&at(&format!("folders/{folder}")), &json!({"parent_id": parent})).await);
    world.assert_changed(&[]);
    assert_eq!(world.site.parent_of(&folder).as_deref(), Some("0"));
}

#[tokio::test]
async fn a_read_may_be_sent_again() {
    let world = hurried().await;
    let file = world.site.add_file("0", "a.mp4", b"hello");
    world.breaks("*", Fault::Hang);
    for path in [format!("files/{file}"), "folders/root/items".to_owned(), format!("files/{file}/content")] {
        harmless(&world.caller.get(&at(&path)).await);
    }
    harmless(&world.caller.post(&at("files/lookup"), &json!({"ids": [file]})).await);
}

#[tokio::test]
async fn of_a_write_that_was_sent_nobody_knows() {
    let world = hurried().await;
    let file = world.site.add_file("0", "a.mp4", b"hello");
    world.breaks("file/edit", Fault::Hang);
    let answer = world.caller.patch(&at(&format!("files/{file}")), &json!({"name": "b.mp4"})).await;
    let problem = overdue(&answer, "outcome_unknown");
    assert_eq!((&problem["retryable"], &problem["applied"]), (&json!(false), &json!([])), "{problem}");
}

#[tokio::test]
async fn a_change_whose_second_call_is_too_slow_says_what_the_first_has_done() {
    let world = hurried().await;
    let (folder, other) = (world.site.add_folder("0", "Films"), world.site.add_folder("0", "Series"));
    let file = world.site.add_file("0", "a.mp4", b"hello");
    world.breaks("file/edit", Fault::Hang);
    world.breaks("folder/edit", Fault::Hang);
    for (path, field) in [(format!("files/{file}"), "folder_id"), (format!("folders/{other}"), "parent_id")] {
        let answer = world.caller.patch(&at(&path), &json!({"name": "b.mp4", field: folder})).await;
        let problem = overdue(&answer, "outcome_unknown");
        assert_eq!((&problem["retryable"], &problem["applied"]), (&json!(false), &json!([field])), "{problem}");
    }
    assert_eq!(world.site.folder_of(&file).as_deref(), Some(&*folder));
    assert_eq!(world.site.parent_of(&other), Some(folder));
}

#[tokio::test]
async fn a_folder_whose_parent_is_still_being_looked_for_is_not_made() {
    let world = hurried().await;
    let parent = world.site.add_folder("0", "Films");
    world.breaks("folder/info", Fault::Hang);
    harmless(&world.caller.post(&at("folders"), &json!({"name": "New", "parent_id": parent})).await);
    world.assert_changed(&[]);
    assert_eq!(world.site.find_folder("New"), None);
}

#[tokio::test]
async fn a_write_whose_login_never_ends_was_not_sent() {
    let world = World::configured(|configuration| configuration.server("request_timeout = \"1200ms\"")).await;
    let file = world.site.add_file("0", "a.mp4", b"hello");
    world.breaks("authorize", Fault::Hang);
    harmless(&world.caller.delete(&at(&format!("files/{file}"))).await);
    world.assert_changed(&[]);
}

#[tokio::test]
async fn a_write_that_waits_for_its_turn_when_its_time_is_over_is_not_sent() {
    let world = World::configured(|configuration| {
        configuration.server("request_timeout = \"1200ms\"").upstream("max_concurrency = 1")
    })
    .await;
    let file = world.site.add_file("0", "a.mp4", b"hello");
    world.caller.get("/v1/accounts/plays").await.status(200);
    // Whoever asks for a listing goes away, the question does not.
    world.breaks("folder/listing", Fault::Delay { millis: 4_000 });
    harmless(&world.caller.get(&at("folders/root/items")).await);
    harmless(&world.caller.delete(&at(&format!("files/{file}"))).await);
    assert_eq!(world.gateway.stop().await.code(), Some(0));
    assert!(world.site.journal().of("file/delete").is_empty());
}

#[tokio::test]
async fn what_may_be_sent_again_is_not_done_later() {
    // One account makes one checked change at a time, so each has a site of its own.
    for change in ["folder/move", "folder/delete"] {
        let world = hurried().await;
        let (folder, parent) = (world.site.add_folder("0", "Films"), world.site.add_folder("0", "Series"));
        world.breaks("folder/listing", Fault::Delay { millis: 3_000 });
        world.breaks("folder/info", Fault::Delay { millis: 3_000 });
        let path = at(&format!("folders/{folder}"));
        harmless(&match change {
            "folder/move" => world.caller.patch(&path, &json!({"parent_id": parent})).await,
            _ => world.caller.delete(&path).await,
        });
        // What was begun is finished before the gateway ends.
        assert_eq!(world.gateway.stop().await.code(), Some(0));
        assert!(world.site.journal().of(change).is_empty(), "{change}");
    }
}
