//! Downloads: bytes that are not the file's never become the file.

use polyhost_client::download::{Downloads, Existing, Place, run};
use polyhost_client::{Exit, Interrupt, Output};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::gateway::{Asked, Reply, Scripted, problem};

const CONTENT: &[u8] = b"The quick brown fox jumps over the lazy dog";
const SHA1: &str = "2fd4e1c67a2d28fced849ee1bb76e7391b93eb12";
const MD5: &str = "9e107d9d372bb6826bd81d3542a419d6";
const ETAG: (&str, &str) = ("ETag", "\"e\"");

/// A download that has ended.
struct Outcome {
    exit: Exit,
    /// The requests for bytes.
    asked: Vec<Asked>,
    folder: TempDir,
}

impl Outcome {
    /// What is in the folder.
    fn names(&self) -> Vec<String> {
        let entries = std::fs::read_dir(self.folder.path()).unwrap();
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
    }

    /// The file is there, and nothing else.
    #[track_caller]
    fn check_whole(&self) {
        assert_eq!((self.exit, self.names()), (Exit::Done, vec!["a.mp4".to_owned()]));
        assert_eq!(std::fs::read(self.folder.path().join("a.mp4")).unwrap(), CONTENT);
    }

    /// The ranges that were asked for.
    fn ranges(&self) -> Vec<Option<&str>> {
        self.asked.iter().map(|asked| asked.header("range")).collect()
    }
}

/// Downloads the file `x1` from a gateway that tells this of it, with a script for its bytes.
async fn download(told: Value, answer: impl Fn(&Asked, usize) -> Reply + Send + Sync + 'static) -> Outcome {
    let gateway = Scripted::start(move |asked, before| {
        if asked.target.ends_with("/content") { answer(asked, before) } else { Reply::json(200, &told) }
    })
    .await;
    let folder = tempfile::tempdir().unwrap();
    let downloads = Downloads {
        ids: vec!["x1".to_owned()],
        account: "main".to_owned(),
        place: Place::Directory(folder.path().to_owned()),
        jobs: 1,
        existing: Existing::Kept,
    };
    let exit = run(&gateway.gateway(), &downloads, Output::Json, &Interrupt::default()).await;
    Outcome { exit, asked: gateway.asked("GET", "/content"), folder }
}

fn file(sha1: Option<&str>, md5: Option<&str>) -> Value {
    json!({"type": "file", "id": "x1", "name": "a.mp4", "size": CONTENT.len(), "sha1": sha1, "md5": md5})
}

/// The rest from a byte on.
fn rest(first: usize) -> Reply {
    let range = format!("bytes {first}-{}/{}", CONTENT.len() - 1, CONTENT.len());
    Reply::of(206, &[ETAG, ("Content-Range", &range)], &CONTENT[first..])
}

#[tokio::test]
async fn digests_that_are_told_must_be_those_of_the_bytes() {
    download(file(Some(SHA1), Some(MD5)), |_, _| Reply::of(200, &[ETAG], CONTENT)).await.check_whole();
    for told in [file(Some(&"0".repeat(40)), None), file(None, Some(&"0".repeat(32)))] {
        let outcome = download(told, |_, _| Reply::of(200, &[ETAG], CONTENT)).await;
        assert_eq!((outcome.exit, outcome.names()), (Exit::SomeFailed, Vec::new()));
    }
}

#[tokio::test]
async fn a_digest_counts_the_bytes_before_and_after_a_break() {
    let outcome = download(file(Some(SHA1), Some(MD5)), |_, before| match before {
        0 => Reply::cut(200, &[ETAG], CONTENT, 10),
        _ => rest(10),
    });
    let outcome = outcome.await;
    outcome.check_whole();
    assert_eq!(outcome.ranges(), [None, Some("bytes=10-")]);
    assert_eq!(outcome.asked[1].header("if-range"), Some("\"e\""));
}

#[tokio::test]
async fn bytes_that_nothing_tells_apart_are_fetched_from_the_beginning() {
    for fields in [&[][..], &[("ETag", "W/\"e\"")]] {
        let outcome = download(file(Some(SHA1), None), move |_, before| match before {
            0 => Reply::cut(200, fields, CONTENT, 10),
            _ => Reply::of(200, fields, CONTENT),
        });
        let outcome = outcome.await;
        outcome.check_whole();
        assert_eq!(outcome.ranges(), [None, None]);
    }
}

#[tokio::test]
async fn a_part_that_was_not_asked_for_is_not_put_behind_what_is_there() {
    let outcome = download(file(Some(SHA1), None), |asked, before| match (before, asked.header("range")) {
        (0, _) => Reply::cut(200, &[ETAG], CONTENT, 10),
        (_, Some(_)) => rest(5),
        (_, None) => Reply::of(200, &[ETAG], CONTENT),
    });
    let outcome = outcome.await;
    outcome.check_whole();
    assert_eq!(outcome.ranges(), [None, Some("bytes=10-"), None]);
}

#[tokio::test]
async fn a_rest_that_is_less_than_the_rest_is_gone_on_with() {
    let outcome = download(file(Some(SHA1), None), |_, before| match before {
        0 => Reply::cut(200, &[ETAG], CONTENT, 10),
        1 => Reply::of(206, &[ETAG, ("Content-Range", "bytes 10-19/43")], &CONTENT[10..20]),
        _ => rest(20),
    });
    let outcome = outcome.await;
    outcome.check_whole();
    assert_eq!(outcome.ranges(), [None, Some("bytes=10-"), Some("bytes=20-")]);
}

#[tokio::test]
async fn a_gateway_that_is_busy_is_asked_again_and_one_that_refuses_is_not() {
    let busy = download(file(None, None), |_, before| match before {
        0 => problem(503, "overloaded", true, Some(0)),
        _ => Reply::of(200, &[ETAG], CONTENT),
    });
    busy.await.check_whole();
    let refused = download(file(None, None), |_, _| problem(404, "file_not_found", false, None)).await;
    assert_eq!((refused.exit, refused.asked.len(), refused.names()), (Exit::SomeFailed, 1, Vec::new()));
}

#[tokio::test]
async fn another_size_than_the_gateway_told_is_not_the_file() {
    let outcome = download(file(None, None), |_, _| Reply::of(200, &[ETAG], b"short")).await;
    assert_eq!((outcome.exit, outcome.names()), (Exit::SomeFailed, Vec::new()));
}

#[tokio::test]
async fn a_file_of_no_known_size_or_name_is_fetched_all_the_same() {
    let told = json!({"type": "file", "id": "x1", "name": null, "size": null, "sha1": null, "md5": null});
    let outcome = download(told, |_, _| Reply::of(200, &[], CONTENT)).await;
    assert_eq!((outcome.exit, outcome.names()), (Exit::Done, vec!["x1".to_owned()]));
}
