//! Tests of uploads: bytes arrive unchanged, and damaged or unconfirmed uploads are handled.

use std::path::Path;
use std::time::Duration;

use polyhost_end_to_end::{Answer, Caller, body, wire};
use polyhost_sandbox::openload::UploadReply;
use polyhost_sandbox::{Fault, ReceivedUpload};
use serde_json::{Value, json};
use sha1::{Digest, Sha1};

use crate::world::{KEY, World, at};

/// Returns the SHA-1 of some bytes, in hexadecimal.
fn sha1_of(bytes: &[u8]) -> String {
    hex::encode(Sha1::digest(bytes))
}

/// Returns bytes without a short period.
fn bytes(length: usize) -> Vec<u8> {
    (0_u32..).flat_map(|n| n.wrapping_mul(2_654_435_761).to_le_bytes()).take(length).collect()
}

/// Uploads bytes under a name, with further query parameters.
async fn upload(caller: &Caller, name: &str, more: &str, bytes: &[u8]) -> Answer {
    let encoded = percent_encoding::utf8_percent_encode(name, percent_encoding::NON_ALPHANUMERIC);
    let path = at(&format!("files?name={encoded}{more}"));
    caller.typed("POST", &path, "video/mp4", bytes.to_vec()).await
}

/// Returns the site's record of the only upload, which must be complete.
fn only_upload(world: &World) -> ReceivedUpload {
    let arrived = world.arrived();
    let operations: Vec<&str> = arrived.iter().map(|call| call.operation.as_str()).collect();
    assert_eq!(operations, ["file/ul", "upload"]);
    assert_eq!(arrived[1].header("transfer-encoding"), None);
    let declared = arrived[1].header("content-length").unwrap().parse::<u64>().unwrap();
    let upload = arrived[1].upload.clone().unwrap();
    assert!(upload.complete);
    assert_eq!(upload.declared_length, Some(declared));
    assert!(declared > upload.bytes && declared < upload.bytes + 2048, "{upload:?}");
    upload
}

#[tokio::test]
async fn bytes_of_every_length_arrive_unchanged() {
    let world = World::start().await;
    for length in [1, 64 * 1024 - 1, 64 * 1024, 64 * 1024 + 1] {
        check_whole(&world, length).await;
    }
}

#[tokio::test]
async fn large_file_arrives_unchanged() {
    check_whole(&World::start().await, 20 * 1024 * 1024).await;
}

async fn check_whole(world: &World, length: usize) {
    let sent = bytes(length);
    let name = format!("{length}.mp4");
    let answer = upload(&world.caller, &name, "", &sent).await;
    let location = answer.header("location").map(str::to_owned);
    let file = answer.json(201);
    body::uploaded_file(&file);
    let id = file["id"].as_str().unwrap();
    assert_eq!(location, Some(at(&format!("files/{id}"))));
    assert_eq!((&file["name"], &file["size"]), (&json!(name), &json!(length)));
    assert_eq!((&file["sha1"], &file["folder_id"]), (&json!(sha1_of(&sent)), &json!("root")));
    assert_eq!(file["content_type"], "video/mp4");
    assert!(world.site.file_bytes(id).unwrap() == sent, "{length} bytes did not arrive unchanged");
    let arrived = only_upload(world);
    assert_eq!((arrived.field.as_deref(), arrived.bytes), (Some("file1"), length as u64));
    assert_eq!(arrived.content_type.as_deref(), Some("video/mp4"));
    assert_eq!(world.caller.get(&location.unwrap()).await.json(200)["size"], json!(length));
    world.arrived();
}

#[tokio::test]
async fn names_of_every_language_arrive_unchanged() {
    let world = World::start().await;
    let names = [
        "東京物語.mp4",
        "فيلم قصير.mp4",
        "🎬🍿.mp4",
        "say \"hello\" & 'bye'; a=b\\c.mp4",
        ".hidden",
        "100% + more?#.mp4",
        &"é".repeat(255),
    ];
    for name in names {
        let file = upload(&world.caller, name, "", b"hello").await.json(201);
        assert_eq!(file["name"], json!(name));
        assert_eq!(world.site.find_file(name), file["id"].as_str().map(str::to_owned), "{name}");
    }
}

#[tokio::test]
async fn file_is_uploaded_to_the_given_folder() {
    let world = World::start().await;
    let folder = world.site.add_folder("0", "Films");
    let file = upload(&world.caller, "a.mp4", &format!("&folder_id={folder}"), b"hello").await.json(201);
    assert_eq!(file["folder_id"], json!(folder));
    assert_eq!(world.site.folder_of(file["id"].as_str().unwrap()), Some(folder.clone()));
    assert_eq!(world.arrived()[0].parameter("folder"), Some(&*folder));
    upload(&world.caller, "a.mp4", "&folder_id=root", b"hello").await.status(201);
    assert_eq!(world.arrived()[0].parameter("folder"), None);

    // The site rejects the folder before any byte of the file is sent.
    upload(&world.caller, "a.mp4", "&folder_id=99999", b"hello").await.problem(404, "folder_not_found");
    assert_eq!(world.operations(), ["file/ul"]);
}

