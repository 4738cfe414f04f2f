//! Tests of uploads to file hosts, which need a session.

use std::time::Duration;

use polyhost_sandbox::xfilesharing::{Flavour, Options, Sessions};
use reqwest::multipart::Form;
use serde_json::{Value, json};

use crate::support::{Sandbox, empty, file, options, with};

async fn in_session(sandbox: &Sandbox, session: &str, form: Form) -> Value {
    let form = file(form.text("sess_id", session.to_owned()), "file_0", "a.zip", b"abc");
    let node = format!("{}/s1/cgi-bin/upload.cgi?upload_type=file&utype=reg", sandbox.base_url().replace("/api", ""));
    let (http, body) = sandbox.post_to(&node, form).await;
    assert_eq!(http, 200, "{body}");
    serde_json::from_str::<Value>(body.trim_start_matches("# Keep-Alive\n")).unwrap()[0].clone()
}

async fn new_session(sandbox: &Sandbox) -> String {
    sandbox.server().await["sess_id"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn session_is_beside_the_result() {
    let sandbox = empty(Flavour::Xfs).await;
    let server = sandbox.server().await;
    assert!(server["result"].as_str().unwrap().ends_with("/cgi-bin/upload.cgi"), "{server}");
    let row = sandbox.upload_in_session(Form::new(), "a.zip", b"abc").await;
    assert_eq!(row["file_status"], "OK");
    assert_eq!(sandbox.file_bytes(row["file_code"].as_str().unwrap()).unwrap(), b"abc");
    assert_eq!((sandbox.counts().files, sandbox.counts().anonymous_files), (1, 0));
}

#[tokio::test]
async fn bad_session_makes_an_anonymous_file_under_ok() {
    let sandbox = empty(Flavour::Xfs).await;
    let row = in_session(&sandbox, "unknown", Form::new()).await;
    let code = row["file_code"].as_str().unwrap();
    assert_eq!((&row["file_status"], sandbox.is_anonymous(code)), (&json!("OK"), true));
    assert_eq!(sandbox.result(&format!("file/info?file_code={code}")).await[0]["status"], 200);
    assert_eq!(sandbox.result("file/list").await["files"], json!([]));
    assert_eq!(sandbox.result("folder/list").await["files"], json!([]));
}

#[tokio::test]
async fn session_may_expire_or_work_once() {
    let once = Options { session_uses: Some(1), sessions: Sessions::Refused, ..options(Flavour::Xfs) };
    let sandbox = with(Options { session_life: Some(Duration::from_secs(60)), ..once }).await;
    let expired = "session expired, please request a new upload URL";
    let (first, second) = (new_session(&sandbox).await, new_session(&sandbox).await);
    assert_eq!(in_session(&sandbox, &first, Form::new()).await["file_status"], "OK");
    assert_eq!(in_session(&sandbox, &first, Form::new()).await["file_status"], expired);
    sandbox.clock.advance(Duration::from_secs(60));
    assert_eq!(in_session(&sandbox, &second, Form::new()).await["file_status"], expired);
    assert_eq!(in_session(&sandbox, "unknown", Form::new()).await["file_status"], "Invalid session");
}

#[tokio::test]
async fn folder_field_is_ignored_unless_the_option_names_it() {
    for (upload_folder, expected_in_root) in [(None, true), (Some("to_folder".to_owned()), false)] {
        let sandbox = with(Options { upload_folder, ..options(Flavour::Xfs) }).await;
        let folder = sandbox.add_folder("0", "Films");
        let form = Form::new().text("to_folder", folder.clone()).text("fld_id", folder);
        let row = in_session(&sandbox, &new_session(&sandbox).await, form).await;
        let folder = sandbox.folder_of(row["file_code"].as_str().unwrap()).unwrap();
        assert_eq!(folder == "0", expected_in_root);
    }
}

#[tokio::test]
async fn origin_may_be_required() {
    let origin = Some("https://files.example".to_owned());
    let sandbox = with(Options { required_origin: origin, ..options(Flavour::Xfs) }).await;
    let row = in_session(&sandbox, &new_session(&sandbox).await, Form::new()).await;
    assert_eq!(row["file_status"], "uploads are not enabled for your account type");
}

#[tokio::test]
async fn keepalive_lines_and_textareas_precede_or_replace_json() {
    let sandbox = empty(Flavour::Xfs).await;
    let form = file(Form::new().text("keepalive", "1"), "file_0", "a.zip", b"abc");
    assert!(sandbox.post(form).await.1.starts_with("# Keep-Alive\n"));
    let sandbox = with(Options { upload_textareas: true, ..options(Flavour::Xfs) }).await;
    let (_, body) = sandbox.post(file(Form::new(), "file_0", "a.zip", b"abc")).await;
    assert!(body.contains("<textarea name=\"st\">OK</textarea>"), "{body}");
}

#[tokio::test]
async fn only_quoted_plain_file_names_are_files() {
    let sandbox = empty(Flavour::Xfs).await;
    for part in ["name=\"file_0\"; filename*=UTF-8''a.zip", "name=\"file_0\"; filename=a.zip"] {
        let body = format!("--x\r\nContent-Disposition: form-data; {part}\r\n\r\nabc\r\n--x--\r\n");
        let node = sandbox.server().await["result"].as_str().unwrap().to_owned();
        let request = sandbox.client.post(node).header("content-type", "multipart/form-data; boundary=x");
        assert_eq!(request.body(body).send().await.unwrap().text().await.unwrap(), "[]");
    }
}
