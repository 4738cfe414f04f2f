//! Tests of uploads to streamplay: bytes arrive unchanged, and the limits of the account's plan hold.

use polyhost_end_to_end::body;
use polyhost_sandbox::ReceivedUpload;
use serde_json::{Value, json};
use sha1::{Digest, Sha1};

use super::world::{World, at, bytes, id};

/// The MD5 of `hello`.
const HELLO_MD5: &str = "5d41402abc4b2a76b9719d911017c592";

fn sha1_of(bytes: &[u8]) -> String {
    hex::encode(Sha1::digest(bytes))
}

/// Returns the site's record of the only upload, which must be complete.
#[track_caller]
fn only_upload(world: &World) -> ReceivedUpload {
    let arrived = world.arrived();
    let uploads: Vec<_> = arrived.iter().filter(|call| call.operation == "file/upload").collect();
    assert_eq!(uploads.len(), 1);
    assert_eq!(uploads[0].header("transfer-encoding"), None);
    let declared = uploads[0].header("content-length").unwrap().parse::<u64>().unwrap();
    let upload = uploads[0].upload.clone().unwrap();
    assert!(upload.complete);
    assert_eq!((upload.declared_length, upload.field.as_deref()), (Some(declared), Some("upload_file")));
    assert!(declared > upload.bytes && declared < upload.bytes + 4096, "{upload:?}");
    upload
}

/// Returns whether the site received an upload.
fn was_uploaded(world: &World) -> bool {
    world.operations().iter().any(|operation| operation == "file/upload")
}

#[tokio::test]
async fn bytes_of_every_length_arrive_unchanged() {
    let world = World::start().await;
    for length in [1, 64 * 1024 - 1, 64 * 1024, 64 * 1024 + 1, 8 * 1024 * 1024] {
        let sent = bytes(length);
        let name = format!("{length}.mp4");
        let answer = world.upload(&name, "", &sent).await.status(201);
        let location = answer.header("location").map(str::to_owned);
        let file = answer.json(201);
        body::uploaded_file(&file);
        assert_eq!(location, Some(at(&format!("files/{}", id(&file)))));
        assert_eq!((&file["name"], &file["size"], &file["folder_id"]), (&json!(name), &json!(length), &json!("root")));
        assert_eq!((&file["account"], &file["provider"]), (&json!("plays"), &json!("streamplay")));
        assert!(world.site.file_bytes(&id(&file)).unwrap() == sent, "{length} bytes did not arrive unchanged");
        assert_eq!(world.site.folder_of(&id(&file)).as_deref(), Some("0"));
        let arrived = only_upload(&world);
        assert_eq!((arrived.bytes, arrived.content_type.as_deref()), (length as u64, Some("video/mp4")));
        let read = world.caller.get(&location.unwrap()).await.json(200);
        assert_eq!((&read["size"], &read["short_code"]), (&json!(length), &file["short_code"]));
        world.arrived();
    }
}

#[tokio::test]
async fn file_is_uploaded_to_the_given_folder() {
    let world = World::start().await;
    let folder = world.site.add_folder("0", "Films");
    let file = world.upload("a.mp4", &format!("&folder_id={folder}"), b"hello").await.json(201);
    assert_eq!(file["folder_id"], json!(folder));
    assert_eq!(world.site.folder_of(&id(&file)), Some(folder));
    world.upload("b.mp4", "&folder_id=root", b"hello").await.status(201);
    assert_eq!(world.site.folder_of(&world.site.find_file("b.mp4").unwrap()).as_deref(), Some("0"));
}

#[tokio::test]
async fn missing_folder_is_refused_before_any_byte_is_sent() {
    // The site itself accepts any number, and the file would be unreachable.
    let world = World::start().await;
    let foreign = world.site.add_foreign_folder("Theirs");
    for folder in ["77777", &foreign] {
        let answer = world.upload("a.mp4", &format!("&folder_id={folder}"), b"hello").await;
        answer.problem(404, "folder_not_found");
    }
    assert!(!was_uploaded(&world));
    assert_eq!(world.site.counts().files, 0);
}

