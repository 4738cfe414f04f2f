//! The site's 401 to one operation alone: a denial, and no reason to log in anew.

use polyhost_sandbox::Fault;
use serde_json::json;

use super::world::{World, at};

/// The API's own 401, which is about the session.
fn refused() -> Fault {
    let body = json!({"response": "Could not validate access_token and account_id.", "_status": "error"}).to_string();
    Fault::Status { http: 401, body_status: None, headers: Vec::new(), body: Some(body) }
}

#[tokio::test]
async fn an_operation_that_alone_is_refused_is_denied_and_costs_no_login() {
    let world = World::start().await;
    let file = world.site.add_file("0", "a.mp4", b"hello");
    let path = at(&format!("files/{file}"));
    world.breaks("file/edit", refused());
    for _ in 0..3 {
        let problem = world.caller.patch(&path, &json!({"name": "b.mp4"})).await.problem(403, "upstream_forbidden");
        assert_eq!((&problem["retryable"], &problem["upstream"]["operation"]), (&json!(false), &json!("file/edit")));
        assert_eq!(problem["upstream"]["http_status"], 401);
    }
    assert_eq!(world.site.logins(), 1);
    // All else works, under the same token.
    world.caller.get(&path).await.status(200);
    world.caller.get(&at("folders/root/items")).await.status(200);
    world.caller.post(&at("folders"), &json!({"name": "Films"})).await.status(201);
    world.upload("b.mp4", "", b"hello").await.status(201);
    world.caller.delete(&path).await.no_content();
    assert_eq!((world.site.logins(), world.site.failed_logins(), world.site.live_tokens()), (1, 0, 1));
}

#[tokio::test]
async fn a_read_that_alone_is_refused_is_denied_too() {
    let world = World::start().await;
    let file = world.site.add_file("0", "a.mp4", b"hello");
    world.breaks("file/info", refused());
    let problem = world.caller.get(&at(&format!("files/{file}"))).await.problem(403, "upstream_forbidden");
    assert_eq!((&problem["retryable"], &problem["upstream"]["operation"]), (&json!(false), &json!("file/info")));
    world.caller.get(&at("folders/root/items")).await.status(200);
    world.caller.delete(&at(&format!("files/{file}"))).await.no_content();
    assert_eq!(world.site.logins(), 1);
}
