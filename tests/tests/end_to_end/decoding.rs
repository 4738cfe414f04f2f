//! Tests of site answers of which only a part can be decoded.

use polyhost_sandbox::Fault;
use serde_json::{Value, json};

use crate::world::{World, at};

/// Starts a gateway and a site that answers an operation with this result.
async fn answering(operation: &str, result: &str) -> World {
    let world = World::start().await;
    let body = Some(format!(r#"{{"status": 200, "msg": "OK", "result": {result}}}"#));
    world.inject(operation, Fault::Status { http: 200, body_status: None, headers: Vec::new(), body });
    world
}

#[tokio::test]
async fn unreadable_fields_are_null_and_entries_counted() {
    let result = r#"{"folders": [{"id": "5", "name": "a"}, {"name": "no id"}], "files": [
        {"linkextid": "x", "name": "x.mp4", "size": 5, "size": 6},
        {"linkextid": "y", "name": "half \ud83d", "size": 7},
        {"linkextid": "y", "name": "again", "size": 8},
        {"linkextid": "a b", "name": "z.mp4"}, []]}"#;
    let world = answering("file/listfolder", result).await;
    let page = world.caller.get(&at("folders/root/items?limit=2")).await.json(200);
    assert_eq!(page["unreadable"], 3);
    let ids = |page: &Value| -> Vec<Value> {
        page["items"].as_array().unwrap().iter().map(|item| item["id"].clone()).collect()
    };
    assert_eq!(ids(&page), ["5", "y"]);
    assert!(page["items"][1]["name"].as_str().unwrap().starts_with("half \u{fffd}"));
    let cursor = page["next_cursor"].as_str().unwrap();
    let rest = world.caller.get(&at(&format!("folders/root/items?limit=2&cursor={cursor}"))).await.json(200);
    assert_eq!((ids(&rest), &rest["unreadable"]), (vec![json!("x")], &json!(3)));
    assert_eq!((&rest["items"][0]["name"], &rest["items"][0]["size"]), (&json!("x.mp4"), &json!(null)));
}

#[tokio::test]
async fn usage_counts_unreadable_entries() {
    let world = answering("file/listfolder", r#"{"folders": [], "files": [{"linkextid": "x", "size": 5}, {}]}"#).await;
    let usage = world.caller.get(&at("folders/root/usage")).await.json(200);
    assert_eq!(usage, json!({"folders": 0, "files": 1, "bytes": 5, "unreadable": 1, "delete": "permanent"}));
}

#[tokio::test]
async fn folder_with_unreadable_entries_is_not_empty() {
    let nothing = r#"{"folders": [], "files": [{"name": "no id"}]}"#;
    let world = answering("file/listfolder", nothing).await;
    world.caller.delete(&at("folders/7")).await.problem(409, "folder_not_empty");
    world.caller.get(&at("folders/7/items")).await.problem(502, "upstream_invalid_response");
    for empty in ["[]", "{}"] {
        let world = answering("file/listfolder", empty).await;
        let page = world.caller.get(&at("folders/7/items")).await.json(200);
        assert_eq!(page, json!({"items": [], "next_cursor": null, "unreadable": 0}));
    }
    for unknown in [r#"{"folders": false, "files": null}"#, "null"] {
        let world = answering("file/listfolder", unknown).await;
        world.caller.get(&at("folders/7/items")).await.problem(502, "upstream_invalid_response");
        world.caller.delete(&at("folders/7")).await.problem(502, "upstream_invalid_response");
    }
}

#[tokio::test]
async fn file_that_the_site_leaves_out_is_not_found() {
    for result in ["{}", "[]", "null"] {
        let world = answering("file/info", result).await;
        let problem = world.caller.get(&at("files/x")).await.problem(404, "file_not_found");
        assert_eq!(problem["retryable"], false, "{result}");
    }
    let world = answering("file/info", r#"{"x": {"id": "x", "status": 200, "name": "a"}}"#).await;
    let items = world.caller.post(&at("files/lookup"), &json!({"ids": ["x", "y"]})).await.items();
    assert_eq!((&items[0]["status"], &items[1]["status"]), (&json!(200), &json!(404)));
    assert_eq!(items[1]["problem"]["code"], "file_not_found");
}

#[tokio::test]
async fn job_lists_count_unreadable_entries() {
    for path in ["remote-uploads", "conversions"] {
        let world = answering("*", "[[[]]]").await;
        world.caller.get(&at(path)).await.problem(502, "upstream_invalid_response");
        let world = answering("*", r#"[{"id": "7", "status": "new"}, [], "x"]"#).await;
        let list = world.caller.get(&at(path)).await.json(200);
        assert_eq!((list["items"].as_array().unwrap().len(), &list["unreadable"]), (1, &json!(2)), "{path}");
    }
}

#[tokio::test]
async fn gzip_answers_are_decoded_under_every_coding_name() {
    for coding in ["gzip", "GZIP", "x-gzip", "X-GZip"] {
        let world = World::start().await;
        world.inject("*", Fault::Gzip { coding: coding.to_owned() });
        let folder = world.caller.post(&at("folders"), &json!({"name": "Films"})).await.json(201);
        let path = at(&format!("files?name=a.mp4&folder_id={}", folder["id"].as_str().unwrap()));
        let file = world.caller.typed("POST", &path, "video/mp4", "hello").await.json(201);
        let path = at(&format!("files/{}", file["id"].as_str().unwrap()));
        assert_eq!(world.caller.get(&path).await.json(200)["name"], "a.mp4", "{coding}");
        world.caller.patch(&path, &json!({"name": "b.mp4"})).await.status(200);
        world.caller.delete(&path).await.no_content();
    }
}
