//! Tests of callers that disconnect before the answer: a write that was begun is completed.

use std::time::Duration;

use polyhost_sandbox::Fault;
use serde_json::json;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

use super::world::{World, at};
use crate::world::KEY;

/// Sends a complete request, and returns its connection, which closes when dropped.
async fn send(world: &World, method: &str, path: &str, content_type: &str, body: &str) -> TcpStream {
    let address = world.gateway.address();
    let request = format!(
        "{method} {} HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {KEY}\r\nContent-Type: {content_type}\r\n\
         Content-Length: {}\r\n\r\n{body}",
        at(path),
        body.len()
    );
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    stream
}

/// Waits until a condition holds at the site.
async fn until(condition: impl Fn() -> bool) {
    let met = async {
        while !condition() {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), met).await.expect("the condition holds");
}

#[tokio::test]
async fn change_of_two_calls_is_completed_after_a_disconnect() {
    let world = World::start().await;
    let folder = world.site.add_folder("0", "Films");
    let file = world.site.add_file("0", "a.mp4", b"hello");
    world.caller.get("/v1/accounts/plays").await.status(200);
    world.arrived();
    world.inject("file/move", Fault::Delay { millis: 300 });
    let body = json!({"name": "b.mp4", "folder_id": folder}).to_string();
    let caller = send(&world, "PATCH", &format!("files/{file}"), "application/json", &body).await;
    world.sent("file/move", 1).await;
    drop(caller);
    until(|| world.site.find_file("b.mp4").is_some()).await;
    assert_eq!(world.site.folder_of(&file).as_deref(), Some(&*folder));
    let moved: &[(&str, &str)] = &[("file_id", &file), ("new_parent_folder_id", &folder)];
    world.assert_changed(&[("file/move", moved), ("file/edit", &[("file_id", &file), ("filename", "b.mp4")])]);
}

#[tokio::test]
async fn move_and_rename_of_a_folder_are_completed_too() {
    let world = World::start().await;
    let (films, id) = (world.site.add_folder("0", "Films"), world.site.add_folder("0", "Old"));
    world.inject("folder/move", Fault::Delay { millis: 300 });
    let body = json!({"name": "New", "parent_id": films}).to_string();
    let caller = send(&world, "PATCH", &format!("folders/{id}"), "application/json", &body).await;
    world.sent("folder/move", 1).await;
    drop(caller);
    until(|| world.site.find_folder("New").is_some()).await;
    assert_eq!(world.site.parent_of(&id), Some(films));
}

#[tokio::test]
async fn file_with_a_wrong_digest_is_deleted_after_a_disconnect() {
    let world = World::start().await;
    // The site has received all bytes, and answers slowly.
    world.inject("file/upload", Fault::Drip { millis: 1 });
    let path = format!("files?name=a.mp4&sha1={}", "0".repeat(40));
    let caller = send(&world, "POST", &path, "video/mp4", "hello").await;
    until(|| world.site.counts().files == 1).await;
    drop(caller);
    until(|| world.site.counts().trashed_files == 1).await;
    assert_eq!(world.site.counts().files, 0);
    let operations = world.operations();
    let of = |wanted: &str| operations.iter().filter(|operation| *operation == wanted).count();
    assert_eq!((of("file/upload"), of("file/delete")), (1, 1), "{operations:?}");
}

#[tokio::test]
async fn write_of_a_disconnected_caller_invalidates_the_cache() {
    let world = World::start().await;
    let file = world.site.add_file("0", "a.mp4", b"hello");
    assert_eq!(world.caller.get(&at("folders/root/items")).await.items().len(), 1);
    world.inject("file/delete", Fault::Delay { millis: 100 });
    let caller = send(&world, "DELETE", &format!("files/{file}"), "application/json", "").await;
    world.sent("file/delete", 1).await;
    drop(caller);
    until(|| world.site.file_status(&file).as_deref() == Some("trash")).await;
    // The answer is still in transit to the gateway, which invalidates the old listing when it arrives.
    let read = async {
        while !world.caller.get(&at("folders/root/items")).await.items().is_empty() {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), read).await.expect("the old listing is invalidated");
}
