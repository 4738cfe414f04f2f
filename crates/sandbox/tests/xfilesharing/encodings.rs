//! Tests of the queue of encodings.

use std::time::Duration;

use polyhost_sandbox::xfilesharing::Flavour;
use serde_json::json;

use crate::support::{column, empty};

#[tokio::test]
async fn finished_encoding_leaves_the_queue() {
    let sandbox = empty(Flavour::Xvs).await;
    let code = sandbox.add_file("0", "a.mkv", b"abc");
    let playable = async || sandbox.result(&format!("file/info?file_code={code}")).await[0]["canplay"].clone();
    assert_eq!(column(&sandbox.result("file/encodings").await, "status"), ["PENDING"]);
    assert_eq!(playable().await, 0);
    sandbox.clock.advance(Duration::from_secs(4));
    let rows = sandbox.result(&format!("file/encodings?file_code={code}")).await;
    assert_eq!((&rows[0]["status"], &rows[0]["progress"]), (&json!("ENCODING"), &json!(50)));
    sandbox.clock.advance(Duration::from_secs(2));
    assert_eq!(sandbox.result("file/encodings").await, json!([]));
    assert_eq!(playable().await, 1);
}

#[tokio::test]
async fn failed_and_stuck_encodings_stay() {
    let sandbox = empty(Flavour::Xvs).await;
    let (failed, stuck) = (sandbox.add_file("0", "a.mkv", b"abc"), sandbox.add_file("0", "b.mkv", b"abc"));
    sandbox.fail_encoding_of(&failed);
    sandbox.stall_encoding_of(&stuck);
    sandbox.clock.advance(Duration::from_secs(600));
    assert_eq!(column(&sandbox.result("file/encodings").await, "status"), ["ERROR", "STUCK"]);
}

#[tokio::test]
async fn clone_has_no_encoding() {
    let sandbox = empty(Flavour::Xvs).await;
    let code = sandbox.add_file("0", "a.mkv", b"abc");
    let copy = sandbox.result(&format!("file/clone?file_code={code}")).await;
    let copy = copy["filecode"].as_str().unwrap();
    assert_eq!(sandbox.result(&format!("file/encodings?file_code={copy}")).await, json!([]));
}
