//! Tests of folders at streamplay: reading by id, creating, deleting, and usage.

use polyhost_end_to_end::body;
use polyhost_sandbox::yetishare::Version;
use serde_json::{Value, json};

use super::world::{World, at, id};

fn path(folder: &str) -> String {
    at(&format!("folders/{folder}"))
}

#[tokio::test]
async fn folder_is_read_in_one_call_with_both_id_parameters() {
    let world = World::start().await;
    let outer = world.site.add_folder("0", "Films");
    let inner = world.site.add_folder(&outer, "Animation");
    let file = world.site.add_file(&inner, "a.mp4", b"hello");
    world.site.set_downloads(&file, 7);
    let folder = world.caller.get(&path(&inner)).await.json(200);
    body::folder(&folder);
    let page = folder["page_url"].as_str().unwrap();
    assert!(page.starts_with(&world.site.base_url().replace("/api/v2", "/")), "{page}");
    assert_eq!(
        folder,
        json!({
            "type": "folder", "id": inner, "account": "plays", "provider": "streamplay", "name": "Animation",
            "parent_id": outer, "total_size": 5, "visibility": "private", "password_protected": false,
            "created_at": "2019-07-06T12:00:00Z", "updated_at": null, "page_url": page, "download_count": 7,
            "folder_count": 0, "file_count": 1,
        })
    );
    world.assert_sent(&[("folder/info", &[("folder_id", &inner), ("parent_folder_id", &inner)])]);
    assert_eq!(world.caller.get(&path(&outer)).await.json(200)["parent_id"], "root");
}

#[tokio::test]
async fn root_is_a_folder_without_a_name() {
    let world = World::start().await;
    let root = world.caller.get(&path("root")).await.json(200);
    body::folder(&root);
    assert_eq!((&root["id"], &root["name"], &root["parent_id"]), (&json!("root"), &json!(""), &Value::Null));
}

#[tokio::test]
async fn missing_or_foreign_folder_is_404() {
    let world = World::start().await;
    let foreign = world.site.add_foreign_folder("Theirs");
    for id in ["77777", &foreign] {
        for suffix in ["", "/items", "/usage"] {
            world.caller.get(&format!("{}{suffix}", path(id))).await.problem(404, "folder_not_found");
        }
        for body in [json!({"name": "x"}), json!({"parent_id": "root"}), json!({"visibility": "public"})] {
            world.caller.patch(&path(id), &body).await.problem(404, "folder_not_found");
        }
        world.caller.delete(&path(id)).await.problem(404, "folder_not_found");
        world.caller.delete(&format!("{}?recursive=true", path(id))).await.problem(404, "folder_not_found");
    }
    assert_eq!(world.site.folder_status(&foreign).as_deref(), Some("active"));
    assert_eq!(world.site.find_folder("x"), None);
}

#[tokio::test]
async fn folder_is_created_in_the_given_parent() {
    let world = World::start().await;
    let answer = world.caller.post(&at("folders"), &json!({"name": "Films & Séries"})).await.status(201);
    let location = answer.header("location").map(str::to_owned);
    let folder = answer.json(201);
    body::folder(&folder);
    let outer = id(&folder);
    assert_eq!(location, Some(path(&outer)));
    assert_eq!((&folder["name"], &folder["parent_id"]), (&json!("Films & Séries"), &json!("root")));
    let arrived = world.arrived();
    assert_eq!((arrived.len(), arrived[0].operation.as_str()), (1, "folder/create"));
    assert_eq!(arrived[0].parameter("folder_name"), Some("Films & Séries"));
    assert_eq!(world.site.parent_of(&outer).as_deref(), Some("0"));

    let inner = world.caller.post(&at("folders"), &json!({"name": "2019", "parent_id": outer})).await.json(201);
    assert_eq!(inner["parent_id"], json!(outer));
    assert_eq!(world.site.parent_of(&id(&inner)), Some(outer));
    let explicit = world.caller.post(&at("folders"), &json!({"name": "x", "parent_id": "root"})).await.json(201);
    assert_eq!(explicit["parent_id"], "root");
    assert_eq!(world.site.parent_of(&id(&explicit)).as_deref(), Some("0"));
}

