//! Tests of copying files.

use polyhost_end_to_end::body;
use serde_json::json;

use super::world::{World, at, id};

fn path(file: &str) -> String {
    at(&format!("files/{file}/copy"))
}

#[tokio::test]
async fn copy_is_a_new_equal_file_in_the_given_folder() {
    let world = World::start().await;
    let folder = world.site.add_folder("0", "Films");
    let original = world.site.add_file("0", "a.mp4", b"hello");
    let answer = world.caller.post(&path(&original), &json!({"folder_id": folder})).await.status(201);
    let location = answer.header("location").map(str::to_owned);
    let copy = answer.json(201);
    body::file(&copy);
    let new = id(&copy);
    assert_ne!(new, original);
    assert_eq!(location, Some(at(&format!("files/{new}"))));
    assert_eq!((&copy["folder_id"], &copy["size"], &copy["status"]), (&json!(folder), &json!(5), &json!("active")));
    world.assert_changed(&[("file/copy", &[("copy_to_folder_id", &folder), ("file_id", &original)])]);
    assert_eq!(world.site.file_bytes(&new).unwrap(), b"hello");
    assert_eq!(world.site.folder_of(&original).as_deref(), Some("0"));
    assert_eq!(world.caller.get(&location.unwrap()).await.json(200)["folder_id"], json!(folder));

    world.arrived();
    let copy = world.caller.post(&path(&new), &json!({"folder_id": "root"})).await.json(201);
    assert_eq!(copy["folder_id"], "root");
    world.assert_changed(&[("file/copy", &[("copy_to_folder_id", "null"), ("file_id", &new)])]);
    assert_eq!(world.site.folder_of(&id(&copy)).as_deref(), Some("0"));
}

#[tokio::test]
async fn copy_is_listed_at_once() {
    let world = World::start().await;
    let original = world.site.add_file("0", "a.mp4", b"hello");
    let listing = at("folders/root/items");
    assert_eq!(world.caller.get(&listing).await.items().len(), 1);
    world.caller.post(&path(&original), &json!({"folder_id": "root"})).await.status(201);
    assert_eq!(world.caller.get(&listing).await.items().len(), 2);
}

#[tokio::test]
async fn copy_requires_a_folder_id() {
    let world = World::start().await;
    let file = world.site.add_file("0", "a.mp4", b"hello");
    for body in [json!({}), json!({"folder_id": null}), json!({"folder_id": 5})] {
        let answer = world.caller.post(&path(&file), &body).await;
        assert_eq!(answer.faults("invalid_request"), ["/folder_id"], "{body}");
    }
    let more = json!({"folder_id": "root", "name": "b.mp4"});
    assert_eq!(world.caller.post(&path(&file), &more).await.faults("invalid_request"), ["/name"]);
    world.assert_nothing_sent();
}

#[tokio::test]
async fn copy_of_or_into_a_missing_object_is_refused() {
    let world = World::start().await;
    let file = world.site.add_file("0", "a.mp4", b"hello");
    let trashed = world.site.add_file("0", "b.mp4", b"hello");
    world.site.set_file_status(&trashed, "trash");
    let foreign = world.site.add_foreign_file("theirs.mp4", b"hello");
    let before = world.site.counts();
    let problem = world.caller.post(&path(&file), &json!({"folder_id": "77777"})).await;
    assert!(problem.problem(404, "folder_not_found")["detail"].as_str().unwrap().contains("77777"));
    for id in ["77777", &trashed, &foreign] {
        let answer = world.caller.post(&path(id), &json!({"folder_id": "root"})).await;
        answer.problem(404, "file_not_found");
    }
    assert_eq!(world.site.counts(), before);
}
