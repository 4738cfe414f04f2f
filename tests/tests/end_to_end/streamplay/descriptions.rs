//! Tests of a file's name, media type and range: the values of the site are converted into those for callers.

use polyhost_sandbox::Fault;
use polyhost_sandbox::yetishare::Redirects;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use super::world::{World, at};

/// Starts a server that gives every request the same answer, and returns a URL of it.
async fn server(answer: &'static str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut head = Vec::new();
            while !head.ends_with(b"\r\n\r\n") {
                let Ok(byte) = stream.read_u8().await else { break };
                head.push(byte);
            }
            let _ = stream.write_all(answer.as_bytes()).await;
            let _ = stream.shutdown().await;
        }
    });
    format!("http://{address}/file")
}

#[tokio::test]
async fn name_in_content_disposition_is_safe_to_save() {
    let world = World::start().await;
    for (name, safe) in [("../../.bashrc", "___.._.bashrc"), ("..\\x.exe", "___x.exe"), ("exe.\u{202e}4pm", "exe._4pm")]
    {
        let file = world.site.add_file("0", name, b"hello");
        for method in ["GET", "HEAD"] {
            let request = world.caller.request(method, &at(&format!("files/{file}/content")));
            let answer = world.caller.send(request).await.status(200);
            let expected = format!("attachment; filename=\"{safe}\"; filename*=UTF-8''{safe}");
            assert_eq!(answer.header("content-disposition"), Some(&*expected));
        }
    }
}

#[tokio::test]
async fn malformed_media_type_is_null() {
    let world = World::start().await;
    let file = world.site.add_file("0", "a.bin", b"hello");
    for (stated, known) in [
        ("video/mp4", Some("video/mp4")),
        ("video/webm;codecs=vp8,opus", Some("video/webm")),
        ("jpg", None),
        ("a/b/c", None),
        ("vidéo/mp4", None),
        ("", None),
    ] {
        world.site.faults().clear();
        let data = json!({"id": file, "filename": "a.bin", "fileSize": "5", "fileType": stated, "status": "active"});
        let body = json!({"data": data, "response": "ok", "_status": "success", "_datetime": "2026-02-01 12:00:00"});
        let (body_status, headers, body) = (None, Vec::new(), Some(body.to_string()));
        world.inject("file/info", Fault::Status { http: 200, body_status, headers, body });
        let request = world.caller.request("GET", &at(&format!("files/{file}"))).header("cache-control", "no-cache");
        let shown = world.caller.send(request).await.json(200)["content_type"].take();
        assert_eq!(shown, known.map_or(Value::Null, Value::from), "{stated}");
        let request = world.caller.request("HEAD", &at(&format!("files/{file}/content")));
        let head = world.caller.send(request).await.status(200);
        assert_eq!(head.header("content-type"), Some(known.unwrap_or("application/octet-stream")), "{stated}");
    }
}

#[tokio::test]
async fn partial_answer_is_accepted_only_if_it_is_the_whole_file() {
    let world = World::start().await;
    let file = world.site.add_file("0", "a.mp4", b"hello");
    let get = async |answer: &'static str| {
        world.site.redirect_downloads(Redirects::To(server(answer).await));
        world.caller.get(&at(&format!("files/{file}/content"))).await
    };
    let whole = get("HTTP/1.1 206 P\r\nContent-Range: bytes 0-4/5\r\nContent-Length: 5\r\n\r\nhello").await.status(200);
    assert_eq!((whole.body.as_slice(), whole.header("content-range")), (&b"hello"[..], None));
    for part in [
        "HTTP/1.1 206 P\r\nContent-Range: bytes 0-3/5\r\nContent-Length: 4\r\n\r\nhell",
        "HTTP/1.1 206 P\r\nContent-Range: bytes 0-3/4\r\nContent-Length: 4\r\n\r\nhell",
        "HTTP/1.1 206 P\r\nContent-Type: multipart/byteranges; boundary=b\r\nContent-Length: 5\r\n\r\n--b--",
        "HTTP/1.1 200 OK\r\nContent-Range: bytes 0-4/9\r\nContent-Length: 5\r\n\r\nhello",
    ] {
        get(part).await.problem(502, "upstream_invalid_response");
    }
}