#[tokio::test]
async fn folder_in_a_missing_parent_is_not_created() {
    // The site itself accepts any number as a parent.
    let world = World::start().await;
    let foreign = world.site.add_foreign_folder("Theirs");
    let before = world.site.counts();
    for parent in ["77777", &foreign] {
        let body = json!({"name": "x", "parent_id": parent});
        let problem = world.caller.post(&at("folders"), &body).await.problem(404, "folder_not_found");
        assert!(problem["detail"].as_str().unwrap().contains(parent), "{problem}");
    }
    assert_eq!(world.site.counts(), before);
    world.assert_changed(&[]);
}

#[tokio::test]
async fn blank_folder_name_is_rejected_with_the_sites_message() {
    let world = World::start().await;
    let answer = world.caller.post(&at("folders"), &json!({"name": " "})).await;
    let problem = answer.problem(422, "upstream_rejected");
    assert_eq!(problem["upstream"]["message"], "Please provide the folder_name param.");
    assert_eq!((&problem["retryable"], &problem["upstream"]["status"]), (&json!(false), &json!("error")));
    assert_eq!(world.site.counts().folders, 0);
}

#[tokio::test]
async fn visibility_is_set_at_creation_or_later() {
    let world = World::start().await;
    for (word, number) in [("private", "0"), ("unlisted", "1"), ("public", "2")] {
        let body = json!({"name": word, "visibility": word});
        let folder = world.caller.post(&at("folders"), &body).await.json(201);
        assert_eq!(folder["visibility"], word);
        assert_eq!(world.caller.get(&path(&id(&folder))).await.json(200)["visibility"], word);
        let arrived = world.arrived();
        let created = arrived.iter().find(|call| call.operation == "folder/create").unwrap();
        assert_eq!(created.parameter("is_public"), Some(number));
    }
    let folder = world.site.add_folder("0", "Films");
    for (word, number) in [("public", "2"), ("private", "0"), ("unlisted", "1")] {
        world.arrived();
        let changed = world.caller.patch(&path(&folder), &json!({"visibility": word})).await.json(200);
        body::folder(&changed);
        assert_eq!(changed["visibility"], word);
        world.assert_changed(&[("folder/edit", &[("folder_id", &folder), ("is_public", number)])]);
        assert_eq!(world.caller.get(&path(&folder)).await.json(200)["visibility"], word);
    }
    let secret = world.caller.patch(&path(&folder), &json!({"visibility": "secret"})).await;
    assert_eq!(secret.faults("invalid_request"), ["/visibility"]);
}

#[tokio::test]
async fn only_empty_folders_are_deleted_without_recursive() {
    let world = World::start().await;
    let empty = world.site.add_folder("0", "Empty");
    world.caller.delete(&path(&empty)).await.no_content();
    world.assert_sent(&[
        ("folder/listing", &[("parent_folder_id", &empty)]),
        ("folder/delete", &[("folder_id", &empty)]),
    ]);
    assert_eq!(world.site.folder_status(&empty).as_deref(), Some("trash"));
    world.caller.get(&path(&empty)).await.problem(404, "folder_not_found");

    let full = world.site.add_folder("0", "Full");
    // Caches a listing in which the folder is still empty. Deleting must not rely on it.
    assert!(world.caller.get(&format!("{}/items", path(&full))).await.items().is_empty());
    let file = world.site.add_file(&full, "a.mp4", b"a");
    world.arrived();
    world.caller.delete(&path(&full)).await.problem(409, "folder_not_empty");
    world.caller.delete(&format!("{}?recursive=false", path(&full))).await.problem(409, "folder_not_empty");
    assert_eq!(world.operations(), ["folder/listing", "folder/listing"]);
    assert_eq!(world.site.file_status(&file).as_deref(), Some("active"));

    world.caller.delete(&format!("{}?recursive=true", path(&full))).await.no_content();
    world.assert_changed(&[("folder/delete", &[("folder_id", &full)])]);
    assert_eq!(world.site.file_status(&file).as_deref(), Some("trash"));
    assert_eq!(world.caller.get(&at(&format!("files/{file}"))).await.json(200)["status"], "trashed");
    assert!(world.caller.get(&at("folders/root/items")).await.items().is_empty());
}

