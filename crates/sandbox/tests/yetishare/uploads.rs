//! Tests of uploads that succeed, and of their records in the journal.

use polyhost_sandbox::yetishare::{Options, Version};
use reqwest::multipart::{Form, Part};
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::support::{MD5_OF_ABC, empty, form, json, options, with};

#[tokio::test]
async fn upload_is_stored_and_its_reply_matches_the_documentation() {
    let sandbox = empty().await;
    let answer = sandbox.upload("Été – \"東京\".mp4", b"abc").await;
    assert_eq!((&answer["response"], &answer["_status"]), (&json!("File uploaded"), &json!("success")));
    let file = answer["data"][0].clone();
    let (url, hash) = (format!("{}/2Rr", sandbox.origin()), file["delete_hash"].as_str().unwrap());
    let unique = file["unique_hash"].as_str().unwrap();
    assert_eq!((hash.len(), unique.len()), (32, 64));
    let name = file["name"].as_str().unwrap();
    let expected = json!([{
        "name": name, "size": "3", "type": "video/mp4", "error": null, "url": url,
        "delete_url": format!("{url}~d?{hash}"), "info_url": format!("{url}~i?{hash}"), "delete_type": "DELETE",
        "delete_hash": hash, "hash": MD5_OF_ABC, "stats_url": format!("{url}~s"), "short_url": "2Rr",
        "file_id": "1001", "unique_hash": unique,
        "url_html": format!("<a href=\"{url}\" target=\"_blank\" title=\"Download from Sandbox\">download {name}</a>"),
        "url_bbcode": format!("[url]{url}[/url]"),
    }]);
    assert_eq!(answer["data"], expected);
    assert!(name.starts_with("Été – "), "{name}");
    assert_eq!(sandbox.file_bytes("1001").unwrap(), b"abc");
    assert_eq!(sandbox.data("file/info", &[("file_id", "1001")]).await["uploadSource"], "api");
}

#[tokio::test]
async fn fields_before_and_after_the_file_are_read() {
    let sandbox = empty().await;
    let folder = sandbox.add_folder("0", "Films");
    let before = Form::new()
        .text("folder_id", folder.clone())
        .part("upload_file", Part::bytes(b"abc".to_vec()).file_name("a.mp4").mime_str("video/x-own").unwrap())
        .text("note", "behind");
    let answer = json(sandbox.post_upload(before).await).await;
    let id = answer["data"][0]["file_id"].as_str().unwrap();
    assert_eq!(answer["data"][0]["type"], "video/x-own");
    assert_eq!(sandbox.folder_of(id), Some(folder.clone()));
    let received = sandbox.journal().of("file/upload").pop().unwrap();
    assert_eq!(received.parameter("folder_id"), Some(folder.as_str()));
    assert_eq!(received.parameter("note"), Some("behind"));
    assert_eq!(received.parameter("access_token"), Some(sandbox.token.as_str()));
    let upload = received.upload.unwrap();
    assert_eq!((upload.field.as_deref(), upload.file_name.as_deref()), (Some("upload_file"), Some("a.mp4")));
    assert_eq!(upload.content_type.as_deref(), Some("video/x-own"));
    assert_eq!((upload.bytes, upload.complete), (3, true));
    assert!(upload.declared_length.unwrap() > 3);
}

#[tokio::test]
async fn folder_of_an_upload_is_not_checked() {
    for version in [Version::V4, Version::V5] {
        let sandbox = with(Options { version, ..options() }).await;
        let foreign = sandbox.add_foreign_folder("theirs");
        for folder in [foreign.as_str(), "999"] {
            let answer =
                json(sandbox.post_upload(form("a.mp4", b"abc").text("folder_id", folder.to_owned())).await).await;
            let id = answer["data"][0]["file_id"].as_str().unwrap();
            assert_eq!(sandbox.folder_of(id).as_deref(), Some(folder));
        }
        for folder in ["", "0", "null"] {
            let answer = json(sandbox.post_upload(form("a.mp4", b"abc").text("folder_id", folder)).await).await;
            let id = answer["data"][0]["file_id"].as_str().unwrap();
            assert_eq!(sandbox.folder_of(id).as_deref(), Some("0"));
        }
    }
}

