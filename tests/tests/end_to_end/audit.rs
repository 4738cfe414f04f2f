//! Tests of the audit log: one line for each write, and none for anything else.

use polyhost_sandbox::{Fault, Rule};
use serde_json::{Value, json};

use crate::world::{World, at};

/// Returns the lines of the audit log, each as client, account, operation, resource and outcome.
fn lines(log: &str) -> Vec<[String; 5]> {
    let lines = log.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let audit = lines.filter(|line| line["target"] == "audit");
    let text =
        |line: &Value, field: &str| line[field].as_str().unwrap_or_else(|| panic!("no {field}: {line}")).to_owned();
    audit
        .map(|line| {
            assert_eq!(line["request_id"], line["span"]["id"], "{line}");
            assert!(line["status"].is_u64(), "{line}");
            ["client", "account", "operation", "resource", "outcome"].map(|field| text(&line, field))
        })
        .collect()
}

#[tokio::test]
async fn every_write_adds_exactly_one_audit_line() {
    let world =
        World::configured(|configuration| configuration.client("reader", "key-of-reader", &["*"], &["read"])).await;
    let (file, folder) = (world.site.add_file("0", "a.mp4", b"a"), world.site.add_folder("0", "Films"));
    let caller = &world.caller;
    let made = caller.post(&at("folders"), &json!({"name": "Secret name"})).await.json(201);
    let uploaded = caller.typed("POST", &at("files?name=b.mp4"), "video/mp4", "hello").await.json(201);
    caller.patch(&at(&format!("files/{file}")), &json!({"name": "c.mp4"})).await.status(200);
    caller.patch(&at(&format!("folders/{folder}")), &json!({"nam": "x"})).await.status(400);
    caller.delete(&at(&format!("files/{file}"))).await.no_content();
    // The resource is normalized, regardless of the encoding of the path.
    caller.delete("/v1/accounts/m%61in/files/%4eothing").await.status(404);
    caller.delete(&at("files/a%2Fb%0A")).await.status(404);
    caller.delete(&at("folders/root")).await.status(400);
    caller.post(&at("upload-tickets"), &json!({})).await.status(201);
    caller.post("/v1/accounts/nobody/folders", &json!({"name": "x"})).await.status(404);
    world.gateway.caller("key-of-reader").delete(&at("files/x")).await.status(403);
    world.site.faults().add(Rule::new("file/createfolder", Fault::LoseAnswer).times(1));
    for _ in 0..2 {
        let request = caller.request("POST", &at("folders")).header("idempotency-key", "one");
        caller.send(request.header("content-type", "application/json").body("{\"name\": \"x\"}")).await.status(504);
    }
    // Reads and unauthenticated requests are not writes.
    caller.get(&at("folders/root/items")).await.status(200);
    caller.post(&at("files/lookup"), &json!({"ids": [file]})).await.status(200);
    world.gateway.keyless().delete(&at("files/x")).await.status(401);
    caller.post("/v1/nothing", &json!({})).await.status(404);

    let log = world.gateway.stop().await.stderr;
    let id = |body: &Value| body["id"].as_str().unwrap().to_owned();
    let (made, uploaded) = (format!("folders/{}", id(&made)), format!("files/{}", id(&uploaded)));
    let (file, folder) = (format!("files/{file}"), format!("folders/{folder}"));
    let expected: Vec<[&str; 5]> = vec![
        ["web", "main", "create_folder", &made, "succeeded"],
        ["web", "main", "upload_file", &uploaded, "succeeded"],
        ["web", "main", "update_file", &file, "succeeded"],
        ["web", "main", "update_folder", &folder, "invalid_request"],
        ["web", "main", "delete_file", &file, "succeeded"],
        ["web", "main", "delete_file", "files/Nothing", "file_not_found"],
        ["web", "main", "delete_file", "files/a%2Fb%0A", "file_not_found"],
        ["web", "main", "delete_folder", "folders/root", "invalid_request"],
        ["web", "main", "create_upload_ticket", "upload-tickets", "succeeded"],
        ["web", "nobody", "create_folder", "folders", "account_not_found"],
        ["reader", "main", "delete_file", "files/x", "forbidden"],
        ["web", "main", "create_folder", "folders", "outcome_unknown"],
        ["web", "main", "create_folder", "folders", "replayed"],
    ];
    assert_eq!(lines(&log), expected);
    assert!(!log.contains("Secret name"));
}
