//! Tests of folders: reading by id, creating, renaming, deleting, and usage.

use polyhost_end_to_end::body;
use polyhost_sandbox::{Fault, Rule};
use serde_json::{Value, json};

use crate::world::{World, at};

#[tokio::test]
async fn root_folder_is_answered_without_a_call() {
    let world = World::start().await;
    let root = world.caller.get(&at("folders/root")).await.json(200);
    body::folder(&root);
    assert_eq!((&root["id"], &root["name"], &root["parent_id"]), (&json!("root"), &json!(""), &Value::Null));
    world.assert_nothing_sent();
}

#[tokio::test]
async fn nested_folder_is_found_by_listings_and_cached() {
    let world = World::start().await;
    let outer = world.site.add_folder("0", "Films");
    let inner = world.site.add_folder(&outer, "Animation");
    world.site.add_folder("0", "Zoo");
    let path = at(&format!("folders/{inner}"));
    let folder = world.caller.get(&path).await.json(200);
    body::folder(&folder);
    assert_eq!((&folder["id"], &folder["name"]), (&json!(inner), &json!("Animation")));
    assert_eq!((&folder["parent_id"], &folder["account"]), (&json!(outer), &json!("main")));
    let operations = world.operations();
    assert!(operations.len() <= 4 && operations.iter().all(|name| name == "file/listfolder"), "{operations:?}");

    world.caller.get(&path).await.status(200);
    world.assert_nothing_sent();
    world.caller.get(&at("folders/99999")).await.problem(404, "folder_not_found");
}

#[tokio::test]
async fn folder_is_created_in_the_given_parent() {
    let world = World::start().await;
    let answer = world.caller.post(&at("folders"), &json!({"name": "Films & Séries"})).await.status(201);
    let location = answer.header("location").unwrap().to_owned();
    let folder = answer.json(201);
    body::folder(&folder);
    let id = folder["id"].as_str().unwrap().to_owned();
    assert_eq!((&folder["name"], &folder["parent_id"]), (&json!("Films & Séries"), &json!("root")));
    assert_eq!(location, at(&format!("folders/{id}")));
    world.assert_sent(&[("file/createfolder", &[("name", "Films & Séries")])]);
    assert_eq!(world.caller.get(&location).await.json(200)["name"], "Films & Séries");
    world.arrived();

    let inner = world.caller.post(&at("folders"), &json!({"name": "2019", "parent_id": id})).await.json(201);
    assert_eq!(inner["parent_id"], json!(id));
    world.assert_sent(&[("file/createfolder", &[("name", "2019"), ("pid", &id)])]);
    let explicit = world.caller.post(&at("folders"), &json!({"name": "x", "parent_id": "root"})).await.json(201);
    assert_eq!(explicit["parent_id"], "root");
    world.arrived();
    let nowhere = world.caller.post(&at("folders"), &json!({"name": "x", "parent_id": "99999"})).await;
    nowhere.problem(404, "folder_not_found");
}

#[tokio::test]
async fn folder_is_renamed_in_one_call() {
    let world = World::start().await;
    let id = world.site.add_folder("0", "Old");
    let folder = world.caller.patch(&at(&format!("folders/{id}")), &json!({"name": "New"})).await.json(200);
    body::folder(&folder);
    assert_eq!((&folder["id"], &folder["name"], &folder["parent_id"]), (&json!(id), &json!("New"), &json!("root")));
    let arrived = world.arrived();
    assert_eq!(arrived[0].operation, "file/renamefolder");
    assert_eq!((arrived[0].parameter("folder"), arrived[0].parameter("name")), (Some(&*id), Some("New")));
    assert!(arrived[1..].iter().all(|call| call.operation == "file/listfolder"), "{arrived:?}");
    world.caller.patch(&at("folders/99999"), &json!({"name": "New"})).await.problem(404, "folder_not_found");
}

#[tokio::test]
async fn only_empty_folders_are_deleted_without_recursive() {
    let world = World::start().await;
    let empty = world.site.add_folder("0", "Empty");
    world.caller.delete(&at(&format!("folders/{empty}"))).await.no_content();
    world.assert_sent(&[("file/listfolder", &[("folder", &empty)]), ("file/deletefolder", &[("folder", &empty)])]);

    let full = world.site.add_folder("0", "Full");
    let path = at(&format!("folders/{full}"));
    // Caches a listing in which the folder is still empty. Deleting must not rely on it.
    assert!(world.caller.get(&format!("{path}/items")).await.items().is_empty());
    let file = world.site.add_file(&full, "a.mp4", b"a");
    world.arrived();
    world.caller.delete(&path).await.problem(409, "folder_not_empty");
    world.caller.delete(&format!("{path}?recursive=false")).await.problem(409, "folder_not_empty");
    assert_eq!(world.operations(), ["file/listfolder", "file/listfolder"]);
    assert!(world.site.file_bytes(&file).is_some());

    world.caller.delete(&format!("{path}?recursive=true")).await.no_content();
    world.assert_sent(&[("file/deletefolder", &[("folder", &full)])]);
    assert_eq!(world.site.file_bytes(&file), None);
    world.caller.delete(&format!("{path}?recursive=true")).await.problem(404, "folder_not_found");
    world.caller.delete(&path).await.problem(404, "folder_not_found");
}

