//! Tests of invalid requests to operations that only streamplay supports: refused by name, and nothing is sent.

use serde_json::{Value, json};

use super::world::{World, at};

#[tokio::test]
async fn unknown_query_parameters_are_refused_by_name() {
    let world = World::start().await;
    let file = world.site.add_file("0", "a.mp4", b"a");
    let content = format!("files/{file}/content");
    let requests = [
        ("GET", "limits".to_owned(), Value::Null),
        ("GET", content.clone(), Value::Null),
        ("POST", format!("files/{file}/copy"), json!({"folder_id": "root"})),
        ("POST", "download-links".to_owned(), json!({"file_id": file})),
        ("POST", "files/lookup".to_owned(), json!({"ids": [file]})),
    ];
    for (method, path, body) in requests {
        let path = at(&format!("{path}?page=2"));
        let answer = match body {
            Value::Null => world.caller.send(world.caller.request(method, &path)).await,
            body => world.caller.json(method, &path, &body).await,
        };
        assert_eq!(answer.faults("invalid_request"), ["page"], "{method} {path}");
    }
    let head = world.caller.request("HEAD", &at(&format!("{content}?page=2")));
    assert!(world.caller.send(head).await.status(400).body.is_empty());
    let twice = world.caller.get(&at(&format!("{content}?mode=stream&mode=redirect"))).await;
    assert_eq!(twice.faults("invalid_request"), ["mode"]);
    world.assert_nothing_sent();
}

#[tokio::test]
async fn wrong_method_is_405_with_the_allowed_ones() {
    let world = World::start().await;
    let cases = [
        ("POST", "limits", "GET, HEAD"),
        ("POST", "files/1001/content", "GET, HEAD"),
        ("GET", "files/1001/copy", "POST"),
        ("GET", "download-links", "POST"),
    ];
    for (method, path, allowed) in cases {
        let answer = world.caller.send(world.caller.request(method, &at(path))).await;
        answer.problem(405, "method_not_allowed");
        let mut found: Vec<&str> = answer.header("allow").unwrap().split(',').map(str::trim).collect();
        found.sort_unstable();
        assert_eq!(found.join(", "), allowed, "{method} {path}");
    }
    world.assert_nothing_sent();
}

#[tokio::test]
async fn account_is_hidden_from_callers_without_access() {
    let world =
        World::configured(|configuration| configuration.client("other", "key-of-other", &["main"], &["read", "write"]))
            .await;
    let file = world.site.add_file("0", "a.mp4", b"a");
    let (keyless, other) = (world.gateway.keyless(), world.gateway.caller("key-of-other"));
    for path in ["limits".to_owned(), format!("files/{file}/content"), format!("files/{file}/content?mode=redirect")] {
        keyless.get(&at(&path)).await.problem(401, "unauthenticated");
        other.get(&at(&path)).await.problem(404, "account_not_found");
    }
    for (path, body) in [
        (format!("files/{file}/copy"), json!({"folder_id": "root"})),
        ("download-links".to_owned(), json!({"file_id": file})),
    ] {
        keyless.post(&at(&path), &body).await.problem(401, "unauthenticated");
        other.post(&at(&path), &body).await.problem(404, "account_not_found");
    }
    let head = keyless.request("HEAD", &at(&format!("files/{file}/content")));
    keyless.send(head).await.status(401);
    world.assert_nothing_sent();
}