#[tokio::test]
async fn uploaded_name_has_no_folders() {
    let sandbox = empty().await;
    assert_eq!(sandbox.upload("films/old/a.mp4", b"abc").await["data"][0]["name"], "a.mp4");
}

#[tokio::test]
async fn hash_may_not_be_an_md5() {
    let sandbox = with(Options { hash_is_md5: false, ..options() }).await;
    let hash = sandbox.upload("a.mp4", b"abc").await["data"][0]["hash"].as_str().unwrap().to_owned();
    assert_eq!(hash.len(), 32);
    assert_ne!(hash, MD5_OF_ABC);
}

#[tokio::test]
async fn damaged_upload_differs_from_the_bytes_sent() {
    let sandbox = empty().await;
    sandbox.spoil_next_upload();
    let damaged = sandbox.upload("a.mp4", b"abc").await["data"][0].clone();
    assert_eq!(damaged["size"], "3");
    assert_ne!(damaged["hash"], MD5_OF_ABC);
    assert_ne!(sandbox.file_bytes("1001").unwrap(), b"abc");
    assert_eq!(sandbox.upload("a.mp4", b"abc").await["data"][0]["hash"], MD5_OF_ABC);
}

#[tokio::test]
async fn truncated_upload_lacks_its_last_byte() {
    let sandbox = empty().await;
    let bytes: Vec<u8> = (0..1_000_000_u32).map(|at| (at % 251) as u8).collect();
    sandbox.truncate_next_upload();
    assert_eq!(sandbox.upload("a.mp4", &bytes).await["data"][0]["size"], "999999");
    assert!(sandbox.file_bytes("1001").unwrap() == bytes[..999_999]);
    assert_eq!(sandbox.upload("a.mp4", &bytes).await["data"][0]["size"], "1000000");
    assert_eq!(sandbox.journal().of("file/upload")[0].upload.as_ref().unwrap().bytes, 1_000_000);
}

#[tokio::test]
async fn large_upload_is_stored_completely() {
    let sandbox = empty().await;
    let bytes: Vec<u8> = (0..5_000_000_u32).map(|at| (at % 253) as u8).collect();
    assert_eq!(sandbox.upload("a.mkv", &bytes).await["data"][0]["size"], "5000000");
    assert!(sandbox.file_bytes("1001").unwrap() == bytes);
}

#[tokio::test]
async fn aborted_upload_stores_no_file_and_is_incomplete() {
    let sandbox = empty().await;
    let mut stream = TcpStream::connect(("127.0.0.1", sandbox.port())).await.unwrap();
    let field =
        |name: &str, value: &str| format!("--x\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n");
    let body = format!(
        "{}{}--x\r\nContent-Disposition: form-data; name=\"upload_file\"; filename=\"a.mp4\"\r\n\r\n{}",
        field("access_token", &sandbox.token),
        field("account_id", "158642"),
        "a".repeat(500)
    );
    let head = "POST /api/v2/file/upload HTTP/1.1\r\nHost: x\r\nContent-Type: multipart/form-data; boundary=x\r\n\
                Content-Length: 5000\r\n\r\n";
    stream.write_all(head.as_bytes()).await.unwrap();
    stream.write_all(body.as_bytes()).await.unwrap();
    stream.shutdown().await.unwrap();
    let _ = stream.read_to_end(&mut Vec::new()).await;
    assert_eq!(sandbox.counts().files, 0);
    let received = sandbox.journal().of("file/upload").pop().unwrap();
    assert_eq!(received.parameter("account_id"), Some("158642"));
    let upload = received.upload.unwrap();
    assert_eq!((upload.declared_length, upload.complete), (Some(5000), false));
    assert!((1..=500).contains(&upload.bytes), "{upload:?}");
}