#[tokio::test]
async fn folder_that_contains_a_folder_is_not_empty() {
    let world = World::start().await;
    let outer = world.site.add_folder("0", "Outer");
    world.site.add_folder(&outer, "Inner");
    world.caller.delete(&at(&format!("folders/{outer}"))).await.problem(409, "folder_not_empty");
    assert_eq!(world.operations(), ["file/listfolder"]);
}

#[tokio::test]
async fn folder_with_an_unreadable_listing_is_not_deleted() {
    const NOT_EMPTY: (u16, &str) = (409, "folder_not_empty");
    const INVALID: (u16, &str) = (502, "upstream_invalid_response");
    let results = [
        (r#"{"folders": [], "files": [{"name": "x", "size": 1}]}"#, NOT_EMPTY),
        (r#"{"folders": [], "files": {"F 1": {"name": "x", "linkextid": "F 1"}}}"#, NOT_EMPTY),
        (r#"{"folders": [], "files": ["abc"]}"#, NOT_EMPTY),
        (r#"{"folders": [], "files": null}"#, INVALID),
        (r#"{"folders": "", "files": "x"}"#, INVALID),
        (r#"{"folders": 3, "files": 2}"#, INVALID),
        (r#"[{"name": "x", "linkextid": "abc"}]"#, INVALID),
        ("null", INVALID),
    ];
    for (result, (status, code)) in results {
        let world = World::start().await;
        let folder = world.site.add_folder("0", "Full");
        world.site.add_file(&folder, "a.mp4", b"a");
        let body = Some(format!(r#"{{"status": 200, "msg": "OK", "result": {result}}}"#));
        let answer = Fault::Status { http: 200, body_status: None, headers: Vec::new(), body };
        world.site.faults().add(Rule::new("file/listfolder", answer));
        let path = at(&format!("folders/{folder}"));
        world.caller.delete(&path).await.problem(status, code);
        assert_eq!(world.operations(), ["file/listfolder"], "{result}");
        assert_eq!(world.site.counts().files, 1, "{result}");
    }
}

#[tokio::test]
async fn root_folder_can_be_neither_changed_nor_deleted() {
    let world = World::start().await;
    let root = at("folders/root");
    world.caller.patch(&root, &json!({"name": "x"})).await.problem(400, "invalid_request");
    world.caller.delete(&root).await.problem(400, "invalid_request");
    world.caller.delete(&format!("{root}?recursive=true")).await.problem(400, "invalid_request");
    world.assert_nothing_sent();
}

#[tokio::test]
async fn usage_counts_all_levels_and_states_the_delete_mode() {
    let world = World::start().await;
    let outer = world.site.add_folder("0", "Outer");
    let inner = world.site.add_folder(&outer, "Inner");
    world.site.add_file(&outer, "a.mp4", b"12345");
    world.site.add_file(&inner, "b.mp4", b"123");
    world.site.add_file("0", "elsewhere.mp4", b"12");
    let usage = world.caller.get(&at(&format!("folders/{outer}/usage"))).await.json(200);
    body::usage(&usage);
    assert_eq!(usage, json!({"folders": 1, "files": 2, "bytes": 8, "unreadable": 0, "delete": "permanent"}));
    assert_eq!(world.operations(), ["file/listfolder", "file/listfolder"]);
    let whole = world.caller.get(&at("folders/root/usage")).await.json(200);
    assert_eq!(whole, json!({"folders": 2, "files": 3, "bytes": 10, "unreadable": 0, "delete": "permanent"}));
    world.caller.get(&at("folders/99999/usage")).await.problem(404, "folder_not_found");
}

#[tokio::test]
async fn usage_counts_a_file_in_several_listings_once() {
    let world = World::at_site(|options| options.deep_listings = true).await;
    let outer = world.site.add_folder("0", "Outer");
    let inner = world.site.add_folder(&outer, "Inner");
    world.site.add_file(&inner, "b.mp4", b"123");
    let usage = world.caller.get(&at("folders/root/usage")).await.json(200);
    assert_eq!(usage, json!({"folders": 2, "files": 1, "bytes": 3, "unreadable": 0, "delete": "permanent"}));
}
