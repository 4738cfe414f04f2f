//! Tests of URL uploads at video sites and file hosts.

use std::time::Duration;

use polyhost_sandbox::xfilesharing::{Flavour, Options};
use serde_json::json;

use crate::support::{Sandbox, column, empty, options, with};

const URL: &str = "https://media.example.org/b.mp4";

async fn add(sandbox: &Sandbox, parameters: &str) -> String {
    let result = sandbox.result(&format!("upload/url?{parameters}")).await;
    result["filecode"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn finished_url_upload_leaves_the_queue() {
    let sandbox = empty(Flavour::Xvs).await;
    let folder = sandbox.add_folder("0", "Films");
    let code = add(&sandbox, &format!("url={URL}&fld_id={folder}")).await;
    let row = json!({"file_code": code, "remote_url": URL, "fld_id": folder, "status": "PENDING", "progress": 0});
    assert_eq!(sandbox.result("file/url_uploads").await, json!([row]));
    sandbox.clock.advance(Duration::from_secs(4));
    let rows = sandbox.result(&format!("file/url_uploads?file_code={code}")).await;
    assert_eq!((&rows[0]["status"], &rows[0]["progress"]), (&json!("WORKING"), &json!(50)));
    assert_eq!(sandbox.refusal(&format!("file/direct_link?file_code={code}")).await, (200, "uploading".to_owned()));
    sandbox.clock.advance(Duration::from_secs(2));
    assert_eq!(sandbox.result("file/url_uploads").await, json!([]));
    assert_eq!((sandbox.folder_of(&code).unwrap(), sandbox.name_of(&code).unwrap()), (folder, "b".to_owned()));
}

#[tokio::test]
async fn unknown_folder_is_the_root() {
    let sandbox = empty(Flavour::Xvs).await;
    add(&sandbox, &format!("url={URL}&fld_id=999")).await;
    assert_eq!(sandbox.result("file/url_uploads").await[0]["fld_id"], "0");
}

#[tokio::test]
async fn failed_url_upload_stays_until_it_is_cleared() {
    let sandbox = empty(Flavour::Xvs).await;
    add(&sandbox, "url=https://nowhere.invalid/a.mp4").await;
    sandbox.clock.advance(Duration::from_secs(600));
    assert_eq!(column(&sandbox.result("file/url_uploads").await, "status"), ["ERROR"]);
    sandbox.call("file/url_actions?restart_errors=1").await;
    assert_eq!(column(&sandbox.result("file/url_uploads").await, "status"), ["PENDING"]);
    sandbox.clock.advance(Duration::from_secs(600));
    sandbox.call("file/url_actions?delete_errors=1").await;
    assert_eq!(sandbox.counts().remote_uploads, 0);
}

#[tokio::test]
async fn stalled_url_upload_is_stuck_after_300_seconds() {
    let sandbox = empty(Flavour::Xvs).await;
    sandbox.stall_remote_uploads_matching("media");
    add(&sandbox, &format!("url={URL}")).await;
    let status = async || column(&sandbox.result("file/url_uploads").await, "status");
    sandbox.clock.advance(Duration::from_secs(10));
    assert_eq!(status().await, ["WORKING"]);
    sandbox.clock.advance(Duration::from_secs(300));
    assert_eq!(status().await, ["STUCK"]);
}

#[tokio::test]
async fn url_that_any_user_queued_is_refused() {
    let sandbox = with(Options { url_queue: 1, ..options(Flavour::Xvs) }).await;
    sandbox.queue_foreign_url(URL);
    let refused = sandbox.refusal(&format!("upload/url?url={URL}")).await;
    assert_eq!(refused, (400, "This URL already in upload queue".to_owned()));
    add(&sandbox, "url=https://media.example.org/c.mp4").await;
    let refused = sandbox.refusal("upload/url?url=https://media.example.org/d.mp4").await;
    assert_eq!(refused, (400, "You have reached max URLs limit: 1".to_owned()));
}

#[tokio::test]
async fn cancelled_url_upload_is_gone() {
    let sandbox = empty(Flavour::Xvs).await;
    let code = add(&sandbox, &format!("url={URL}")).await;
    sandbox.call(&format!("file/url_actions?delete_code={code}")).await;
    sandbox.clock.advance(Duration::from_secs(600));
    assert_eq!(sandbox.file_bytes(&code), None);
}

#[tokio::test]
async fn address_is_mangled_at_video_sites_only() {
    let sent = "url=https://media.example.org/x%252Fyoutube.mp4";
    let sandbox = empty(Flavour::Xvs).await;
    add(&sandbox, sent).await;
    assert_eq!(sandbox.result("file/url_uploads").await[0]["remote_url"], "https://media.example.org/x/.mp4");
    let sandbox = with(options(Flavour::Xfs).with(&["upload/url", "file/url_uploads"])).await;
    add(&sandbox, sent).await;
    assert_eq!(sandbox.result("file/url_uploads").await[0]["remote_url"], "https://media.example.org/x%2Fyoutube.mp4");
}

#[tokio::test]
async fn file_host_has_the_state_under_the_same_call() {
    let sandbox = with(options(Flavour::Xfs).with(&["upload/url"])).await;
    let answer = sandbox.call(&format!("upload/url?url={URL}")).await;
    assert_eq!(answer["msg"], "WORKING");
    let code = answer["result"]["filecode"].as_str().unwrap();
    sandbox.clock.advance(Duration::from_secs(2));
    assert_eq!(sandbox.call(&format!("upload/url?file_code={code}")).await["result"]["status"], "WORKING");
}
