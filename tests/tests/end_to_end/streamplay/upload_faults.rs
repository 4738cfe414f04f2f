//! Tests of uploads to streamplay that fail: each gets its own error, and none is a success.

use polyhost_sandbox::yetishare::Version;
use polyhost_sandbox::{Fault, Rule};
use serde_json::json;

use super::world::{World, at, bytes};

/// An answer of the site with this body.
fn with_body(body: &serde_json::Value) -> Fault {
    Fault::Status { http: 200, body_status: None, headers: Vec::new(), body: Some(body.to_string()) }
}

/// Returns the number of uploads that arrived at the site.
fn uploads(world: &World) -> usize {
    world.operations().iter().filter(|operation| *operation == "file/upload").count()
}

#[tokio::test]
async fn body_over_the_web_servers_limit_is_413_without_a_login() {
    // PHP discards a form that is too large, so the site reports a missing token.
    let world = World::at_site(|options| options.post_max_size = Some(4_000)).await;
    let problem = world.upload("a.mp4", "", &bytes(8_000)).await.problem(413, "payload_too_large");
    assert_eq!(problem["retryable"], false);
    assert_eq!((uploads(&world), world.site.logins()), (1, 1));
    world.upload("a.mp4", "", &bytes(2_000)).await.status(201);
    assert_eq!(world.site.logins(), 1);
}

#[tokio::test]
async fn file_over_the_web_servers_limit_is_413() {
    let world = World::at_site(|options| options.upload_max_filesize = Some(4_000)).await;
    world.upload("a.mp4", "", &bytes(8_000)).await.problem(413, "payload_too_large");
    assert_eq!((uploads(&world), world.site.counts().files), (1, 0));
}

#[tokio::test]
async fn error_inside_a_success_is_an_error() {
    for version in [Version::V4, Version::V5] {
        let world = World::at_site(|options| options.version = version).await;
        world.site.error_inside_next_upload("Filetype not allowed");
        let problem = world.upload("a.mp4", "", b"hello").await.problem(422, "upstream_rejected");
        assert_eq!((&problem["retryable"], &problem["upstream"]["operation"]), (&json!(false), &json!("file/upload")));
        let message = problem["upstream"]["message"].as_str().unwrap();
        assert!(message.contains("Filetype not allowed"), "{message}");
        assert_eq!((uploads(&world), world.site.counts().files), (1, 0));
    }
}

#[tokio::test]
async fn stored_file_of_another_size_is_deleted() {
    let world = World::start().await;
    world.site.truncate_next_upload();
    world.upload("a.mp4", "", b"hello").await.problem(502, "upload_corrupted");
    let operations = ["file/upload", "file/info", "file/delete"].map(str::to_owned);
    assert!(world.operations().ends_with(&operations));
    assert_eq!((world.site.counts().files, world.site.counts().trashed_files), (0, 1));
}

#[tokio::test]
async fn stored_file_with_other_bytes_is_detected_by_its_md5() {
    // Without the setting `digest`, the reported hash may be something else.
    let world = World::start().await;
    world.site.spoil_next_upload();
    assert_eq!(world.upload("a.mp4", "", b"hello").await.json(201)["md5"], json!(null));

    let declared = "[providers.streamplay]\ndigest = \"md5\"";
    let world = World::configured(|configuration| configuration.table(declared)).await;
    world.site.spoil_next_upload();
    world.upload("a.mp4", "", b"hello").await.problem(502, "upload_corrupted");
    assert_eq!((world.site.counts().files, world.site.counts().trashed_files), (0, 1));
    assert_eq!(world.upload("a.mp4", "", b"hello").await.json(201)["md5"], "5d41402abc4b2a76b9719d911017c592");
}

#[tokio::test]
async fn upload_with_a_lost_answer_is_unknown_and_not_sent_again() {
    for fault in [Fault::LoseAnswer, Fault::CutBody { sent: 5 }, Fault::Garbage(polyhost_sandbox::Garbage::Html)] {
        let world = World::start().await;
        world.inject("file/upload", fault.clone());
        let problem = world.upload("a.mp4", "", b"hello").await.problem(504, "outcome_unknown");
        assert_eq!(problem["retryable"], false, "{fault:?}");
        assert_eq!((uploads(&world), world.site.logins()), (1, 1), "{fault:?}");
    }
}

#[tokio::test]
async fn upload_whose_token_expires_midway_is_retryable() {
    let world = World::start().await;
    let words = "Could not validate access_token and account_id, please reauthenticate or try again.";
    let fault = with_body(&json!({"response": words, "_status": "error"}));
    world.site.faults().add(Rule::new("file/upload", fault).times(1));
    let problem = world.upload("a.mp4", "", b"hello").await.problem(502, "upstream_error");
    assert_eq!((&problem["retryable"], &problem["upstream"]["operation"]), (&json!(true), &json!("file/upload")));
    assert_eq!(uploads(&world), 1);
    // The next request logs in again.
    world.upload("a.mp4", "", b"hello").await.status(201);
    assert_eq!(world.site.logins(), 2);
}

#[tokio::test]
async fn expired_token_is_renewed_before_the_upload() {
    let world = World::start().await;
    world.caller.get("/v1/accounts/plays").await.status(200);
    world.site.kill_tokens();
    world.upload("a.mp4", "", b"hello").await.status(201);
    assert_eq!((uploads(&world), world.site.logins()), (1, 2));
}

#[tokio::test]
async fn answer_without_a_file_is_unknown_and_deletes_nothing() {
    // The site reports a success, but stores nothing.
    for data in [json!([{}]), json!([]), json!([{"name": "a.mp4", "size": "5", "error": null}])] {
        let world = World::start().await;
        world.inject(
            "file/upload",
            with_body(&json!({"response": "File uploaded", "_status": "success", "data": data})),
        );
        let other_size = world.site.add_file("0", "a.mp4", b"other size");
        let other_name = world.site.add_file("0", "b.mp4", b"hello");
        let problem = world.upload("a.mp4", "", b"hello").await.problem(504, "outcome_unknown");
        assert_eq!(problem["retryable"], false, "{data}");
        let older = world.site.add_file("0", "a.mp4", b"OLDER");
        let wrong = format!("&sha1={}", "0".repeat(40));
        world.upload("a.mp4", &wrong, b"hello").await.problem(422, "checksum_mismatch");
        for file in [&other_size, &other_name, &older] {
            assert_eq!(world.site.file_status(file).as_deref(), Some("active"), "{data}");
        }
        assert!(!world.operations().contains(&"file/delete".to_owned()));
    }
}

#[tokio::test]
async fn demo_mode_refuses_every_write() {
    let world = World::start().await;
    let file = world.site.add_file("0", "a.mp4", b"hello");
    world.site.demo_mode(true);
    world.upload("b.mp4", "", b"hello").await.problem(403, "upstream_forbidden");
    let path = at(&format!("files/{file}"));
    let problem = world.caller.delete(&path).await.problem(403, "upstream_forbidden");
    assert_eq!(problem["retryable"], false);
    world.caller.patch(&path, &json!({"name": "x"})).await.problem(403, "upstream_forbidden");
    world.caller.post(&at("folders"), &json!({"name": "x"})).await.problem(403, "upstream_forbidden");
    world.caller.get(&path).await.status(200);
    assert_eq!((world.site.counts().files, world.site.counts().folders), (1, 0));
}
