//! Tests of download links: URLs of a file's bytes, with which callers bypass the gateway.

use polyhost_end_to_end::body;
use serde_json::{Value, json};

use super::world::{World, at};

async fn fetch(url: &str) -> Vec<u8> {
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    http.get(url).send().await.unwrap().error_for_status().unwrap().bytes().await.unwrap().to_vec()
}

#[tokio::test]
async fn download_link_needs_no_key_and_is_not_stored() {
    let world = World::start().await;
    let file = world.site.add_file("0", "東京.mp4", b"hello");
    let answer = world.caller.post(&at("download-links"), &json!({"file_id": file})).await;
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    let link = answer.json(201);
    body::download_link(&link);
    assert_eq!((&link["file_id"], &link["name"]), (&json!(file), &json!("東京.mp4")));
    assert!(link["expires_at"].is_string(), "{link}");
    world.assert_sent(&[("file/download", &[("file_id", &file)])]);
    assert_eq!(fetch(link["url"].as_str().unwrap()).await, b"hello");
    let again = world.caller.post(&at("download-links"), &json!({"file_id": file})).await.json(201);
    assert_ne!(again["url"], link["url"]);
}

#[tokio::test]
async fn file_can_be_named_by_its_short_code() {
    let world = World::start().await;
    let file = world.site.add_file("0", "a.mp4", b"hello");
    let code = world.caller.get(&at(&format!("files/{file}"))).await.json(200)["short_code"].take();
    world.arrived();
    let link = world.caller.post(&at("download-links"), &json!({"short_code": code})).await.json(201);
    body::download_link(&link);
    assert_eq!((&link["file_id"], &link["name"]), (&json!(file), &json!("a.mp4")));
    world.assert_sent(&[("file/download", &[("short_url", code.as_str().unwrap())])]);
    assert_eq!(fetch(link["url"].as_str().unwrap()).await, b"hello");
}

#[tokio::test]
async fn exactly_one_of_file_id_and_short_code_is_required() {
    let world = World::start().await;
    let file = world.site.add_file("0", "a.mp4", b"hello");
    let bodies = [
        json!({}),
        json!({"file_id": file, "short_code": "abc"}),
        json!({"file_id": null}),
        json!({"short_code": null}),
        json!({"file_id": 1001}),
        json!({"file_id": file, "more": 1}),
        json!([file]),
        Value::Null,
    ];
    for body in bodies {
        world.caller.post(&at("download-links"), &body).await.problem(400, "invalid_request");
    }
    let path = at("download-links?mode=redirect");
    assert_eq!(world.caller.post(&path, &json!({"file_id": file})).await.faults("invalid_request"), ["mode"]);
    world.assert_nothing_sent();
}

#[tokio::test]
async fn missing_file_has_no_download_link() {
    let world = World::start().await;
    let foreign = world.site.add_foreign_file("theirs.mp4", b"hello");
    for file in ["77777", &foreign] {
        let answer = world.caller.post(&at("download-links"), &json!({"file_id": file})).await;
        let problem = answer.problem(404, "file_not_found");
        assert_eq!(problem["upstream"]["operation"], "file/download");
    }
    world.caller.post(&at("download-links"), &json!({"short_code": "zzzzz"})).await.problem(404, "file_not_found");
    assert_eq!(world.site.counts().links, 0);
}

#[tokio::test]
async fn download_link_needs_write_and_content_needs_read() {
    let world =
        World::configured(|configuration| configuration.client("reader", "key-of-reader", &["*"], &["read"])).await;
    let file = world.site.add_file("0", "a.mp4", b"hello");
    let reader = world.gateway.caller("key-of-reader");
    reader.post(&at("download-links"), &json!({"file_id": file})).await.problem(403, "forbidden");
    reader.post(&at(&format!("files/{file}/copy")), &json!({"folder_id": "root"})).await.problem(403, "forbidden");
    world.assert_nothing_sent();
    assert_eq!(reader.get(&at(&format!("files/{file}/content"))).await.status(200).body, b"hello");
    reader.get(&at("limits")).await.status(200);
    reader.post(&at("files/lookup"), &json!({"ids": [file]})).await.status(200);
}

#[tokio::test]
async fn trashed_file_has_no_download_link() {
    let world = World::start().await;
    let file = world.site.add_file("0", "a.mp4", b"hello");
    let deleted = world.site.add_file("0", "b.mp4", b"hello");
    world.site.set_file_status(&file, "trash");
    world.caller.delete(&at(&format!("files/{deleted}"))).await.no_content();
    for file in [file, deleted] {
        world.caller.post(&at("download-links"), &json!({"file_id": file})).await.problem(404, "file_not_found");
        let redirect = at(&format!("files/{file}/content?mode=redirect"));
        let answer = world.caller.get(&redirect).await;
        answer.problem(404, "file_not_found");
        assert_eq!(answer.header("location"), None);
    }
    assert_eq!(world.site.counts().links, 0);
}