#[tokio::test]
async fn declared_digest_is_enforced_and_no_wrong_file_remains() {
    let world = World::start().await;
    let good = format!("&sha1={}", sha1_of(b"hello").to_uppercase());
    upload(&world.caller, "a.mp4", &good, b"hello").await.status(201);
    assert_eq!(world.arrived()[0].parameter("sha1"), Some(&*sha1_of(b"hello")));
    let before = world.site.counts().files;
    let problem = upload(&world.caller, "a.mp4", &good, b"hellp").await.problem(422, "checksum_mismatch");
    assert_eq!(problem["retryable"], false);
    assert_eq!(world.site.counts().files, before);
}

#[tokio::test]
async fn file_damaged_in_transit_is_detected_and_deleted() {
    let world = World::start().await;
    world.site.spoil_next_upload();
    upload(&world.caller, "a.mp4", "", b"hello").await.problem(502, "upload_corrupted");
    assert_eq!(world.operations(), ["file/ul", "upload", "file/info", "file/delete"]);
    assert_eq!(world.site.counts().files, 0);
}

#[tokio::test]
async fn reply_with_the_id_of_another_file_deletes_nothing() {
    let world = World::start().await;
    let older = world.site.add_file("0", "precious.mp4", b"precious");
    let reply = json!({"status": 200, "msg": "OK", "result": {"id": older, "sha1": sha1_of(b"other"), "size": "5"}});
    world.inject(
        "upload",
        Fault::Status { http: 200, body_status: None, headers: Vec::new(), body: Some(reply.to_string()) },
    );
    let problem = upload(&world.caller, "a.mp4", "", b"hello").await.problem(502, "upload_corrupted");
    assert_eq!(problem["left_behind"], true);
    let wrong = format!("&sha1={}", sha1_of(b"hellp"));
    upload(&world.caller, "a.mp4", &wrong, b"hello").await.problem(422, "checksum_mismatch");
    assert_eq!(world.site.find_file("precious.mp4"), Some(older));
}

#[tokio::test]
async fn id_is_read_from_the_url_of_a_reply_without_an_id() {
    let world = World::at_site(|options| options.upload_reply = UploadReply::UrlAlone).await;
    let file = upload(&world.caller, "a.mp4", "", b"hello").await.json(201);
    assert_eq!(world.site.find_file("a.mp4"), file["id"].as_str().map(str::to_owned));
}

#[tokio::test]
async fn reply_without_a_file_is_resolved_by_name_and_size() {
    let world = World::at_site(|options| options.upload_reply = UploadReply::Nameless).await;
    world.site.add_file("0", "a.mp4", b"other length");
    let file = upload(&world.caller, "a.mp4", "", b"hello").await.json(201);
    assert_eq!((&file["name"], &file["size"]), (&json!("a.mp4"), &json!(5)));
    assert_eq!(world.site.file_bytes(file["id"].as_str().unwrap()).unwrap(), b"hello");
    assert_eq!(world.operations(), ["file/ul", "upload", "file/listfolder"]);
}

#[tokio::test]
async fn older_file_is_never_mistaken_or_deleted_for_the_upload() {
    let world = World::at_site(|options| options.upload_reply = UploadReply::Nameless).await;
    let older = world.site.add_file("0", "a.mp4", b"OLDER");
    // The bytes are corrupted in transit, so that no file of the folder equals the upload.
    world.site.spoil_next_upload();
    upload(&world.caller, "a.mp4", "", b"hello").await.problem(504, "outcome_unknown");
    let wrong = format!("&sha1={}", "0".repeat(40));
    upload(&world.caller, "a.mp4", &wrong, b"OLDER").await.problem(422, "checksum_mismatch");
    assert_eq!(world.site.file_bytes(&older).unwrap(), b"OLDER");
    assert!(!world.operations().iter().any(|operation| operation == "file/delete"));
}

#[tokio::test]
async fn invalid_upload_is_refused_before_anything_is_sent() {
    let world = World::configured(|configuration| configuration.server("max_upload = \"1 KiB\"")).await;
    let caller = &world.caller;
    let path = at("files?name=a.mp4");
    caller.typed("POST", &path, "video/mp4", Vec::new()).await.problem(400, "invalid_request");
    caller.send(caller.request("POST", &path)).await.problem(400, "invalid_request");
    upload(caller, "a.mp4", "", &bytes(1025)).await.problem(413, "payload_too_large");
    let form = reqwest::multipart::Form::new().text("name", "a.mp4");
    let answer = caller.send(caller.request("POST", &at("files")).multipart(form)).await;
    assert_eq!(answer.faults("invalid_request"), ["/file"]);
    let cases = [("files", "name"), ("files?name=", "name"), ("files?name=a%2Fb", "name"), ("files?name=..", "name")];
    let more = [("files?name=a&sha1=xyz", "sha1"), ("files?name=a&size=5", "size"), ("files?name=a%00", "name")];
    for (path, parameter) in cases.into_iter().chain(more) {
        let answer = caller.typed("POST", &at(path), "video/mp4", "hello").await;
        assert_eq!(answer.faults("invalid_request"), [parameter], "{path}");
    }
    world.assert_nothing_sent();
    upload(caller, "a.mp4", "", &bytes(1024)).await.status(201);
}

