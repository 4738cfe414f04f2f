//! Tests of a file's content through the gateway: whole, in ranges, and conditional.

use polyhost_end_to_end::{Answer, body};

use super::world::{World, at, bytes};

/// A file at the site, with its bytes.
struct Content {
    world: World,
    file: String,
    bytes: Vec<u8>,
}

impl Content {
    async fn of(length: usize) -> Self {
        Self::in_world(World::start().await, length)
    }

    fn in_world(world: World, length: usize) -> Self {
        let bytes = bytes(length);
        let file = world.site.add_file("0", "clip.mp4", &bytes);
        Self { world, file, bytes }
    }

    async fn send(&self, method: &str, headers: &[(&str, &str)]) -> Answer {
        let request = self.world.caller.request(method, &at(&format!("files/{}/content", self.file)));
        self.world
            .caller
            .send(headers.iter().fold(request, |request, (name, value)| request.header(*name, *value)))
            .await
    }

    async fn get(&self, headers: &[(&str, &str)]) -> Answer {
        self.send("GET", headers).await
    }

    /// Asserts that an answer is this range of the file.
    #[track_caller]
    fn assert_part(&self, answer: Answer, first: usize, last: usize) {
        let answer = answer.status(206);
        let range = format!("bytes {first}-{last}/{}", self.bytes.len());
        assert_eq!(answer.header("content-range"), Some(&*range));
        assert_eq!(answer.header("content-length"), Some(&*(last + 1 - first).to_string()));
        assert!(answer.body == self.bytes[first..=last], "{range} has other bytes");
    }

    /// Asserts that an answer is the whole file.
    #[track_caller]
    fn assert_whole(&self, answer: Answer) {
        let answer = answer.status(200);
        assert_eq!(answer.header("content-range"), None);
        assert!(answer.body == self.bytes, "{} bytes of {}", answer.body.len(), self.bytes.len());
    }
}

#[tokio::test]
async fn file_is_served_whole_with_its_headers() {
    let content = Content::of(300_000).await;
    let answer = content.get(&[]).await.status(200);
    assert_eq!(answer.header("content-length"), Some("300000"));
    assert_eq!(answer.header("content-type"), Some("video/mp4"));
    assert_eq!(answer.header("accept-ranges"), Some("bytes"));
    assert!(answer.header("etag").unwrap().starts_with('"'), "the tag is strong");
    assert!(answer.header("content-disposition").unwrap().starts_with("attachment"));
    content.assert_whole(answer);
    content.world.assert_changed(&[("file/download", &[("file_id", &content.file)]), ("content", &[])]);
}

#[tokio::test]
async fn empty_file_is_served() {
    let content = Content::of(0).await;
    let answer = content.get(&[]).await;
    assert_eq!(answer.header("content-length"), Some("0"));
    content.assert_whole(answer);
    content.get(&[("range", "bytes=0-0")]).await.problem(416, "range_not_satisfiable");
}

#[tokio::test]
async fn single_range_is_served() {
    let content = Content::of(100_000).await;
    let parts = [
        ("bytes=0-0", 0, 0),
        ("bytes=0-99", 0, 99),
        ("bytes=500-70000", 500, 70_000),
        ("bytes=99999-", 99_999, 99_999),
        ("bytes=40000-", 40_000, 99_999),
        ("bytes=-1", 99_999, 99_999),
        ("bytes=-500", 99_500, 99_999),
        ("bytes=-200000", 0, 99_999),
        ("bytes=99000-200000", 99_000, 99_999),
        ("bytes=0-99999", 0, 99_999),
    ];
    for (range, first, last) in parts {
        content.assert_part(content.get(&[("range", range)]).await, first, last);
    }
    // The gateway requested only the ranges from the site.
    let arrived = content.world.arrived();
    let downloads: Vec<_> = arrived.iter().filter(|call| call.operation == "content").collect();
    assert_eq!(downloads.len(), parts.len());
    assert!(downloads.iter().all(|call| call.header("range").is_some()));
}

#[tokio::test]
async fn invalid_or_multiple_ranges_get_the_whole_file() {
    let content = Content::of(1_000).await;
    for range in ["bytes=0-1,5-6", "bytes=0-1, -5", "lines=0-1", "bytes=5-2", "bytes=a-b", "bytes", "bytes="] {
        content.assert_whole(content.get(&[("range", range)]).await);
    }
}

#[tokio::test]
async fn range_beyond_the_end_is_416_with_the_size() {
    let content = Content::of(1_000).await;
    for range in ["bytes=1000-", "bytes=1000-1001", "bytes=99999999999-"] {
        let answer = content.get(&[("range", range)]).await;
        let problem = answer.problem(416, "range_not_satisfiable");
        assert_eq!(problem["retryable"], false, "{range}");
        assert_eq!(answer.header("content-range"), Some("bytes */1000"), "{range}");
    }
}

#[tokio::test]
async fn range_of_the_last_zero_bytes_is_416() {
    let content = Content::of(1_000).await;
    content.get(&[("range", "bytes=-0")]).await.problem(416, "range_not_satisfiable");
}

