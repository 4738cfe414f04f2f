//! Tests of the simulator's options: intercepted operations, malformed entries, changed names, the account's storage,
//! and the forms of the reply to an upload.

use std::time::Duration;

use polyhost_sandbox::openload::{AccountId, FilesShape, Options, Storage};
use polyhost_sandbox::{Intercept, InterceptAnswer, RedirectTarget, ReplyShape, ReplySize, StoredNames, Unreadable};
use serde_json::{Value, json};

use crate::support::{Sandbox, empty, json as read, keys, with};

fn options() -> Options {
    Options { seeded: false, ..Options::default() }
}

async fn intercepted(intercept: Intercept) -> Sandbox {
    with(Options { intercepts: vec![intercept], ..options() }).await
}

#[tokio::test]
async fn intercepted_operation_sends_the_configured_answer() {
    let cases = [
        (InterceptAnswer::Firewall(403), 403, "Access denied"),
        (InterceptAnswer::ErrorPage(503), 503, "nginx"),
        (InterceptAnswer::Html, 200, "<!DOCTYPE html>"),
        (InterceptAnswer::NotFound, 404, r#""status":404"#),
        (InterceptAnswer::NoMethod, 404, "nginx"),
    ];
    for (answer, status, words) in cases {
        let sandbox = intercepted(Intercept::of("file/info", answer)).await;
        let response = sandbox.client.get(sandbox.url("file/info?file=a")).send().await.unwrap();
        assert_eq!(response.status().as_u16(), status);
        let body = response.text().await.unwrap();
        assert!(body.contains(words), "{body}");
        sandbox.result("account/info").await;
    }
    let sandbox = intercepted(Intercept::all(InterceptAnswer::Hang)).await;
    let response = sandbox.client.get(sandbox.url("account/info")).timeout(Duration::from_millis(200)).send().await;
    assert!(response.unwrap_err().is_timeout());
}

#[tokio::test]
async fn upload_node_is_intercepted_only_by_its_name() {
    let firewall = || InterceptAnswer::Firewall(403);
    let sandbox = intercepted(Intercept::of("upload", firewall())).await;
    let url = sandbox.upload_url("").await;
    assert_eq!(sandbox.post_file(&url, "file1", "a.mp4", b"abc").await.status(), 403);
    let sandbox = intercepted(Intercept::all(firewall())).await;
    let url = format!("http://127.0.0.1:{}/ul/x", sandbox.port());
    assert_eq!(read(sandbox.post_file(&url, "file1", "a.mp4", b"abc").await).await["status"], 404);
}

#[tokio::test]
async fn redirected_api_keeps_path_and_query() {
    let answer = InterceptAnswer::Redirect { status: 301, to: RedirectTarget::Https };
    let sandbox = intercepted(Intercept::all(answer)).await;
    let client = reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    let url = sandbox.url("account/info");
    let response = client.get(&url).send().await.unwrap();
    assert_eq!(response.status(), 301);
    assert_eq!(response.headers()["location"], url.replace("http:", "https:"));
}

#[tokio::test]
async fn listing_has_malformed_entries() {
    let kinds = || vec![Unreadable::DoubledKey, Unreadable::InvalidUtf8, Unreadable::MissingId];
    for files_shape in [FilesShape::Map, FilesShape::Array, FilesShape::MapsInArray] {
        let sandbox = with(Options {
            files_shape,
            unreadable_files: kinds(),
            unreadable_folders: vec![Unreadable::MissingId, Unreadable::InvalidUtf8],
            ..options()
        })
        .await;
        for name in ["a", "b", "c"] {
            sandbox.add_file("0", name, b"abc");
            sandbox.add_folder("0", name);
        }
        let bytes = sandbox.client.get(sandbox.url("file/listfolder")).send().await.unwrap().bytes().await.unwrap();
        assert!(std::str::from_utf8(&bytes).is_err());
        let text = String::from_utf8_lossy(&bytes).into_owned();
        assert_eq!(text.matches("\"size\"").count(), 4, "{text}");
        assert_eq!(text.matches("\"linkextid\"").count(), 2, "{text}");
        let result = &serde_json::from_str::<Value>(&text).unwrap()["result"];
        assert_eq!(keys(&result["folders"][0]), ["name"]);
        assert_eq!(result["folders"][1]["name"], "b\u{FFFD}");
    }
}

#[tokio::test]
async fn entry_may_be_listed_twice() {
    let sandbox =
        with(Options { files_shape: FilesShape::Array, unreadable_files: vec![Unreadable::Repeated], ..options() })
            .await;
    sandbox.add_file("0", "a", b"abc");
    let files = sandbox.result("file/listfolder").await["files"].clone();
    assert_eq!((files.as_array().unwrap().len(), &files[0]), (2, &files[1]));
}

#[tokio::test]
async fn names_are_stored_in_the_form_of_the_option() {
    let sandbox = with(Options { stored_names: StoredNames::Nfc, ..options() }).await;
    let file = sandbox.upload("", "E\u{301}.mp4", b"abc").await;
    assert_eq!(file["name"], "\u{c9}.mp4");
    sandbox.result("file/createfolder?name=e%CC%81").await;
    assert!(sandbox.find_folder("\u{e9}").is_some());
    sandbox.result(&format!("file/rename?file={}&name=o%CC%88", file["id"].as_str().unwrap())).await;
    assert!(sandbox.find_file("\u{f6}").is_some());
}

#[tokio::test]
async fn account_has_storage_if_the_option_is_set() {
    assert_eq!(keys(&empty().await.result("account/info").await), ["email", "extid", "signup_at"]);
    let storage = Some(Storage { left: -1, used: 24_160 });
    let fixed_date = Some("9999-12-31 00:00:00".to_owned());
    let sandbox = with(Options { storage, fixed_date, account_id: AccountId::Apiid, ..options() }).await;
    let account = sandbox.result("account/info").await;
    assert_eq!((&account["storage_left"], &account["storage_used"]), (&json!(-1), &json!("24160")));
    assert_eq!((&account["apiid"], &account["signup_at"]), (&json!("fnvjeof4815f"), &json!("9999-12-31 00:00:00")));
}

#[tokio::test]
async fn upload_reply_has_the_form_of_the_option() {
    let upload = async |options: Options| with(options).await.upload("", "a.mp4", b"abc").await;
    let list = upload(Options { reply_shape: ReplyShape::Array, ..options() }).await;
    assert_eq!((list.as_array().unwrap().len(), &list[0]["name"]), (1, &json!("a.mp4")));
    for (reply_size, expected) in
        [(ReplySize::Missing, Value::Null), (ReplySize::Zero, json!(0)), (ReplySize::False, json!(false))]
    {
        assert_eq!(upload(Options { reply_size, ..options() }).await["size"], expected);
    }
    let bare = upload(Options { reply_hash: false, ..options() }).await;
    assert_eq!(keys(&bare), ["content_type", "id", "name", "size", "url"]);
}