#[tokio::test]
async fn reported_hash_is_shown_only_if_it_is_the_md5() {
    let world = World::start().await;
    let file = world.upload("a.mp4", "", b"hello").await.json(201);
    assert_eq!(file["md5"], HELLO_MD5);
    // Some sites report other values as the hash, which is no error.
    let world = World::at_site(|options| options.hash_is_md5 = false).await;
    let file = world.upload("a.mp4", "", b"hello").await.json(201);
    assert_eq!(file["md5"], Value::Null);
    assert_eq!(world.site.file_bytes(&id(&file)).unwrap(), b"hello");
}

#[tokio::test]
async fn file_that_contradicts_its_digest_is_deleted() {
    let world = World::start().await;
    let good = format!("&sha1={}", sha1_of(b"hello").to_uppercase());
    world.upload("a.mp4", &good, b"hello").await.status(201);
    world.arrived();
    let problem = world.upload("b.mp4", &good, b"hellp").await.problem(422, "checksum_mismatch");
    assert_eq!(problem["retryable"], false);
    assert!(world.operations().contains(&"file/delete".to_owned()));
    assert_eq!((world.site.counts().files, world.site.counts().trashed_files), (1, 1));
    assert_eq!(world.site.find_file("b.mp4"), None);
}

#[tokio::test]
async fn upload_over_the_plan_is_refused_before_sending() {
    let world = World::at_site(|options| options.package.max_upload_size = 1024).await;
    let problem = world.upload("a.mp4", "", &bytes(1025)).await.problem(413, "payload_too_large");
    assert_eq!(problem["retryable"], false);
    assert!(!was_uploaded(&world));
    world.upload("a.mp4", "", &bytes(1024)).await.status(201);
    // A limit of zero means unlimited.
    let world = World::at_site(|options| options.package.max_upload_size = 0).await;
    world.upload("a.mp4", "", &bytes(2048)).await.status(201);
}

#[tokio::test]
async fn plan_without_uploads_is_reported_before_sending() {
    let world = World::at_site(|options| options.package.can_upload = false).await;
    world.upload("a.mp4", "", b"hello").await.problem(403, "upstream_forbidden");
    assert!(!was_uploaded(&world));
    // The other account is not affected.
    let path = "/v1/accounts/main/files?name=a.mp4";
    world.caller.typed("POST", path, "video/mp4", "hello").await.status(201);
}

#[tokio::test]
async fn invalid_upload_is_refused_before_anything_is_sent() {
    let world = World::configured(|configuration| configuration.server("max_upload = \"1 KiB\"")).await;
    world.upload("a.mp4", "", b"").await.problem(400, "invalid_request");
    world.upload("a.mp4", "", &bytes(1025)).await.problem(413, "payload_too_large");
    let cases = [("files", "name"), ("files?name=a%2Fb", "name"), ("files?name=a&sha1=xyz", "sha1")];
    for (path, parameter) in cases {
        let answer = world.caller.typed("POST", &at(path), "video/mp4", "hello").await;
        assert_eq!(answer.faults("invalid_request"), [parameter], "{path}");
    }
    world.assert_nothing_sent();
}

#[tokio::test]
async fn delete_url_is_only_in_the_answer_of_the_upload() {
    let world = World::start().await;
    let answer = world.upload("a.mp4", "", b"hello").await.status(201);
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    let file = answer.json(201);
    body::uploaded_file(&file);
    let delete_url = file["delete_url"].as_str().unwrap();
    assert!(delete_url.contains("~d?"), "{delete_url}");
    for path in [format!("files/{}", id(&file)), "folders/root/items".to_owned()] {
        let read = world.caller.get(&at(&path)).await;
        assert!(!read.text().contains("delete_url") && !read.text().contains("~d?"), "{path}: {}", read.text());
    }
}
