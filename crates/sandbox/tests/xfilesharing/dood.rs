//! Tests of the DoodStream flavour.

use std::time::Duration;

use polyhost_sandbox::xfilesharing::Flavour;
use reqwest::multipart::Form;
use serde_json::{Value, json};

use crate::support::{Sandbox, column, empty, file};

async fn upload(sandbox: &Sandbox, name: &str, query: &str, key: &str) -> Value {
    let node = sandbox.server().await["result"].as_str().unwrap().to_owned();
    let form = Form::new().text("api_key", key.to_owned());
    let (_, body) = sandbox.post_to(&format!("{node}?{query}"), file(form, "file", name, b"abc")).await;
    serde_json::from_str(&body).unwrap()
}

#[tokio::test]
async fn upload_needs_the_key_in_query_and_form() {
    let sandbox = empty(Flavour::Dood).await;
    let answer = upload(&sandbox, "a.mp4", &sandbox.key, &sandbox.key).await;
    let row = &answer["result"][0];
    assert_eq!((&row["status"], &row["size"], &row["title"]), (&json!("OK"), &json!("3"), &json!("a.mp4")));
    assert_eq!(upload(&sandbox, "a.mp4", "", &sandbox.key).await["status"], 400);
    assert_eq!(upload(&sandbox, "a.mp4", &sandbox.key, "12abcdefghijklmnop").await["msg"], "Wrong Auth");
    assert_ne!(upload(&sandbox, "a.zip", &sandbox.key, &sandbox.key).await["msg"], "OK", "only videos");
    assert_eq!(sandbox.counts().files, 1);
}

#[tokio::test]
async fn url_upload_has_slots_and_bytes() {
    let sandbox = empty(Flavour::Dood).await;
    let added = sandbox.call("upload/url?url=https://media.example.org/b.mp4&new_title=New").await;
    assert_eq!((&added["new_title"], &added["used_slots"]), (&json!("New"), &json!("0")));
    let code = added["result"]["filecode"].as_str().unwrap().to_owned();
    sandbox.clock.advance(Duration::from_secs(4));
    let rows = sandbox.result(&format!("urlupload/status?file_code={code}")).await;
    assert_eq!((&rows[0]["status"], &rows[0]["bytes_downloaded"]), (&json!("working"), &json!("500")));
    assert_eq!(sandbox.call("urlupload/slots").await["used_slots"], "1");
    sandbox.clock.advance(Duration::from_secs(2));
    assert_eq!(sandbox.result("urlupload/list").await, json!([]));
    assert_eq!(sandbox.name_of(&code).unwrap(), "New");
    assert_eq!(sandbox.call("urlupload/actions?restart_errors=1").await["msg"], "Errors restarted");
}

#[tokio::test]
async fn listings_have_text_totals_and_files_always() {
    let sandbox = empty(Flavour::Dood).await;
    let code = sandbox.add_file("0", "a.mp4", b"abc");
    let list = sandbox.result("file/list").await;
    assert_eq!((&list["results_total"], &list["total_pages"]), (&json!("1"), &json!(1)));
    assert_eq!(column(&sandbox.result("folder/list").await["files"], "file_code"), std::slice::from_ref(&code));
    let folder = sandbox.add_folder("0", "Films");
    assert_eq!(sandbox.result(&format!("file/move?file_code={code}&fld_id={folder}")).await, "true");
    assert_eq!(sandbox.folder_of(&code), Some(folder));
    assert_eq!(sandbox.result(&format!("file/check?file_code={code}")).await[0]["status"], "Active");
}
