//! Tests of uploads: only requests whose repetition is safe are retried.

use polyhost_client::Exit;
use serde_json::json;

use crate::gateway::{Reply, Scripted, problem};
use crate::transfer;

/// More than the buffers of a loopback connection hold.
const LARGE: usize = 32 * 1024 * 1024;

/// Uploads a file of `size` bytes to a gateway with a script for uploads. Returns the exit and the number of uploads
/// that arrived. Checks that each announced the whole file.
async fn upload(size: usize, answer: impl Fn(usize) -> Reply + Send + Sync + 'static) -> (Exit, usize) {
    let gateway = Scripted::start(move |received, before| match received.method.as_str() {
        "GET" => {
            let capabilities = json!({"files.upload": "native"});
            Reply::json(200, &json!({"capabilities": capabilities, "max_upload_bytes": null, "items": []}))
        }
        _ => answer(before),
    })
    .await;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.mp4");
    std::fs::write(&path, vec![b'x'; size]).unwrap();
    let exit = transfer(gateway.gateway(), path.to_str().unwrap(), "main:", 1).await;
    let received = gateway.received("POST", "/files");
    assert!(received.iter().all(|received| received.header("content-length") == Some(&size.to_string())));
    (exit, received.len())
}

fn stored() -> Reply {
    Reply::json(201, &json!({"type": "file", "id": "x1", "name": "a.mp4"}))
}

#[tokio::test]
async fn upload_that_was_not_started_is_retried() {
    for (status, code) in [(503, "draining"), (429, "rate_limited")] {
        let answer = move |before| if before == 0 { problem(status, code, true, Some(0)) } else { stored() };
        assert_eq!(upload(100_000, answer).await, (Exit::Done, 2), "{code}");
    }
}

#[tokio::test]
async fn unsafe_retry_is_not_made() {
    for (status, code, retryable, wait) in [
        (503, "upstream_unavailable", false, None),
        (502, "upstream_error", true, None),
        (413, "payload_too_large", false, None),
    ] {
        let outcome = upload(1_000, move |_| problem(status, code, retryable, wait)).await;
        assert_eq!(outcome, (Exit::SomeFailed, 1), "{code}");
    }
}

#[tokio::test]
async fn answer_lost_after_the_last_byte_is_an_unknown_outcome() {
    assert_eq!(upload(100_000, |_| Reply::hang_up(usize::MAX)).await, (Exit::OutcomeUnknown, 1));
    let cut = |_| Reply::cut(201, &[("Location", "/v1/accounts/main/files/x1")], b"{\"id\": \"x1\"}", 4);
    assert_eq!(upload(100_000, cut).await, (Exit::OutcomeUnknown, 1));
    assert_eq!(upload(1, |_| problem(504, "outcome_unknown", false, None)).await, (Exit::OutcomeUnknown, 1));
}

#[tokio::test]
async fn error_of_a_proxy_is_an_unknown_outcome() {
    let page = |status| move |_| Reply::of(status, &[("Content-Type", "text/html")], b"<h1>Sorry</h1>");
    assert_eq!(upload(100_000, page(504)).await, (Exit::OutcomeUnknown, 1));
    assert_eq!(upload(100_000, page(502)).await, (Exit::OutcomeUnknown, 1));
    // An answer that demands credentials has passed nothing on.
    assert_eq!(upload(100_000, page(403)).await, (Exit::Denied, 1));
}

#[tokio::test]
async fn connection_broken_before_the_last_byte_is_a_failure() {
    assert_eq!(upload(LARGE, |_| Reply::hang_up(100_000)).await, (Exit::SomeFailed, 1));
}

#[tokio::test]
async fn redirect_is_not_followed() {
    let elsewhere = |_| Reply::of(307, &[("Location", "http://127.0.0.1:9/v1")], b"");
    assert_eq!(upload(10, elsewhere).await.1, 1);
}

#[tokio::test]
async fn nothing_is_sent_to_an_account_without_uploads() {
    let gateway = Scripted::start(|_, _| Reply::json(200, &json!({"capabilities": {"files.upload": "unsupported"}})));
    let gateway = gateway.await;
    let exit = transfer(gateway.gateway(), concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml"), "main:", 1).await;
    assert_eq!((exit, gateway.received("POST", "/files").len()), (Exit::SomeFailed, 0));
}

#[tokio::test]
async fn own_limit_of_the_gateway_never_fails_a_file() {
    let answer = |before| if before < 8 { problem(429, "rate_limited", true, Some(0)) } else { stored() };
    assert_eq!(upload(1_000, answer).await, (Exit::Done, 9));
}