#[tokio::test]
async fn if_range_gets_a_range_only_of_the_same_file() {
    let content = Content::of(1_000).await;
    let tag = content.get(&[]).await.header("etag").unwrap().to_owned();
    content.assert_part(content.get(&[("range", "bytes=5-9"), ("if-range", &tag)]).await, 5, 9);
    let weak = format!("W/{tag}");
    for condition in ["\"other\"", &weak, "Sat, 06 Jul 2019 12:00:00 GMT"] {
        content.assert_whole(content.get(&[("range", "bytes=5-9"), ("if-range", condition)]).await);
    }
    // `If-Range` is ignored without `Range`, and a range is not checked if its condition fails.
    content.assert_whole(content.get(&[("if-range", &tag)]).await);
    content.assert_whole(content.get(&[("range", "bytes=5000-"), ("if-range", "\"other\"")]).await);
}

#[tokio::test]
async fn if_none_match_gets_304_without_a_download() {
    let content = Content::of(1_000).await;
    let tag = content.get(&[]).await.header("etag").unwrap().to_owned();
    content.world.arrived();
    let several = format!("\"other\", {tag}");
    for condition in [tag.as_str(), &several, "*"] {
        for method in ["GET", "HEAD"] {
            let same = content.send(method, &[("if-none-match", condition)]).await.status(304);
            assert!(same.body.is_empty());
            assert_eq!(same.header("etag"), Some(&*tag));
        }
    }
    content.get(&[("if-none-match", &tag), ("range", "bytes=0-9")]).await.status(304);
    content.world.assert_changed(&[]);
    content.assert_part(content.get(&[("if-none-match", "\"other\""), ("range", "bytes=0-9")]).await, 0, 9);
    content.assert_whole(content.get(&[("if-none-match", "\"other\"")]).await);
}

#[tokio::test]
async fn different_files_have_different_entity_tags() {
    let world = World::start().await;
    let mut tags = std::collections::HashSet::new();
    for (name, bytes) in [("a.mp4", "one"), ("a.mp4", "two"), ("b.mp4", "other")] {
        let file = world.site.add_file("0", name, bytes.as_bytes());
        let answer = world.caller.get(&at(&format!("files/{file}/content"))).await.status(200);
        tags.insert(answer.header("etag").unwrap().to_owned());
    }
    assert_eq!(tags.len(), 3);
}

#[tokio::test]
async fn head_equals_get_and_downloads_nothing() {
    let content = Content::of(5_000).await;
    let head = content.send("HEAD", &[]).await.status(200);
    assert!(head.body.is_empty());
    assert!(content.world.operations().iter().all(|operation| operation != "content"));
    let get = content.get(&[]).await.status(200);
    let names = ["content-length", "content-type", "etag", "accept-ranges", "content-disposition", "cache-control"];
    for name in names {
        assert!(head.header(name).is_some(), "{name}");
        assert_eq!(head.header(name), get.header(name), "{name}");
    }
    // `Range` only applies to GET.
    let ranged = content.send("HEAD", &[("range", "bytes=0-9")]).await.status(200);
    assert_eq!(ranged.header("content-length"), Some("5000"));
    let missing = content.world.caller.request("HEAD", &at("files/77777/content"));
    assert!(content.world.caller.send(missing).await.status(404).body.is_empty());
}

#[tokio::test]
async fn redirect_leads_to_the_content_and_is_not_stored() {
    let content = Content::of(1_000).await;
    let path = at(&format!("files/{}/content?mode=redirect", content.file));
    let answer = content.world.caller.get(&path).await.status(302);
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    content.world.assert_changed(&[("file/download", &[("file_id", &content.file)])]);
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let fetched = http.get(answer.header("location").unwrap()).send().await.unwrap();
    assert!(fetched.bytes().await.unwrap() == content.bytes);
    let explicit = at(&format!("files/{}/content?mode=stream", content.file));
    content.assert_whole(content.world.caller.get(&explicit).await);
    let other = at(&format!("files/{}/content?mode=download", content.file));
    assert_eq!(content.world.caller.get(&other).await.faults("invalid_request"), ["mode"]);
}

#[tokio::test]
async fn trashed_or_missing_file_has_no_content() {
    let content = Content::of(1_000).await;
    content.world.site.set_file_status(&content.file, "trash");
    content.get(&[]).await.problem(404, "file_not_found");
    content.get(&[("range", "bytes=0-1")]).await.problem(404, "file_not_found");
    content.send("HEAD", &[]).await.status(404);
    let foreign = content.world.site.add_foreign_file("theirs.mp4", b"hello");
    for file in ["77777", &foreign] {
        let answer = content.world.caller.get(&at(&format!("files/{file}/content"))).await;
        answer.problem(404, "file_not_found");
    }
    assert!(content.world.operations().iter().all(|operation| operation != "content"));
}

#[tokio::test]
async fn file_deleted_through_the_gateway_has_no_content() {
    let content = Content::of(1_000).await;
    content.assert_whole(content.get(&[]).await);
    content.world.caller.delete(&at(&format!("files/{}", content.file))).await.no_content();
    content.get(&[]).await.problem(404, "file_not_found");
    let shown = content.world.caller.get(&at(&format!("files/{}", content.file))).await.json(200);
    body::file(&shown);
    assert_eq!(shown["status"], "trashed");
}
