//! Tests of answers of a site that can be decoded only in part.

use polyhost_sandbox::Fault;
use serde_json::json;

use super::world::{World, at};

/// Starts a world whose site answers an operation with this body.
async fn answering(operation: &str, body: &str) -> World {
    let world = World::start().await;
    let body = Some(body.to_owned());
    world.inject(operation, Fault::Status { http: 200, body_status: None, headers: Vec::new(), body });
    world
}

#[tokio::test]
async fn unreadable_fields_are_null_and_entries_counted() {
    let body = r#"{"_status": "success", "data": {"folders": [], "files": [
        {"id": "1", "filename": "a.mp4", "fileSize": 5, "fileSize": 5, "folderId": [7]},
        {"filename": "no id"}, {"id": "1", "filename": "again"}]}}"#;
    let world = answering("folder/listing", body).await;
    let page = world.caller.get(&at("folders/root/items")).await.json(200);
    let items = page["items"].as_array().unwrap();
    assert_eq!((items.len(), &page["unreadable"]), (1, &json!(1)));
    assert_eq!((&items[0]["name"], &items[0]["size"]), (&json!("a.mp4"), &json!(null)));
    let usage = world.caller.get(&at("folders/root/usage")).await.json(200);
    assert_eq!((&usage["files"], &usage["bytes"], &usage["unreadable"]), (&json!(1), &json!(null), &json!(1)));
}

#[tokio::test]
async fn success_without_data_is_file_not_found() {
    for body in [r#"{"_status": "success"}"#, r#"{"_status": "success", "data": []}"#] {
        let world = answering("file/info", body).await;
        let problem = world.caller.get(&at("files/1001")).await.problem(404, "file_not_found");
        assert_eq!(problem["retryable"], false, "{body}");
    }
}

#[tokio::test]
async fn listing_without_entries_is_an_empty_folder() {
    let world = answering("folder/listing", r#"{"_status": "success", "data": []}"#).await;
    let page = world.caller.get(&at("folders/root/items")).await.json(200);
    assert_eq!(page, json!({"items": [], "next_cursor": null, "unreadable": 0}));
}

#[tokio::test]
async fn gzip_answers_are_decoded_under_every_coding_name() {
    for coding in ["GZIP", "x-gzip"] {
        let world = World::start().await;
        world.inject("*", Fault::Gzip { coding: coding.to_owned() });
        let file = world.upload("a.mp4", "", b"hello").await.json(201);
        let path = at(&format!("files/{}", file["id"].as_str().unwrap()));
        assert_eq!(world.caller.get(&path).await.json(200)["name"], "a.mp4", "{coding}");
        world.caller.delete(&path).await.no_content();
    }
}
