//! Tests of files whose size the site does not report: answers have no length, and other content is not mistaken for
//! the file.

use polyhost_end_to_end::Answer;
use polyhost_sandbox::Fault;
use serde_json::{Value, json};

use super::world::{World, at, bytes};

/// A file with this media type and without a size.
struct Unsized {
    world: World,
    file: String,
}

impl Unsized {
    async fn of(media_type: &str, bytes: &[u8]) -> Self {
        let world = World::start().await;
        let file = world.site.add_file("0", "a.mp4", bytes);
        let data = json!({"id": file, "filename": "a.mp4", "fileType": media_type, "fileSize": null, "folderId": null});
        world.inject("file/info", with_body(&[], &json!({"data": data, "_status": "success"}).to_string()));
        Self { world, file }
    }

    async fn send(&self, method: &str, headers: &[(&str, &str)]) -> Answer {
        let request = self.world.caller.request(method, &at(&format!("files/{}/content", self.file)));
        let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
        self.world.caller.send(request).await
    }

    /// Makes the file server send an HTML page instead of the file.
    fn inject_html_page(&self) {
        let fields = [("Content-Type", "text/html; charset=UTF-8")];
        self.world.inject("content", with_body(&fields, "<!DOCTYPE html><html><body>Not now</body></html>"));
    }
}

/// An answer of the site with these header fields and this body, with a `Content-Length`.
fn with_body(headers: &[(&str, &str)], body: &str) -> Fault {
    let headers = headers.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect();
    Fault::Status { http: 200, body_status: None, headers, body: Some(body.to_owned()) }
}

#[tokio::test]
async fn head_has_no_length_and_get_returns_the_bytes() {
    let bytes = bytes(5_000);
    let content = Unsized::of("video/mp4", &bytes).await;
    let file = content.world.caller.get(&at(&format!("files/{}", content.file))).await.json(200);
    assert_eq!(file["size"], Value::Null);
    let head = content.send("HEAD", &[]).await.status(200);
    assert_eq!((head.header("content-length"), head.header("content-type")), (None, Some("video/mp4")));
    assert!(head.body.is_empty());
    let get = content.send("GET", &[]).await.status(200);
    assert!(get.body == bytes, "{} bytes of 5000", get.body.len());
}

#[tokio::test]
async fn range_of_a_file_of_unknown_size_gets_the_whole_file() {
    let bytes = bytes(5_000);
    let content = Unsized::of("video/mp4", &bytes).await;
    let answer = content.send("GET", &[("range", "bytes=0-9")]).await.status(200);
    assert_eq!(answer.header("content-range"), None);
    assert!(answer.body == bytes, "{} bytes of 5000", answer.body.len());
}

#[tokio::test]
async fn html_page_is_not_served_as_a_file_of_unknown_size() {
    let content = Unsized::of("video/mp4", &bytes(5_000)).await;
    content.inject_html_page();
    let problem = content.send("GET", &[]).await.problem(502, "upstream_invalid_response");
    assert_eq!((&problem["retryable"], &problem["upstream"]["provider"]), (&json!(true), &json!("streamplay")));
}

#[tokio::test]
async fn html_file_of_unknown_size_is_served() {
    let content = Unsized::of("text/html", b"<p>hello</p>").await;
    let answer = content.send("GET", &[]).await.status(200);
    assert_eq!(answer.body, b"<p>hello</p>");
}