#[tokio::test]
async fn second_delete_of_a_trashed_folder_succeeds() {
    // Version 4 does not report that a folder is in the trash.
    let world = World::at_site(|options| {
        options.version = Version::V4;
        options.trashed_folders_answer = true;
    });
    let world = world.await;
    let folder = world.site.add_folder("0", "Films");
    world.site.add_file(&folder, "a.mp4", b"a");
    world.caller.delete(&format!("{}?recursive=true", path(&folder))).await.no_content();
    world.caller.get(&path(&folder)).await.status(200);
    world.caller.delete(&path(&folder)).await.no_content();
    world.caller.delete(&format!("{}?recursive=true", path(&folder))).await.no_content();
    // A site that no longer shows the folder answers that it does not exist.
    let world = World::start().await;
    let folder = world.site.add_folder("0", "Films");
    world.caller.delete(&path(&folder)).await.no_content();
    world.caller.get(&path(&folder)).await.problem(404, "folder_not_found");
    world.caller.delete(&path(&folder)).await.problem(404, "folder_not_found");
}

#[tokio::test]
async fn folder_that_contains_a_folder_is_not_empty() {
    let world = World::start().await;
    let outer = world.site.add_folder("0", "Outer");
    let inner = world.site.add_folder(&outer, "Inner");
    world.caller.delete(&path(&outer)).await.problem(409, "folder_not_empty");
    world.assert_changed(&[]);
    world.caller.delete(&format!("{}?recursive=true", path(&outer))).await.no_content();
    assert_eq!(world.site.folder_status(&inner).as_deref(), Some("trash"));
}

#[tokio::test]
async fn root_folder_can_be_neither_changed_nor_deleted() {
    let world = World::start().await;
    let folder = world.site.add_folder("0", "Films");
    let bodies =
        [json!({"name": "x"}), json!({"parent_id": folder}), json!({"visibility": "public"}), json!({"password": "x"})];
    for body in bodies {
        world.caller.patch(&path("root"), &body).await.problem(400, "invalid_request");
    }
    world.caller.delete(&path("root")).await.problem(400, "invalid_request");
    world.caller.delete(&format!("{}?recursive=true", path("root"))).await.problem(400, "invalid_request");
    world.assert_nothing_sent();
}

#[tokio::test]
async fn usage_counts_all_levels_and_states_the_trash() {
    let world = World::start().await;
    let outer = world.site.add_folder("0", "Outer");
    let inner = world.site.add_folder(&outer, "Inner");
    world.site.add_file(&outer, "a.mp4", b"12345");
    world.site.add_file(&inner, "b.mp4", b"123");
    world.site.add_file("0", "elsewhere.mp4", b"12");
    let trashed = world.site.add_file(&inner, "c.mp4", b"1");
    world.site.set_file_status(&trashed, "trash");
    let usage = world.caller.get(&format!("{}/usage", path(&outer))).await.json(200);
    body::usage(&usage);
    assert_eq!(usage, json!({"folders": 1, "files": 2, "bytes": 8, "unreadable": 0, "delete": "trash"}));
    let whole = world.caller.get(&format!("{}/usage", path("root"))).await.json(200);
    assert_eq!(whole, json!({"folders": 2, "files": 3, "bytes": 10, "unreadable": 0, "delete": "trash"}));
    world.assert_changed(&[]);
}

#[tokio::test]
async fn no_cache_recounts_the_usage() {
    let world = World::start().await;
    let outer = world.site.add_folder("0", "Outer");
    let inner = world.site.add_folder(&outer, "Inner");
    let path = format!("{}/usage", path(&outer));
    let files = async |fields: &[(&str, &str)]| -> Value {
        let request = world.caller.request("GET", &path);
        let request = fields.iter().fold(request, |request, (name, value)| request.header(*name, *value));
        world.caller.send(request).await.json(200)["files"].take()
    };
    assert_eq!(files(&[]).await, 0);
    world.site.add_file(&inner, "a.mp4", b"a");
    world.arrived();
    assert_eq!(files(&[]).await, 0);
    world.assert_nothing_sent();
    assert_eq!(files(&[("cache-control", "no-cache")]).await, 1);
    // The listing of every folder was called, and its result is cached.
    world.assert_sent(&[
        ("folder/listing", &[("parent_folder_id", &outer)]),
        ("folder/listing", &[("parent_folder_id", &inner)]),
    ]);
    assert_eq!(files(&[]).await, 1);
    world.assert_nothing_sent();
}
