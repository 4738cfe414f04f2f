//! Tests of concurrent writes through the gateway that would invalidate each other's checks.

use std::time::Duration;

use polyhost_end_to_end::Answer;
use polyhost_sandbox::{Fault, Rule};
use serde_json::json;

use super::world::{World, at};

const SLOW: Fault = Fault::DelayAnswer { millis: 600 };

fn path(folder: &str) -> String {
    at(&format!("folders/{folder}"))
}

#[tokio::test]
async fn two_opposite_moves_make_no_cycle() {
    for fault in [SLOW, Fault::Delay { millis: 300 }] {
        let world = World::start().await;
        let (a, b) = (world.site.add_folder("0", "a"), world.site.add_folder("0", "b"));
        world.inject("folder/move", fault);
        let (to_a, to_b) = (json!({"parent_id": a}), json!({"parent_id": b}));
        let (paths, caller) = ([path(&a), path(&b)], &world.caller);
        let (one, two) = tokio::join!(caller.patch(&paths[0], &to_b), caller.patch(&paths[1], &to_a));
        let refused = if one.status == 200 { two } else { one.status(409) };
        refused.problem(409, "folder_cycle");
        let parents = [&a, &b].map(|folder| world.site.parent_of(folder).unwrap());
        assert!(parents.contains(&"0".to_owned()), "{parents:?}");
    }
}

#[tokio::test]
async fn folder_with_an_upload_in_progress_is_not_deleted() {
    let world = World::start().await;
    let folder = world.site.add_folder("0", "Films");
    world.inject("file/upload", SLOW);
    let deleting = async {
        world.sent("file/upload", 1).await;
        let refused = world.caller.delete(&path(&folder)).await;
        assert!(refused.problem(409, "folder_not_empty")["detail"].as_str().unwrap().contains("is being added"));
    };
    let more = format!("&folder_id={folder}");
    let (uploaded, ()) = tokio::join!(world.upload("a.mp4", &more, b"hello"), deleting);
    let id = super::world::id(&uploaded.json(201));
    assert_eq!(world.site.file_status(&id).as_deref(), Some("active"));
    assert_eq!(world.site.folder_status(&folder).as_deref(), Some("active"));
}

/// Deletes a folder recursively while a request for something in it waits for the site's answer.
async fn deleted_during(world: &World, operation: &str, folder: &str, request: impl Future<Output = Answer>) -> Answer {
    world.inject(operation, SLOW);
    let deleting = async {
        world.sent(operation, 1).await;
        world.caller.delete(&format!("{}?recursive=true", path(folder))).await.no_content();
    };
    let (answer, ()) = tokio::join!(request, deleting);
    answer
}

#[tokio::test]
async fn upload_is_refused_if_its_file_is_deleted_with_its_folder() {
    let world = World::start().await;
    let folder = world.site.add_folder("0", "Films");
    let more = format!("&folder_id={folder}");
    let upload = world.upload("a.mp4", &more, b"hello");
    deleted_during(&world, "file/upload", &folder, upload).await.problem(404, "folder_not_found");
}

#[tokio::test]
async fn confirmed_upload_succeeds_though_its_check_fails() {
    let world = World::start().await;
    let folder = world.site.add_folder("0", "Films");
    world.inject("file/info", Fault::http(500));
    let more = format!("&folder_id={folder}");
    let upload = world.upload("a.mp4", &more, b"hello");
    let file = deleted_during(&world, "file/upload", &folder, upload).await.json(201);
    assert_eq!((&file["name"], &file["folder_id"]), (&json!("a.mp4"), &json!(folder)));
}

#[tokio::test]
async fn remote_upload_succeeds_though_its_folder_is_deleted() {
    let world = World::start().await;
    let folder = world.site.add_folder("0", "Films");
    let body = json!({"url": "https://media.example.org/bunny.mov", "folder_id": folder});
    let target = at("remote-uploads");
    let request = world.caller.post(&target, &body);
    deleted_during(&world, "file/url_upload_add", &folder, request).await.status(202);
    world.caller.post(&at("remote-uploads"), &body).await.problem(404, "folder_not_found");
}

#[tokio::test]
async fn folder_with_an_upload_of_unknown_outcome_is_not_deleted() {
    for operation in ["file/upload", "file/url_upload_add"] {
        let world = World::start().await;
        let folder = world.site.add_folder("0", "Films");
        world.inject(operation, Fault::CloseAfterBody);
        let answer = if operation == "file/upload" {
            world.upload("a.mp4", &format!("&folder_id={folder}"), b"hello").await
        } else {
            let body = json!({"url": "https://media.example.org/bunny.mov", "folder_id": folder});
            world.caller.post(&at("remote-uploads"), &body).await
        };
        answer.problem(504, "outcome_unknown");
        let refused = world.caller.delete(&path(&folder)).await.problem(409, "folder_not_empty");
        assert!(refused["detail"].as_str().unwrap().contains("is being added"), "{operation}: {refused}");
        world.caller.delete(&format!("{}?recursive=true", path(&folder))).await.no_content();
    }
}

#[tokio::test]
async fn upload_into_a_folder_that_is_being_deleted_waits_and_fails() {
    let world = World::at_site(|options| options.trashed_folders_answer = true).await;
    let folder = world.site.add_folder("0", "Films");
    world.inject("folder/delete", SLOW);
    let more = format!("&folder_id={folder}");
    let uploading = async {
        world.sent("folder/delete", 1).await;
        world.upload("a.mp4", &more, b"hello").await.problem(404, "folder_not_found");
    };
    let folder_path = path(&folder);
    let (deleted, ()) = tokio::join!(world.caller.delete(&folder_path), uploading);
    deleted.no_content();
    assert!(!world.operations().contains(&"file/upload".to_owned()));
}

#[tokio::test]
async fn folder_with_a_pending_remote_upload_is_not_deleted() {
    let world = World::start().await;
    let folder = world.site.add_folder("0", "Films");
    let body = json!({"url": "https://media.example.org/bunny.mov", "folder_id": folder});
    world.caller.post(&at("remote-uploads"), &body).await.status(202);
    world.caller.delete(&path(&folder)).await.problem(409, "folder_not_empty");
    world.site.faults().add(Rule::new("file/url_upload_status", Fault::http(500)));
    world.caller.delete(&path(&folder)).await.problem(409, "folder_not_empty");
    world.site.faults().clear();
    world.assert_changed(&[(
        "file/url_upload_add",
        &[("file_url_base64", "aHR0cHM6Ly9tZWRpYS5leGFtcGxlLm9yZy9idW5ueS5tb3Y="), ("folder_id", &folder)],
    )]);
    // Once the remote upload has ended, the listing decides.
    world.clock.advance(Duration::from_secs(60));
    world.caller.delete(&path(&folder)).await.problem(409, "folder_not_empty");
    let files = world.caller.get(&format!("{}/items", path(&folder))).await.items();
    for file in files {
        world.caller.delete(&at(&format!("files/{}", super::world::id(&file)))).await.no_content();
    }
    world.caller.delete(&path(&folder)).await.no_content();
}
