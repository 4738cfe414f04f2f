//! Tests of preconditions (RFC 9110, section 13) and entity tags at pstream. `streamplay/preconditions.rs` has the
//! tests that need streamplay.

use polyhost_end_to_end::{Answer, body};
use polyhost_sandbox::{Fault, Rule};
use serde_json::{Value, json};

use crate::world::{World, at};

fn etag(answer: &Answer) -> String {
    answer.header("etag").expect("an ETag").to_owned()
}

/// Sends a request with one header field.
async fn with(world: &World, method: &str, path: &str, field: (&str, &str), body: Option<&Value>) -> Answer {
    let request = world.caller.request(method, path).header(field.0, field.1);
    let request = match body {
        Some(body) => request.header("content-type", "application/json").body(body.to_string()),
        None => request,
    };
    world.caller.send(request).await
}

#[tokio::test]
async fn answers_to_writes_have_the_tag_of_the_next_read() {
    let world = World::start().await;
    let made = world.caller.typed("POST", &at("files?name=a.mp4"), "video/mp4", b"hello".to_vec()).await.status(201);
    let path = made.header("location").unwrap().to_owned();
    let read = world.caller.get(&path).await.status(200);
    assert_eq!(etag(&made), etag(&read));
    // The listing knows more about the file, but that does not change the tag.
    world.caller.get(&at("folders/root/items")).await.status(200);
    assert_eq!(etag(&world.caller.get(&path).await.status(200)), etag(&read));
    let renamed = world.caller.patch(&path, &json!({"name": "b.mp4"})).await.status(200);
    assert_ne!(etag(&renamed), etag(&read));
    assert_eq!(etag(&world.caller.get(&path).await.status(200)), etag(&renamed));
    let folder = world.site.add_folder("0", "Other");
    let moved = world.caller.patch(&path, &json!({"folder_id": folder})).await.status(200);
    assert_ne!(etag(&moved), etag(&renamed));
    assert_eq!(etag(&world.caller.get(&path).await.status(200)), etag(&moved));

    let made = world.caller.post(&at("folders"), &json!({"name": "Films"})).await.status(201);
    let path = made.header("location").unwrap().to_owned();
    assert_eq!(etag(&world.caller.get(&path).await.status(200)), etag(&made));
    let renamed = world.caller.patch(&path, &json!({"name": "Movies"})).await.status(200);
    assert_ne!(etag(&renamed), etag(&made));
    assert_eq!(etag(&world.caller.get(&path).await.status(200)), etag(&renamed));
}

#[tokio::test]
async fn write_with_an_outdated_tag_is_not_performed() {
    let world = World::start().await;
    let file = world.site.add_file("0", "a.mp4", b"a");
    let folder = world.site.add_folder("0", "Films");
    for path in [at(&format!("files/{file}")), at(&format!("folders/{folder}"))] {
        let old = etag(&world.caller.get(&path).await.status(200));
        let body = json!({"name": "b"});
        let renamed = with(&world, "PATCH", &path, ("if-match", &old), Some(&body)).await.status(200);
        for (method, body) in [("PATCH", Some(&body)), ("DELETE", None)] {
            let stale = with(&world, method, &path, ("if-match", &old), body).await;
            let problem = stale.problem(412, "precondition_failed");
            assert_eq!((&problem["retryable"], &problem["applied"]), (&json!(false), &json!([])));
            let exists = with(&world, method, &path, ("if-none-match", "*"), body).await;
            exists.problem(412, "precondition_failed");
            let malformed = with(&world, method, &path, ("if-match", "unquoted"), body).await;
            assert_eq!(malformed.faults("invalid_request"), ["if-match"]);
        }
        world.caller.get(&path).await.status(200);
        with(&world, "DELETE", &path, ("if-match", &etag(&renamed)), None).await.no_content();
    }
}

#[tokio::test]
async fn precondition_is_checked_against_the_site() {
    let world = World::start().await;
    let file = world.site.add_file("0", "a.mp4", b"a");
    let path = at(&format!("files/{file}"));
    let old = etag(&world.caller.get(&path).await.status(200));
    // Changes the file at the site; the gateway's cache still has the old state.
    world.site.claim_size(&file, 77);
    with(&world, "DELETE", &path, ("if-match", &old), None).await.problem(412, "precondition_failed");
    // If the state cannot be read, the precondition fails closed.
    world.site.faults().add(Rule::new("file/info", Fault::http(500)));
    for condition in [("if-match", old.as_str()), ("if-match", "*"), ("if-none-match", "\"x\"")] {
        let unread = with(&world, "DELETE", &path, condition, None).await;
        unread.problem(502, "upstream_error");
    }
    world.site.faults().clear();
    assert!(world.site.folder_of(&file).is_some());
    with(&world, "DELETE", &path, ("if-match", "*"), None).await.no_content();
    with(&world, "DELETE", &path, ("if-match", "*"), None).await.problem(404, "file_not_found");
}

#[tokio::test]
async fn every_read_with_a_tag_evaluates_preconditions() {
    let world = World::start().await;
    let file = world.site.add_file("0", "a.mp4", b"a");
    let folder = world.site.add_folder("0", "Films");
    let paths = [
        "/v1/accounts/main".to_owned(),
        at(&format!("files/{file}")),
        at(&format!("folders/{folder}")),
        at("folders/root/items"),
        at("folders/root/usage"),
    ];
    for path in paths {
        let tag = etag(&world.caller.get(&path).await.status(200));
        let both = format!("\"x\", {tag}");
        for (field, status) in [
            (("if-match", both.as_str()), 200),
            (("if-match", "*"), 200),
            (("if-match", "\"x\""), 412),
            (("if-none-match", both.as_str()), 304),
            (("if-none-match", "*"), 304),
            (("if-none-match", "\"x\""), 200),
            (("if-none-match", "unquoted"), 200),
            (("if-match", "unquoted"), 400),
            (("if-unmodified-since", "no date"), 200),
        ] {
            let answer = with(&world, "GET", &path, field, None).await.status(status);
            if status == 304 {
                assert_eq!(etag(&answer), tag, "{path}");
            }
        }
    }
    let listed = world.caller.get(&at("folders/root/items")).await.items();
    listed.iter().filter(|item| item["type"] == "file").for_each(body::file);
}
