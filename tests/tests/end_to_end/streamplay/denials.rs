//! Tests of a site that refuses one operation only: the operation is denied, with at most one login.

use polyhost_sandbox::Fault;
use serde_json::json;

use super::world::{World, at};

/// The site's message about an unknown session.
const OF_THE_SESSION: &str = "Could not validate access_token and account_id.";

/// The API's own 401, which is about the session.
fn refused(words: &str) -> Fault {
    let body = json!({"response": words, "_status": "error"}).to_string();
    Fault::Status { http: 401, body_status: None, headers: Vec::new(), body: Some(body) }
}

#[tokio::test]
async fn refused_operation_is_denied_without_a_login() {
    let world = World::start().await;
    let file = world.site.add_file("0", "a.mp4", b"hello");
    let path = at(&format!("files/{file}"));
    world.inject("file/edit", refused("Not you."));
    for _ in 0..3 {
        let problem = world.caller.patch(&path, &json!({"name": "b.mp4"})).await.problem(403, "upstream_forbidden");
        assert_eq!((&problem["retryable"], &problem["upstream"]["operation"]), (&json!(false), &json!("file/edit")));
        assert_eq!(problem["upstream"]["http_status"], 401);
    }
    assert_eq!(world.site.logins(), 1);
    // Everything else works, with the same token.
    world.caller.get(&path).await.status(200);
    world.caller.get(&at("folders/root/items")).await.status(200);
    world.caller.post(&at("folders"), &json!({"name": "Films"})).await.status(201);
    world.upload("b.mp4", "", b"hello").await.status(201);
    world.caller.delete(&path).await.no_content();
    assert_eq!((world.site.logins(), world.site.failed_logins(), world.site.live_tokens()), (1, 0, 1));
}

#[tokio::test]
async fn refused_read_is_denied_without_a_login() {
    let world = World::start().await;
    let file = world.site.add_file("0", "a.mp4", b"hello");
    world.inject("file/info", refused("Not you."));
    let problem = world.caller.get(&at(&format!("files/{file}"))).await.problem(403, "upstream_forbidden");
    assert_eq!((&problem["retryable"], &problem["upstream"]["operation"]), (&json!(false), &json!("file/info")));
    world.caller.get(&at("folders/root/items")).await.status(200);
    world.caller.delete(&at(&format!("files/{file}"))).await.no_content();
    assert_eq!(world.site.logins(), 1);
}

#[tokio::test]
async fn operation_refused_as_unknown_session_costs_one_login() {
    let world = World::configured(|all| all.table("[providers.streamplay]\nlogin_budget = { gap = \"1ms\" }")).await;
    let file = world.site.add_file("0", "a.mp4", b"hello");
    let path = at(&format!("files/{file}"));
    world.inject("file/edit", refused(OF_THE_SESSION));
    for _ in 0..3 {
        let problem = world.caller.patch(&path, &json!({"name": "b.mp4"})).await.problem(403, "upstream_forbidden");
        assert_eq!((&problem["retryable"], &problem["upstream"]["operation"]), (&json!(false), &json!("file/edit")));
        world.caller.get(&at("folders/root/items")).await.status(200);
    }
    world.upload("b.mp4", "", b"hello").await.status(201);
    assert_eq!((world.site.logins(), world.site.live_tokens()), (2, 1));
}
