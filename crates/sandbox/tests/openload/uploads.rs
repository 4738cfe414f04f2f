//! Tests of uploads: the URL, its limits, and the POST of the bytes.

use std::time::Duration;

use crate::support::{empty, form, json, with};
use polyhost_sandbox::openload::{Options, UploadReply};
use reqwest::multipart::{Form, Part};
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

#[tokio::test]
async fn upload_is_stored_and_its_reply_matches_the_documentation() {
    let sandbox = empty().await;
    let url = sandbox.upload_url("").await;
    let response = sandbox.post_file(&url, "file1", "Été – 東京.mp4", b"abc").await;
    assert_eq!(response.headers()["content-type"], "text/html; charset=UTF-8");
    let answer = json(response).await;
    let id = answer["result"]["id"].as_str().unwrap();
    let expected = json!({
        "content_type": "video/mp4",
        "id": id,
        "name": "Été – 東京.mp4",
        "sha1": "a9993e364706816aba3e25717850c26c9cd0d89d",
        "size": "3",
        "url": format!("{}/v/{id}", sandbox.base_url().trim_end_matches("/v1")),
    });
    assert_eq!(answer, json!({"status": 200, "msg": "OK", "result": expected}));
    assert_eq!(sandbox.file_bytes(id).unwrap(), b"abc");
    assert_eq!(sandbox.folder_of(id).unwrap(), "0");
}

#[tokio::test]
async fn upload_url_stores_the_file_in_its_folder() {
    let sandbox = empty().await;
    let folder = sandbox.add_folder("0", "Films");
    let uploaded = sandbox.upload(&format!("folder={folder}"), "a.mp4", b"abc").await;
    assert_eq!(sandbox.folder_of(uploaded["id"].as_str().unwrap()), Some(folder));
    assert_eq!(sandbox.refusal("file/ul?folder=None").await, (404, "Folder not found".to_owned()));
}

#[tokio::test]
async fn upload_url_expires_at_its_valid_until() {
    let sandbox = with(Options { upload_url_ttl: Duration::from_secs(60), ..Options::default() }).await;
    let ticket = sandbox.result("file/ul?httponly=true").await;
    assert_eq!(ticket["valid_until"], "2019-07-06 12:01:00");
    sandbox.clock.advance(Duration::from_secs(61));
    let answer = json(sandbox.post_file(ticket["url"].as_str().unwrap(), "file1", "a.mp4", b"abc").await).await;
    assert_eq!(answer, json!({"status": 403, "msg": "Upload URL expired", "result": false}));
}

#[tokio::test]
async fn upload_url_works_once() {
    let sandbox = empty().await;
    let url = sandbox.upload_url("").await;
    assert_eq!(json(sandbox.post_file(&url, "file1", "a.mp4", b"abc").await).await["status"], 200);
    assert_eq!(json(sandbox.post_file(&url, "file1", "a.mp4", b"abc").await).await["status"], 404);
    assert_eq!(sandbox.counts().files, 1);
}

#[tokio::test]
async fn first_file_is_stored_whatever_its_field_name() {
    let sandbox = empty().await;
    let url = sandbox.upload_url("").await;
    let form = Form::new()
        .text("note", "not a file")
        .part("whatever", Part::bytes(b"first".to_vec()).file_name("first.mp4").mime_str("video/x-own").unwrap())
        .part("file1", Part::bytes(b"second".to_vec()).file_name("second.mp4"));
    let answer = json(sandbox.client.post(&url).multipart(form).send().await.unwrap()).await;
    assert_eq!(answer["result"]["name"], "first.mp4");
    assert_eq!(answer["result"]["content_type"], "video/x-own");
    assert_eq!(sandbox.counts().files, 1);
    let upload = sandbox.journal().of("upload").pop().unwrap().upload.unwrap();
    assert_eq!(upload.field.as_deref(), Some("whatever"));
    assert_eq!(upload.file_name.as_deref(), Some("first.mp4"));
    assert_eq!(upload.content_type.as_deref(), Some("video/x-own"));
    assert_eq!((upload.bytes, upload.complete), (5, true));
    assert!(upload.declared_length.unwrap() > 11);
}

