//! Tests of downloads: a file with wrong bytes is never stored under the final path.

use polyhost_client::Exit;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::gateway::{Received, Reply, Scripted, problem};
use crate::transfer;

const CONTENT: &[u8] = b"The quick brown fox jumps over the lazy dog";
const SHA1: &str = "2fd4e1c67a2d28fced849ee1bb76e7391b93eb12";
const MD5: &str = "9e107d9d372bb6826bd81d3542a419d6";
const ETAG: (&str, &str) = ("ETag", "\"e\"");

/// The result of a download.
struct Outcome {
    exit: Exit,
    /// The received requests for bytes.
    received: Vec<Received>,
    folder: TempDir,
}

impl Outcome {
    /// Returns the names of the files in the folder.
    fn names(&self) -> Vec<String> {
        let entries = std::fs::read_dir(self.folder.path()).unwrap();
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
    }

    /// Checks that the folder contains the complete file and nothing else.
    #[track_caller]
    fn assert_complete(&self) {
        assert_eq!((self.exit, self.names()), (Exit::Done, vec!["a.mp4".to_owned()]));
        assert_eq!(std::fs::read(self.folder.path().join("a.mp4")).unwrap(), CONTENT);
    }

    /// Returns the requested ranges.
    fn ranges(&self) -> Vec<Option<&str>> {
        self.received.iter().map(|received| received.header("range")).collect()
    }
}

/// Downloads the file `x1` from a gateway that describes it as `described`, with a script for its bytes.
async fn download(described: Value, answer: impl Fn(&Received, usize) -> Reply + Send + Sync + 'static) -> Outcome {
    let gateway = Scripted::start(move |received, before| {
        if received.target.ends_with("/content") { answer(received, before) } else { Reply::json(200, &described) }
    })
    .await;
    let folder = tempfile::tempdir().unwrap();
    let exit = transfer(gateway.gateway(), "main:#x1", folder.path().to_str().unwrap(), 1).await;
    Outcome { exit, received: gateway.received("GET", "/content"), folder }
}

fn file(sha1: Option<&str>, md5: Option<&str>) -> Value {
    json!({"type": "file", "id": "x1", "name": "a.mp4", "size": CONTENT.len(), "sha1": sha1, "md5": md5})
}

/// Returns an answer with the bytes from `first` on.
fn rest(first: usize) -> Reply {
    let range = format!("bytes {first}-{}/{}", CONTENT.len() - 1, CONTENT.len());
    Reply::of(206, &[ETAG, ("Content-Range", &range)], &CONTENT[first..])
}

#[tokio::test]
async fn bytes_must_match_the_reported_digests() {
    download(file(Some(SHA1), Some(MD5)), |_, _| Reply::of(200, &[ETAG], CONTENT)).await.assert_complete();
    for described in [file(Some(&"0".repeat(40)), None), file(None, Some(&"0".repeat(32)))] {
        let outcome = download(described, |_, _| Reply::of(200, &[ETAG], CONTENT)).await;
        assert_eq!((outcome.exit, outcome.names()), (Exit::SomeFailed, Vec::new()));
    }
}

#[tokio::test]
async fn digest_covers_the_bytes_before_and_after_a_break() {
    let outcome = download(file(Some(SHA1), Some(MD5)), |_, before| match before {
        0 => Reply::cut(200, &[ETAG], CONTENT, 10),
        _ => rest(10),
    });
    let outcome = outcome.await;
    outcome.assert_complete();
    assert_eq!(outcome.ranges(), [None, Some("bytes=10-")]);
    assert_eq!(outcome.received[1].header("if-range"), Some("\"e\""));
}

#[tokio::test]
async fn download_without_a_strong_entity_tag_restarts() {
    for fields in [&[][..], &[("ETag", "W/\"e\"")]] {
        let outcome = download(file(Some(SHA1), None), move |_, before| match before {
            0 => Reply::cut(200, fields, CONTENT, 10),
            _ => Reply::of(200, fields, CONTENT),
        });
        let outcome = outcome.await;
        outcome.assert_complete();
        assert_eq!(outcome.ranges(), [None, None]);
    }
}

#[tokio::test]
async fn range_that_was_not_requested_is_not_appended() {
    let outcome = download(file(Some(SHA1), None), |received, before| match (before, received.header("range")) {
        (0, _) => Reply::cut(200, &[ETAG], CONTENT, 10),
        (_, Some(_)) => rest(5),
        (_, None) => Reply::of(200, &[ETAG], CONTENT),
    });
    let outcome = outcome.await;
    outcome.assert_complete();
    assert_eq!(outcome.ranges(), [None, Some("bytes=10-"), None]);
}

#[tokio::test]
async fn short_range_is_appended_and_the_rest_requested() {
    let outcome = download(file(Some(SHA1), None), |_, before| match before {
        0 => Reply::cut(200, &[ETAG], CONTENT, 10),
        1 => Reply::of(206, &[ETAG, ("Content-Range", "bytes 10-19/43")], &CONTENT[10..20]),
        _ => rest(20),
    });
    let outcome = outcome.await;
    outcome.assert_complete();
    assert_eq!(outcome.ranges(), [None, Some("bytes=10-"), Some("bytes=20-")]);
}

#[tokio::test]
async fn overloaded_is_retried_and_not_found_is_not() {
    let busy = download(file(None, None), |_, before| match before {
        0 => problem(503, "overloaded", true, Some(0)),
        _ => Reply::of(200, &[ETAG], CONTENT),
    });
    busy.await.assert_complete();
    let refused = download(file(None, None), |_, _| problem(404, "file_not_found", false, None)).await;
    assert_eq!((refused.exit, refused.received.len(), refused.names()), (Exit::SomeFailed, 1, Vec::new()));
}

#[tokio::test]
async fn file_of_another_size_than_reported_is_discarded() {
    let outcome = download(file(None, None), |_, _| Reply::of(200, &[ETAG], b"short")).await;
    assert_eq!((outcome.exit, outcome.names()), (Exit::SomeFailed, Vec::new()));
}

#[tokio::test]
async fn file_without_size_or_name_is_downloaded() {
    let described = json!({"type": "file", "id": "x1", "name": null, "size": null, "sha1": null, "md5": null});
    let outcome = download(described, |_, _| Reply::of(200, &[], CONTENT)).await;
    assert_eq!((outcome.exit, outcome.names()), (Exit::Done, vec!["x1".to_owned()]));
}
