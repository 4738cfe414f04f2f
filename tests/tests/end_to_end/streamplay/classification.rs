//! Tests of the classification of ambiguous answers: pages of other servers, failing checks, messages about a full
//! storage.

use polyhost_sandbox::Fault;
use serde_json::json;

use super::world::{World, at};

/// An answer of the site with this body.
fn with_body(http: u16, body: &str) -> Fault {
    Fault::Status { http, body_status: None, headers: Vec::new(), body: Some(body.to_owned()) }
}

/// An error in the API's envelope.
fn refused(words: &str) -> Fault {
    with_body(200, &json!({"response": words, "_status": "error"}).to_string())
}

#[tokio::test]
async fn firewall_page_gives_no_verdict_and_is_not_cached() {
    let world = World::start().await;
    let file = world.site.add_file("0", "a.mp4", b"hello");
    world.caller.get("/v1/accounts/plays").await.status(200);
    for http in [401, 403] {
        world.inject("*", with_body(http, "<html><h1>Access denied</h1></html>"));
        let read = || world.caller.request("GET", &at(&format!("files/{file}"))).header("cache-control", "no-cache");
        let refused = world.caller.send(read()).await;
        assert_eq!(refused.problem(502, "upstream_invalid_response")["retryable"], true);
        let write = world.caller.delete(&at(&format!("files/{file}"))).await;
        assert!(matches!(write.status, 502 | 504), "{}", write.status);
        world.site.faults().clear();
        world.caller.send(read()).await.status(200);
    }
    assert_eq!(world.site.logins(), 1);
}

#[tokio::test]
async fn rate_limit_of_any_server_keeps_its_retry_after() {
    for http in [429, 503] {
        let world = World::start().await;
        world.caller.get("/v1/accounts/plays").await.status(200);
        let headers = vec![("Retry-After".to_owned(), "17".to_owned())];
        let page = Some("<html>Come back later</html>".to_owned());
        world.inject("folder/listing", Fault::Status { http, body_status: None, headers, body: page });
        let answer = world.caller.get(&at("folders/root/items")).await;
        assert_eq!((answer.status, answer.header("retry-after")), (if http == 429 { 429 } else { 502 }, Some("17")));
    }
}

#[tokio::test]
async fn documented_message_of_a_missing_file_is_not_found() {
    let world = World::start().await;
    let body = json!({"_status": "error", "response": "File not found at the provided path."}).to_string();
    for operation in ["file/info", "folder/info", "folder/listing", "file/url_upload_status", "file/delete"] {
        world.inject(operation, with_body(404, &body));
    }
    world.caller.get(&at("files/1001")).await.problem(404, "file_not_found");
    world.caller.delete(&at("files/1001")).await.problem(404, "file_not_found");
    world.caller.get(&at("folders/17")).await.problem(404, "folder_not_found");
    world.caller.get(&at("folders/17/items")).await.problem(404, "folder_not_found");
    world.caller.get(&at("remote-uploads/52")).await.problem(404, "remote_upload_not_found");
}

#[tokio::test]
async fn full_storage_is_rejected_with_the_sites_message() {
    for words in ["Upload storage full, please delete some active files and try again.", "Your daily limit is reached."]
    {
        let world = World::start().await;
        world.inject("file/upload", refused(words));
        let problem = world.upload("a.mp4", "", b"hello").await.problem(422, "upstream_rejected");
        assert_eq!((&problem["retryable"], &problem["upstream"]["message"]), (&json!(false), &json!(words)));
    }
}

#[tokio::test]
async fn expired_token_is_replaced_while_account_info_fails() {
    for fault in [Fault::http(500), with_body(403, "<html>"), refused("The hamsters are on strike.")] {
        let world = World::start().await;
        world.caller.get(&at("folders/root/items")).await.status(200);
        world.inject("account/info", fault);
        world.site.kill_tokens();
        let request = world.caller.request("GET", &at("folders/root/items")).header("cache-control", "no-cache");
        world.caller.send(request).await.status(200);
        assert_eq!(world.site.logins(), 2);
    }
}

#[tokio::test]
async fn failing_checks_do_not_stop_writes_that_work() {
    let world = World::start().await;
    let (films, series) = (world.site.add_folder("0", "Films"), world.site.add_folder("0", "Series"));
    for operation in ["account/info", "folder/info"] {
        world.inject(operation, refused("The hamsters are on strike."));
    }
    world.upload("a.mp4", "", b"hello").await.status(201);
    world.upload("b.mp4", &format!("&folder_id={films}"), b"hello").await.status(201);
    world.caller.post(&at("folders"), &json!({"name": "New", "parent_id": films})).await.status(201);
    let remote = json!({"url": "https://example.org/a.mp4", "folder_id": films});
    world.caller.post(&at("remote-uploads"), &remote).await.status(202);
    world.caller.patch(&at(&format!("folders/{series}")), &json!({"parent_id": films})).await.status(200);
    assert_eq!(world.site.parent_of(&series), Some(films.clone()));
    let below = json!({"parent_id": series});
    world.caller.patch(&at(&format!("folders/{films}")), &below).await.problem(409, "folder_cycle");
    world.upload("c.mp4", "&folder_id=99999", b"hello").await.problem(404, "folder_not_found");
}