#[tokio::test]
async fn default_media_type_of_curl_counts_as_none() {
    let world = World::start().await;
    let path = at("files?name=a.mkv");
    let form = "application/x-www-form-urlencoded";
    let file = world.caller.typed("POST", &path, form, "hello").await.json(201);
    assert_eq!(file["content_type"], "video/x-matroska");
    assert_ne!(only_upload(&world).content_type.as_deref(), Some(form));
    let file = world.caller.typed("POST", &path, "video/webm; codecs=vp9", "hello").await.json(201);
    assert!(file["content_type"].as_str().unwrap().starts_with("video/webm"), "{file}");
}

#[tokio::test]
async fn body_that_ends_early_leaves_no_file() {
    let world = World::start().await;
    let address = world.gateway.address();
    let path = at("files?name=a.mp4");
    let head = format!(
        "POST {path} HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {KEY}\r\nContent-Length: 1000\r\n\
         Connection: close\r\n\r\nonly this much"
    );
    let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
    tokio::io::AsyncWriteExt::write_all(&mut stream, head.as_bytes()).await.unwrap();
    let sent = async {
        while world.site.journal().of("upload").is_empty() {
            tokio::time::sleep(Duration::from_millis(5)).await
        }
    };
    tokio::time::timeout(Duration::from_secs(10), sent).await.unwrap();
    drop(stream);
    // The gateway still serves, and the site has no file.
    world.caller.get("/v1/me").await.status(200);
    assert_eq!(world.site.counts().files, 0);
    assert!(world.arrived().iter().all(|call| call.upload.as_ref().is_none_or(|upload| !upload.complete)));
}

#[tokio::test]
async fn upload_without_a_key_is_refused_before_reading_its_body() {
    let world = World::start().await;
    let address = world.gateway.address();
    let head = format!(
        "POST {} HTTP/1.1\r\nHost: {address}\r\nContent-Length: 100000000\r\nConnection: close\r\n\r\nxx",
        at("files?name=a.mp4")
    );
    let answer = wire::send(address, head.as_bytes()).await.unwrap();
    answer.problem(401, "unauthenticated");
    world.assert_nothing_sent();
}

#[tokio::test]
async fn real_video_goes_through_every_file_operation() {
    let world = World::start().await;
    let clip = std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/clip.mp4")).unwrap();
    let digest = sha1_of(&clip);
    let file = upload(&world.caller, "clip.mp4", &format!("&sha1={digest}"), &clip).await.json(201);
    let id = file["id"].as_str().unwrap();
    assert!(world.site.file_bytes(id).unwrap() == clip);
    let path = at(&format!("files/{id}"));

    let folder = world.caller.post(&at("folders"), &json!({"name": "Clips"})).await.json(201)["id"].take();
    let renamed = world.caller.patch(&path, &json!({"name": "Färgtest.mp4", "folder_id": folder})).await.json(200);
    assert_eq!((&renamed["name"], &renamed["folder_id"]), (&json!("Färgtest.mp4"), &folder));

    let items = world.caller.get(&at(&format!("folders/{}/items", folder.as_str().unwrap()))).await.items();
    assert_eq!(items.len(), 1);
    body::file(&items[0]);
    assert_eq!((&items[0]["id"], &items[0]["folder_id"], &items[0]["sha1"]), (&json!(id), &folder, &json!(digest)));
    assert_eq!((&items[0]["size"], &items[0]["uploaded_at"]), (&json!(clip.len()), &json!("2019-07-06T12:00:00Z")));
    assert!(items[0]["page_url"].as_str().unwrap().ends_with(&format!("/v/{id}")));
    assert!(items[0]["embed_url"].as_str().unwrap().ends_with(&format!("/e/{id}")));

    let found = world.caller.post(&at("files/lookup"), &json!({"ids": [id]})).await.json(200);
    assert_eq!(found["items"][0]["file"]["name"], "Färgtest.mp4");
    world.caller.delete(&path).await.no_content();
    world.caller.get(&path).await.problem(404, "file_not_found");
    let left = world.caller.get(&at("folders/root/items?type=file")).await.json(200);
    assert_eq!(left, json!({"items": [], "next_cursor": Value::Null, "unreadable": 0}));
}