#[tokio::test]
async fn extended_file_name_is_not_supported() {
    let sandbox = empty().await;
    let url = sandbox.upload_url("").await;
    let body = "--x\r\nContent-Disposition: form-data; name=\"file1\"; filename*=UTF-8''%C3%89t%C3%A9.mp4\r\n\
                \r\nabc\r\n--x--\r\n";
    let request = sandbox.client.post(&url).header("content-type", "multipart/form-data; boundary=x").body(body);
    let answer = json(request.send().await.unwrap()).await;
    assert_eq!(answer, json!({"status": 400, "msg": "No file was uploaded", "result": false}));
}

#[tokio::test]
async fn upload_without_a_file_or_with_an_empty_one_fails() {
    let sandbox = empty().await;
    let url = sandbox.upload_url("").await;
    let answer = json(sandbox.client.post(&url).body("abc").send().await.unwrap()).await;
    assert_eq!((&answer["status"], &answer["msg"]), (&json!(400), &json!("No file was uploaded")));
    let url = sandbox.upload_url("").await;
    let answer = json(sandbox.post_file(&url, "file1", "a.mp4", b"").await).await;
    assert_eq!((&answer["status"], &answer["msg"]), (&json!(400), &json!("The file is empty")));
    assert_eq!(sandbox.counts().files, 0);
}

#[tokio::test]
async fn declared_sha1_is_enforced() {
    let sandbox = empty().await;
    let right = sandbox.upload("sha1=A9993E364706816ABA3E25717850C26C9CD0D89D", "a.mp4", b"abc").await;
    assert_eq!(right["size"], "3");
    let url = sandbox.upload_url("sha1=7ee4e1c67a2db8fced849ee1bb76e7391b93eb12").await;
    let answer = json(sandbox.post_file(&url, "file1", "b.mp4", b"abc").await).await;
    assert_eq!(answer, json!({"status": 400, "msg": "The sha1 of the file does not match", "result": false}));
    assert_eq!(sandbox.counts().files, 1);
}

#[tokio::test]
async fn damaged_upload_differs_from_the_bytes_sent() {
    let sandbox = empty().await;
    sandbox.spoil_next_upload();
    let damaged = sandbox.upload("", "a.mp4", b"abc").await;
    assert_ne!(damaged["sha1"], "a9993e364706816aba3e25717850c26c9cd0d89d");
    assert_eq!(damaged["size"], "3");
    assert_ne!(sandbox.file_bytes(damaged["id"].as_str().unwrap()).unwrap(), b"abc");
    let intact = sandbox.upload("", "a.mp4", b"abc").await;
    assert_eq!(intact["sha1"], "a9993e364706816aba3e25717850c26c9cd0d89d");
}

/// Returns a form of unknown length, so that the client sends it chunked.
fn chunked() -> Form {
    let body = reqwest::Body::wrap_stream(futures_util::stream::iter([Ok::<_, std::io::Error>("abc")]));
    Form::new().part("file1", Part::stream(body).file_name("a.mp4"))
}

#[tokio::test]
async fn chunked_upload_is_rejected_unless_the_option_allows_it() {
    let sandbox = empty().await;
    let url = sandbox.upload_url("").await;
    let response = sandbox.client.post(&url).multipart(chunked()).send().await.unwrap();
    assert_eq!(response.status(), 411);
    assert!(response.text().await.unwrap().contains("411 Length Required"));
    assert_eq!(json(sandbox.post_file(&url, "file1", "a.mp4", b"abc").await).await["status"], 200);

    let lenient = with(Options { refuse_chunked: false, ..Options::default() }).await;
    let url = lenient.upload_url("").await;
    let answer = json(lenient.client.post(&url).multipart(chunked()).send().await.unwrap()).await;
    assert_eq!(answer["result"]["size"], "3");
    assert_eq!(lenient.journal().of("upload").pop().unwrap().upload.unwrap().declared_length, None);
}

#[tokio::test]
async fn upload_over_the_limit_is_rejected_by_the_web_server() {
    let sandbox = with(Options { max_upload: Some(1000), ..Options::default() }).await;
    let url = sandbox.upload_url("").await;
    assert_eq!(sandbox.post_file(&url, "file1", "a.mp4", &[7; 1000]).await.status(), 413);
    assert_eq!(sandbox.post_file(&url, "file1", "a.mp4", &[7; 500]).await.status(), 200);
}

