//! Tests of remote uploads.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};
use polyhost_sandbox::yetishare::Options;
use serde_json::{Value, json};

use crate::support::{Sandbox, empty, options, with};

const TICK: Duration = Duration::from_secs(2);

async fn add(sandbox: &Sandbox, url: &str) -> Value {
    let answer = sandbox.call("file/url_upload_add", &[("file_url_base64", &STANDARD.encode(url))]).await;
    assert_eq!(answer["response"], "File download from URL scheduled", "{answer}");
    answer["data"].clone()
}

async fn status(sandbox: &Sandbox, id: &Value) -> Value {
    sandbox.data("file/url_upload_status", &[("scheduled_item_id", &id.to_string())]).await
}

#[tokio::test]
async fn remote_upload_is_pending_then_downloading_then_a_file() {
    let sandbox = empty().await;
    let url = "https://example.com/films/%C3%89t%C3%A9.mp4";
    let added = add(&sandbox, url).await;
    assert_eq!(added, json!({"scheduled_item_id": 51, "url": url}));
    let id = &added["scheduled_item_id"];
    let waiting = json!({
        "scheduled_item_id": 51, "status": "pending", "created": "2024-11-19 00:28:38", "started": null,
        "finished": null, "total_size": 0,
    });
    assert_eq!(status(&sandbox, id).await, waiting);
    sandbox.clock.advance(TICK);
    let running = json!({
        "scheduled_item_id": 51, "status": "downloading", "created": "2024-11-19 00:28:38",
        "started": "2024-11-19 00:28:40", "finished": null, "total_size": 49152,
    });
    assert_eq!(status(&sandbox, id).await, running);
    sandbox.clock.advance(TICK);
    let done = status(&sandbox, id).await;
    assert_eq!((&done["status"], &done["finished"]), (&json!("complete"), &json!("2024-11-19 00:28:42")));
    let url = done["downloaded_file"]["url"].as_str().unwrap();
    let expected = json!({"file_id": 1001, "name": "Été.mp4", "size": 49152, "url": url});
    assert_eq!(done["downloaded_file"], expected);
    assert_eq!(url, format!("{}/2Rr/%C3%89t%C3%A9.mp4", sandbox.origin()));
    assert_eq!(sandbox.client.get(url).send().await.unwrap().status(), 200);
    assert_eq!(sandbox.file_bytes("1001").unwrap().len(), 49152);
    let file = sandbox.data("file/info", &[("file_id", "1001")]).await;
    assert_eq!((&file["uploadSource"], &file["uploadedDate"]), (&json!("remote"), &json!("2024-11-19 00:28:42")));
}

#[tokio::test]
async fn remote_uploads_are_started_one_at_a_time() {
    let sandbox = empty().await;
    let mut ids = Vec::new();
    for name in ["a", "b", "c"] {
        ids.push(add(&sandbox, &format!("https://example.com/{name}")).await["scheduled_item_id"].clone());
    }
    let mut seen = Vec::new();
    for _ in 0..5 {
        let mut row = String::new();
        for id in &ids {
            row.push_str(&status(&sandbox, id).await["status"].as_str().unwrap()[..1]);
        }
        seen.push(row);
        sandbox.clock.advance(TICK);
    }
    assert_eq!(seen, ["ppp", "dpp", "cdp", "ccd", "ccc"]);
}

#[tokio::test]
async fn job_can_be_run_outside_its_schedule() {
    let sandbox = with(Options { remote_upload_tick: Duration::from_secs(3600), ..options() }).await;
    let id = add(&sandbox, "https://example.com/a").await["scheduled_item_id"].clone();
    for expected in ["downloading", "complete"] {
        sandbox.tick();
        assert_eq!(status(&sandbox, &id).await["status"], expected);
    }
    assert_eq!(sandbox.counts().files, 1);
}

