//! Tests of reads of files by code.

use std::time::Duration;

use polyhost_sandbox::xfilesharing::{Flavour, Options};
use serde_json::json;

use crate::support::{column, empty, options, with};

#[tokio::test]
async fn info_has_at_most_50_rows_in_the_order_asked() {
    let sandbox = empty(Flavour::Xvs).await;
    let codes: Vec<String> = (0..60).map(|number| format!("code{number:08}")).collect();
    let rows = sandbox.result(&format!("file/info?file_code={}", codes.join(","))).await;
    assert_eq!(column(&rows, "file_code"), codes[..50]);
    assert_eq!(rows[0], json!({"status": 404, "file_code": "code00000000"}));
}

#[tokio::test]
async fn malformed_codes_are_dropped() {
    let sandbox = empty(Flavour::Xvs).await;
    let code = sandbox.add_file("0", "a.mp4", b"abc");
    let rows = sandbox.result(&format!("file/info?file_code=short,{code},has-a-dash-1")).await;
    assert_eq!(column(&rows, "file_code"), [code]);
    assert_eq!(sandbox.refusal("file/info?file_code=short").await, (400, "Invalid file codes".to_owned()));
}

#[tokio::test]
async fn foreign_file_is_described() {
    for flavour in [Flavour::Xvs, Flavour::Xfs, Flavour::Dood, Flavour::Byse, Flavour::Voe] {
        let sandbox = empty(flavour).await;
        let rows = sandbox.result(&format!("file/info?file_code={}", sandbox.foreign_file())).await;
        assert_eq!(rows[0]["status"], 200, "{flavour:?}");
    }
}

#[tokio::test]
async fn blocked_file_is_451_and_has_its_fields() {
    let sandbox = empty(Flavour::Xvs).await;
    let code = sandbox.add_file("0", "a.mp4", b"abc");
    sandbox.block_file(&code);
    let row = &sandbox.result(&format!("file/info?file_code={code}")).await[0];
    assert_eq!((&row["status"], &row["file_title"]), (&json!(451), &json!("a.mp4")));
    assert_eq!(column(&sandbox.result("file/dmca").await, "file_code"), [code]);
}

#[tokio::test]
async fn size_is_text_at_file_hosts_and_absent_at_video_sites() {
    let sandbox = empty(Flavour::Xfs).await;
    let code = sandbox.add_file("0", "a.zip", b"abc");
    let row = &sandbox.result(&format!("file/info?file_code={code}")).await[0];
    assert_eq!((&row["filecode"], &row["size"]), (&json!(code), &json!("3")));
    let sandbox = empty(Flavour::Xvs).await;
    let code = sandbox.add_file("0", "a.mp4", b"abc");
    let row = &sandbox.result(&format!("file/info?file_code={code}")).await[0];
    assert!(row.as_object().unwrap().keys().all(|key| !key.contains("size")), "{row}");
}

#[tokio::test]
async fn picture_is_404_until_it_is_made() {
    let sandbox = with(Options { picture_delay: Duration::from_secs(9), ..options(Flavour::Xvs) }).await;
    let code = sandbox.add_file("0", "a.mp4", b"abc");
    let row = sandbox.result(&format!("file/info?file_code={code}")).await[0].clone();
    let status = async || sandbox.client.get(row["player_img"].as_str().unwrap()).send().await.unwrap().status();
    assert_eq!(status().await, 404);
    sandbox.clock.advance(Duration::from_secs(9));
    assert_eq!(status().await, 200);
}

#[tokio::test]
async fn seeded_account_has_one_of_everything() {
    let sandbox = with(Options::of(Flavour::Xvs)).await;
    let root = sandbox.result("folder/list?files=1").await;
    assert_eq!((root["folders"].as_array().unwrap().len(), root["files"].as_array().unwrap().len()), (3, 2));
    assert_eq!(column(&sandbox.result("file/url_uploads").await, "status"), ["ERROR", "WORKING"]);
    assert_eq!(column(&sandbox.result("file/encodings").await, "title"), ["MyOldCamera.avi"]);
    assert_eq!(sandbox.counts().files, 9);
}