#[tokio::test]
async fn web_server_rejection_reaches_a_client_that_still_sends() {
    let sandbox = with(Options { max_upload: Some(1000), ..Options::default() }).await;
    let path = sandbox.upload_url("").await.split_once("/ul/").unwrap().1.to_owned();
    let mut stream = TcpStream::connect(("127.0.0.1", sandbox.port())).await.unwrap();
    let head = format!("POST /ul/{path} HTTP/1.1\r\nHost: x\r\nContent-Length: 3000000\r\n\r\n");
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut start = [0; 12];
    stream.read_exact(&mut start).await.unwrap();
    assert_eq!(&start, b"HTTP/1.1 413");
    stream.write_all(&[7; 3_000_000]).await.unwrap();
    stream.write_all(b"GET /v1/x HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").await.unwrap();
    let mut rest = String::new();
    stream.read_to_string(&mut rest).await.unwrap();
    assert!(rest.contains("HTTP/1.1 404"), "{rest}");
}

#[tokio::test]
async fn reply_may_omit_the_id_and_be_sent_as_json() {
    let options = Options { upload_reply: UploadReply::UrlAlone, html_reply_to_upload: false, ..Options::default() };
    let sandbox = with(options).await;
    let url = sandbox.upload_url("").await;
    let response = sandbox.post_file(&url, "file1", "a.mp4", b"abc").await;
    assert_eq!(response.headers()["content-type"], "application/json");
    let answer = json(response).await;
    assert_eq!(answer["result"].get("id"), None);
    let id = answer["result"]["url"].as_str().unwrap().rsplit('/').next().unwrap().to_owned();
    assert_eq!(sandbox.file_bytes(&id).unwrap(), b"abc");
}

#[tokio::test]
async fn reply_may_omit_the_id_and_the_url() {
    let sandbox = with(Options { upload_reply: UploadReply::Nameless, ..Options::default() }).await;
    let answer = json(sandbox.post_file(&sandbox.upload_url("").await, "file1", "a.mp4", b"abc").await).await;
    assert_eq!((answer["result"].get("id"), answer["result"].get("url")), (None, None));
    let id = sandbox.find_file("a.mp4").unwrap();
    assert_eq!(sandbox.file_bytes(&id).unwrap(), b"abc");
}

#[tokio::test]
async fn large_upload_is_stored_completely() {
    let sandbox = empty().await;
    let bytes: Vec<u8> = (0..5_000_000_u32).map(|at| (at % 251) as u8).collect();
    let uploaded = sandbox.upload("", "large.mkv", &bytes).await;
    assert_eq!(uploaded["size"], "5000000");
    assert!(sandbox.file_bytes(uploaded["id"].as_str().unwrap()).unwrap() == bytes);
}

#[tokio::test]
async fn aborted_upload_stores_no_file_and_is_incomplete() {
    let sandbox = empty().await;
    let url = sandbox.upload_url("").await;
    let path = url.split_once("/ul/").unwrap().1;
    let mut stream = TcpStream::connect(("127.0.0.1", sandbox.port())).await.unwrap();
    let head = format!(
        "POST /ul/{path} HTTP/1.1\r\nHost: x\r\nContent-Type: multipart/form-data; boundary=x\r\n\
         Content-Length: 1000\r\n\r\n\
         --x\r\nContent-Disposition: form-data; name=\"f\"; filename=\"a.mp4\"\r\n\r\n{}",
        "a".repeat(500)
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    stream.shutdown().await.unwrap();
    let _ = stream.read_to_end(&mut Vec::new()).await;
    assert_eq!(sandbox.counts().files, 0);
    let upload = sandbox.journal().of("upload").pop().unwrap().upload.unwrap();
    assert_eq!((upload.declared_length, upload.complete), (Some(1000), false));
    assert!((1..=500).contains(&upload.bytes), "{upload:?}");
}

#[tokio::test]
async fn stopped_simulator_does_not_answer() {
    let sandbox = empty().await;
    let url = sandbox.url("account/info");
    let client = sandbox.client.clone();
    assert_eq!(client.get(&url).send().await.unwrap().status(), 200);
    drop(sandbox);
    tokio::time::timeout(Duration::from_secs(5), async {
        while client.get(&url).send().await.is_ok() {
            tokio::task::yield_now().await;
        }
    })
    .await
    .unwrap();
}

#[tokio::test]
async fn same_file_can_be_uploaded_twice() {
    let sandbox = empty().await;
    let url = sandbox.upload_url("").await;
    let first = json(sandbox.client.post(&url).multipart(form("f", "a.mp4", b"abc")).send().await.unwrap()).await;
    let second = sandbox.upload("", "a.mp4", b"abc").await;
    assert_ne!(first["result"]["id"], second["id"]);
    assert_eq!(sandbox.counts().files, 2);
}
