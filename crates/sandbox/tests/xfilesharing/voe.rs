//! Tests of the VOE flavour.

use std::time::Duration;

use polyhost_sandbox::xfilesharing::Flavour;
use reqwest::multipart::Form;
use serde_json::{Value, json};

use crate::support::{column, empty, file};

#[tokio::test]
async fn http_status_is_the_bodys() {
    let sandbox = empty(Flavour::Voe).await;
    let (http, answer) = sandbox.answer("folder/list?fld_id=999").await;
    assert_eq!((http, &answer["status"], &answer["success"]), (403, &json!(403), &json!(false)));
    assert_eq!(answer["message"], answer["msg"]);
    assert_eq!(sandbox.call("account/info").await["success"], true);
}

#[tokio::test]
async fn folder_has_its_first_page_of_files() {
    let sandbox = empty(Flavour::Voe).await;
    for _ in 0..30 {
        sandbox.add_file("0", "a.mp4", b"abc");
    }
    let files = &sandbox.result("folder/list").await["files"];
    assert_eq!((files["data"].as_array().unwrap().len(), &files["total"]), (25, &json!(30)));
    let list = sandbox.result("file/list?page=2").await;
    assert_eq!((list["data"].as_array().unwrap().len(), &list["current_page"]), (5, &json!(2)));
    assert_eq!(list["data"][0]["size"], 3);
}

#[tokio::test]
async fn files_are_deleted_by_del_code() {
    let sandbox = empty(Flavour::Voe).await;
    let codes = [sandbox.add_file("0", "a.mp4", b"abc"), sandbox.add_file("0", "b.mp4", b"abc")];
    assert_eq!(sandbox.answer(&format!("file/delete?file_code={}", codes[0])).await.0, 404);
    sandbox.call(&format!("file/delete?del_code={}", codes.join(","))).await;
    assert_eq!(sandbox.counts().files, 0);
}

#[tokio::test]
async fn upload_is_answered_without_a_status() {
    let sandbox = empty(Flavour::Voe).await;
    let form = file(Form::new().text("key", sandbox.key.clone()), "file", "a.mp4", b"abc");
    let answer: Value = serde_json::from_str(&sandbox.post(form).await.1).unwrap();
    assert_eq!((&answer["success"], answer.get("status")), (&json!(true), None));
    assert!(sandbox.file_bytes(answer["file"]["file_code"].as_str().unwrap()).is_some());
    let (http, _) = sandbox.post(file(Form::new().text("key", "wrong"), "file", "a.mp4", b"abc")).await;
    assert_eq!(http, 401);
}

#[tokio::test]
async fn url_uploads_stay_with_numbers_as_states() {
    let sandbox = empty(Flavour::Voe).await;
    let folder = sandbox.add_folder("0", "Films");
    let added = sandbox.result(&format!("upload/url?url=https://media.example.org/b.mp4&folder_id={folder}")).await;
    let code = added["file_code"].as_str().unwrap();
    let states = async || column(&sandbox.call("upload/url/list").await["list"]["data"], "status");
    assert_eq!(states().await, ["1"]);
    sandbox.clock.advance(Duration::from_secs(2));
    assert_eq!(states().await, ["2"]);
    sandbox.clock.advance(Duration::from_secs(4));
    assert_eq!((states().await, sandbox.folder_of(code)), (vec!["3".to_owned()], Some(folder)));
}