#[tokio::test]
async fn tick_of_zero_completes_everything_at_once() {
    let sandbox = with(Options { remote_upload_tick: Duration::ZERO, ..options() }).await;
    let id = add(&sandbox, "https://example.com/a").await["scheduled_item_id"].clone();
    assert_eq!(status(&sandbox, &id).await["status"], "complete");
}

#[tokio::test]
async fn url_in_progress_is_not_queued_twice() {
    let sandbox = empty().await;
    let first = add(&sandbox, "https://example.com/a").await;
    assert_eq!(add(&sandbox, "https://example.com/a").await, first);
    sandbox.clock.advance(TICK);
    assert_eq!(add(&sandbox, "https://example.com/a").await, first);
    sandbox.clock.advance(TICK);
    assert_ne!(add(&sandbox, "https://example.com/a").await, first);
    assert_eq!(sandbox.counts().remote_uploads, 2);
}

#[tokio::test]
async fn failed_remote_upload_has_a_reason_only_with_the_option() {
    for (remote_upload_notes, notes) in [(false, None), (true, Some(json!("No space left.")))] {
        let sandbox = with(Options { remote_upload_notes, ..options() }).await;
        sandbox.fail_remote_uploads_matching("/large", "No space left.");
        let mut last = Value::Null;
        for url in ["https://example.invalid/a", "http://127.0.0.1/", "file:///etc/passwd", "https://example.com/large"]
        {
            let id = add(&sandbox, url).await["scheduled_item_id"].clone();
            sandbox.clock.advance(TICK * 2);
            last = status(&sandbox, &id).await;
            assert_eq!((&last["status"], last.get("downloaded_file")), (&json!("failed"), None), "{url}");
            assert!(last["finished"].is_string());
        }
        assert_eq!(last.get("notes"), notes.as_ref());
        assert_eq!(sandbox.counts().files, 0);
    }
}

#[tokio::test]
async fn url_must_be_base64() {
    let sandbox = empty().await;
    let words = "Could not parse the file_url_base64 parameter. Ensure it's base64 encoded.";
    for sent in ["https://example.com/a.mp4", "*", "/w=="] {
        assert_eq!(sandbox.refusal("file/url_upload_add", &[("file_url_base64", sent)]).await, words, "{sent}");
    }
    assert_eq!(sandbox.refusal("file/url_upload_add", &[]).await, "Please provide the file_url_base64 param.");
    let unpadded = STANDARD_NO_PAD.encode("https://example.com/a");
    let data = sandbox.data("file/url_upload_add", &[("file_url_base64", &unpadded)]).await;
    assert_eq!(data["url"], "https://example.com/a");
}

#[tokio::test]
async fn unknown_remote_upload_is_not_found() {
    let sandbox = empty().await;
    let words = sandbox.refusal("file/url_upload_status", &[("scheduled_item_id", "7")]).await;
    assert_eq!(words, "Could not find scheduled item based on scheduled_item_id.");
    let words = sandbox.refusal("file/url_upload_status", &[]).await;
    assert_eq!(words, "Please provide the scheduled_item_id param.");
}

#[tokio::test]
async fn fetched_file_goes_to_the_root_if_its_folder_is_gone() {
    let sandbox = empty().await;
    let (kept, gone) = (sandbox.add_folder("0", "kept"), sandbox.add_folder("0", "gone"));
    for (folder, url) in [(&kept, "https://example.com/a.mp4"), (&gone, "https://example.com/b.mp4")] {
        let parameters = [("file_url_base64", STANDARD.encode(url)), ("folder_id", folder.clone())];
        let parameters = parameters.each_ref().map(|(name, value)| (*name, value.as_str()));
        sandbox.data("file/url_upload_add", &parameters).await;
    }
    sandbox.call("folder/delete", &[("folder_id", &gone)]).await;
    sandbox.clock.advance(TICK * 4);
    let folder_of = |name: &str| sandbox.folder_of(&sandbox.find_file(name).unwrap());
    assert_eq!((folder_of("a.mp4"), folder_of("b.mp4")), (Some(kept), Some("0".to_owned())));
}
