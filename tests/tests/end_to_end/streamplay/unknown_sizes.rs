//! Files of which the site does not tell the size: nothing is promised of their bytes, and not everything is taken for
//! them.

use polyhost_end_to_end::Answer;
use polyhost_sandbox::Fault;
use serde_json::{Value, json};

use super::world::{World, at, bytes};

/// A file of a media type whose size the site does not tell, and how to ask for its bytes.
struct Unsized {
    world: World,
    file: String,
}

impl Unsized {
    async fn of(media_type: &str, bytes: &[u8]) -> Self {
        let world = World::start().await;
        let file = world.site.add_file("0", "a.mp4", bytes);
        let data = json!({"id": file, "filename": "a.mp4", "fileType": media_type, "fileSize": null, "folderId": null});
        world.breaks("file/info", says(&[], &json!({"data": data, "_status": "success"}).to_string()));
        Self { world, file }
    }

    async fn ask(&self, method: &str, headers: &[(&str, &str)]) -> Answer {
        let request = self.world.caller.request(method, &at(&format!("files/{}/content", self.file)));
        let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
        self.world.caller.send(request).await
    }

    /// Has the file's server send a page instead of the file.
    fn sends_a_page(&self) {
        let fields = [("Content-Type", "text/html; charset=UTF-8")];
        self.world.breaks("content", says(&fields, "<!DOCTYPE html><html><body>Not now</body></html>"));
    }
}

/// An answer of the site with these header fields and this body, whose length is told.
fn says(headers: &[(&str, &str)], body: &str) -> Fault {
    let headers = headers.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect();
    Fault::Status { http: 200, body_status: None, headers, body: Some(body.to_owned()) }
}

#[tokio::test]
async fn head_promises_no_length_and_get_gives_the_bytes() {
    let bytes = bytes(5_000);
    let content = Unsized::of("video/mp4", &bytes).await;
    let told = content.world.caller.get(&at(&format!("files/{}", content.file))).await.json(200);
    assert_eq!(told["size"], Value::Null);
    let head = content.ask("HEAD", &[]).await.status(200);
    assert_eq!((head.header("content-length"), head.header("content-type")), (None, Some("video/mp4")));
    assert!(head.body.is_empty());
    let get = content.ask("GET", &[]).await.status(200);
    assert!(get.body == bytes, "{} bytes of 5000", get.body.len());
}

#[tokio::test]
async fn a_part_of_what_has_no_known_end_is_the_whole() {
    let bytes = bytes(5_000);
    let content = Unsized::of("video/mp4", &bytes).await;
    let answer = content.ask("GET", &[("range", "bytes=0-9")]).await.status(200);
    assert_eq!(answer.header("content-range"), None);
    assert!(answer.body == bytes, "{} bytes of 5000", answer.body.len());
}

#[tokio::test]
async fn a_page_in_place_of_the_file_never_comes_as_the_file() {
    let content = Unsized::of("video/mp4", &bytes(5_000)).await;
    content.sends_a_page();
    let problem = content.ask("GET", &[]).await.problem(502, "upstream_invalid_response");
    assert_eq!((&problem["retryable"], &problem["upstream"]["provider"]), (&json!(true), &json!("streamplay")));
}

#[tokio::test]
async fn a_file_that_is_a_page_comes_as_one() {
    let content = Unsized::of("text/html", b"<p>hello</p>").await;
    let answer = content.ask("GET", &[]).await.status(200);
    assert_eq!(answer.body, b"<p>hello</p>");
}
