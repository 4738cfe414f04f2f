//! Tests of the Byse flavour, whose API has no path.

use std::time::Duration;

use polyhost_sandbox::xfilesharing::Flavour;
use reqwest::multipart::Form;
use serde_json::{Value, json};

use crate::support::{column, empty, file};

#[tokio::test]
async fn clone_into_a_folder_moves_and_gives_a_new_code() {
    let sandbox = empty(Flavour::Byse).await;
    let (code, folder) = (sandbox.add_file("0", "a.mp4", b"abc"), sandbox.add_folder("0", "Films"));
    let moved = sandbox.result(&format!("file/clone?file_code={code}&fld_id={folder}")).await;
    let new = moved["file_code"].as_str().unwrap();
    assert_eq!((sandbox.folder_of(&code), sandbox.folder_of(new)), (None, Some(folder)));
    let copy = sandbox.result(&format!("file/clone?file_code={new}")).await;
    assert!(copy["url"].as_str().unwrap().contains("/d/"), "{copy}");
    assert_eq!(sandbox.counts().files, 2);
}

#[tokio::test]
async fn upload_node_and_api_share_a_path() {
    let sandbox = empty(Flavour::Byse).await;
    assert!(!sandbox.base_url().ends_with("/api"));
    let form = file(Form::new().text("key", sandbox.key.clone()), "file", "a.mp4", b"abc");
    let answer: Value = serde_json::from_str(&sandbox.post(form).await.1).unwrap();
    assert_eq!(answer["files"][0]["status"], "OK");
    let list = sandbox.result("file/list").await;
    let code = answer["files"][0]["filecode"].as_str().unwrap();
    assert_eq!(column(&list, "filecode"), [code]);
    let page = sandbox.client.get(format!("{}/d/{code}", sandbox.base_url())).send().await.unwrap();
    assert_eq!(page.text().await.unwrap(), "a.mp4\n");
    assert_eq!(sandbox.refusal("file/explode").await, (400, "Invalid operation".to_owned()));
}

#[tokio::test]
async fn remote_status_has_a_date_with_the_time_first() {
    let sandbox = empty(Flavour::Byse).await;
    let added = sandbox.result("remote/add?url=https://media.example.org/b.mp4").await;
    let code = added["filecode"].as_str().unwrap();
    sandbox.clock.advance(Duration::from_secs(4));
    let status = sandbox.result(&format!("remote/status?file_code={code}")).await;
    assert_eq!((&status["progress"], &status["status"]), (&json!("50%"), &json!("WORKING")));
    assert_eq!(status["created"], "01:30:00 04-03-2026");
    sandbox.clock.advance(Duration::from_secs(2));
    assert_eq!(sandbox.result(&format!("remote/status?file_code={code}")).await["status"], "OK");
    let removed = sandbox.call(&format!("remote/remove?file_code={code}")).await;
    assert_eq!(removed["msg"], "File succesfully removed from remote upload queue");
}

#[tokio::test]
async fn encoding_is_restarted_with_a_message_of_its_own() {
    let sandbox = empty(Flavour::Byse).await;
    let code = sandbox.add_file("0", "a.mkv", b"abc");
    sandbox.fail_encoding_of(&code);
    sandbox.clock.advance(Duration::from_secs(60));
    let status = sandbox.result(&format!("encoding/status?file_code={code}")).await;
    assert_eq!((&status["status"], &status["error"]), (&json!("ERROR"), &json!("Encoding failed")));
    let answer = sandbox.call(&format!("encoding/restart?file_code={code}")).await;
    assert_eq!(answer["msg"], format!("Encoding for file code: {code} was restarted"));
    assert!(sandbox.call("get/domain").await["embed_domain"].is_string());
    assert!(sandbox.result(&format!("images/splash?file_code={code}")).await["splash"].is_string());
}
