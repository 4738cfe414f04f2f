//! Tests of the simulator's options: intercepted operations, tokens with a limited life, malformed entries, escaped
//! texts, changed names, and the forms of the reply to an upload.

use std::time::Duration;

use polyhost_sandbox::yetishare::{Escaping, Options};
use polyhost_sandbox::{
    Intercept, InterceptAnswer, RedirectTarget, ReplyShape, ReplySize, StoredNames, Unreadable, UploadReply,
};
use serde_json::{Value, json};

use crate::support::{Sandbox, column, empty, logged_out, options, with};

async fn intercepted(intercept: Intercept) -> Sandbox {
    logged_out(Options { intercepts: vec![intercept], ..options() }).await
}

/// Makes a call and returns the HTTP status, the content type and the body of the answer.
async fn call(sandbox: &Sandbox, operation: &str) -> (u16, String, String) {
    let url = format!("{}/{operation}", sandbox.base_url());
    let response = sandbox.client.post(url).form(&[("access_token", "x")]).send().await.unwrap();
    let status = response.status().as_u16();
    let content_type = response.headers()["content-type"].to_str().unwrap().to_owned();
    (status, content_type, response.text().await.unwrap())
}

#[tokio::test]
async fn firewall_answers_for_all_or_for_some_operations() {
    let sandbox = intercepted(Intercept::all(InterceptAnswer::Firewall(403))).await;
    for operation in ["authorize", "account/info", "folder/listing"] {
        let (status, content_type, body) = call(&sandbox, operation).await;
        assert_eq!(status, 403, "{operation}");
        assert!(content_type.starts_with("text/html") && body.contains("Access denied"), "{body}");
    }
    assert_eq!(sandbox.journal().count(), 3);
    let sandbox = intercepted(Intercept::of("account/info", InterceptAnswer::Firewall(429))).await;
    let url = format!("{}/account/info", sandbox.base_url());
    let rejected = sandbox.client.get(url).send().await.unwrap();
    assert_eq!((rejected.status().as_u16(), &rejected.headers()["retry-after"]), (429, &"30".parse().unwrap()));
    sandbox.log_in().await;
}

#[tokio::test]
async fn broken_operation_sends_the_configured_answer() {
    let cases = [
        (InterceptAnswer::ErrorPage(500), 500, "nginx"),
        (InterceptAnswer::Html, 200, "<!DOCTYPE html>"),
        (InterceptAnswer::NotFound, 404, "File not found at the provided path."),
        (InterceptAnswer::NoMethod, 404, r#"{"0":"No method found within endpoint (account): info""#),
    ];
    for (answer, status, words) in cases {
        let sandbox = intercepted(Intercept::of("account/info", answer)).await;
        let (found, _, body) = call(&sandbox, "account/info").await;
        assert!(found == status && body.contains(words), "{found} {body}");
    }
    let sandbox = intercepted(Intercept::of("account/info", InterceptAnswer::Hang)).await;
    let url = format!("{}/account/info", sandbox.base_url());
    let response = sandbox.client.get(url).timeout(Duration::from_millis(200)).send().await;
    assert!(response.unwrap_err().is_timeout());
}

#[tokio::test]
async fn redirected_api_keeps_path_and_query() {
    let origin = || RedirectTarget::Origin("http://127.0.0.1:9".to_owned());
    for (status, to, expected) in [
        (301, RedirectTarget::Https, "https://127.0.0.1:{port}/api/v2/file/info?a=b"),
        (302, RedirectTarget::Www, "http://www.localhost:{port}/api/v2/file/info?a=b"),
        (307, origin(), "http://127.0.0.1:9/api/v2/file/info?a=b"),
        (308, origin(), "http://127.0.0.1:9/api/v2/file/info?a=b"),
    ] {
        let sandbox = intercepted(Intercept::all(InterceptAnswer::Redirect { status, to })).await;
        let url = format!("{}/file/info?a=b", sandbox.base_url());
        let response = sandbox.client.post(url).send().await.unwrap();
        let location = response.headers()["location"].to_str().unwrap();
        assert_eq!(response.status().as_u16(), status);
        assert_eq!(location, expected.replace("{port}", &sandbox.port().to_string()));
    }
}

#[tokio::test]
async fn token_expires_after_its_life_even_if_used() {
    let sandbox = with(Options { token_life: Some(Duration::from_secs(60)), ..options() }).await;
    for _ in 0..5 {
        sandbox.data("folder/listing", &[]).await;
        sandbox.clock.advance(Duration::from_secs(11));
    }
    sandbox.data("folder/listing", &[]).await;
    sandbox.clock.advance(Duration::from_secs(5));
    let words = sandbox.refusal("folder/listing", &[]).await;
    assert!(words.starts_with("Could not validate access_token and account_id"), "{words}");
}

#[tokio::test]
async fn listing_has_malformed_entries() {
    let kinds = vec![Unreadable::DoubledKey, Unreadable::InvalidUtf8, Unreadable::MissingId, Unreadable::Repeated];
    let sandbox =
        with(Options { unreadable_files: kinds, unreadable_folders: vec![Unreadable::MissingId], ..options() }).await;
    for name in ["a", "b", "c", "d"] {
        sandbox.add_file("0", name, b"abc");
    }
    sandbox.add_folder("0", "Films");
    let url = format!("{}/folder/listing", sandbox.base_url());
    let form = [("access_token", sandbox.token.as_str()), ("account_id", "158642")];
    let bytes = sandbox.client.post(url).form(&form).send().await.unwrap().bytes().await.unwrap();
    assert!(std::str::from_utf8(&bytes).is_err());
    let text = String::from_utf8_lossy(&bytes).into_owned();
    assert_eq!(text.matches("\"fileSize\"").count(), 6, "{text}");
    assert!(text.contains("\"filename\":\"b\u{FFFD}\""), "{text}");
    let data = &serde_json::from_str::<Value>(&text).unwrap()["data"];
    assert_eq!(column(&data["files"], "filename"), ["a", "b\u{FFFD}", "c", "d", "d"]);
    let keys: Vec<&String> = data["files"][2].as_object().unwrap().keys().collect();
    assert!(!keys.iter().any(|key| ["id", "shortUrl", "url_file"].contains(&key.as_str())), "{keys:?}");
    assert_eq!((&data["folders"][0]["folderName"], &data["folders"][0]["id"]), (&json!("Films"), &Value::Null));
}

#[tokio::test]
async fn texts_are_escaped_if_the_option_is_set() {
    let sandbox = with(Options { escaping: Escaping::Special, ..options() }).await;
    let id = sandbox.add_file("0", "a & b's \"c\".mp4", b"abc");
    let escaped = "a &amp; b&#039;s &quot;c&quot;.mp4";
    assert_eq!(sandbox.data("file/info", &[("file_id", &id)]).await["filename"], escaped);
    assert_eq!(sandbox.data("folder/create", &[("folder_name", "R&B")]).await["folderName"], "R&amp;B");
    let listing = sandbox.data("folder/listing", &[]).await;
    assert_eq!(listing["files"][0]["filename"], escaped);
    assert_eq!(sandbox.find_folder("R&B").unwrap(), listing["folders"][0]["id"]);
    assert_eq!(sandbox.upload("R&B.mp4", b"abc").await["data"][0]["name"], "R&amp;B.mp4");
    let sandbox = with(Options { escaping: Escaping::Numeric, ..options() }).await;
    sandbox.add_file("0", "Été", b"abc");
    assert_eq!(sandbox.data("folder/listing", &[]).await["files"][0]["filename"], "&#201;t&#233;");
}

#[tokio::test]
async fn names_are_stored_in_the_form_of_the_option() {
    let sandbox = with(Options { stored_names: StoredNames::Nfc, ..options() }).await;
    assert_eq!(sandbox.upload("E\u{301}.mp4", b"abc").await["data"][0]["name"], "\u{c9}.mp4");
    let folder = sandbox.data("folder/create", &[("folder_name", "e\u{301}")]).await;
    assert_eq!(folder["folderName"], "\u{e9}");
    let edit = [("file_id", "1001"), ("filename", "o\u{308}.mp4")];
    assert_eq!(sandbox.data("file/edit", &edit).await["filename"], "\u{f6}.mp4");
    let sandbox = with(Options { stored_names: StoredNames::Underscores, ..options() }).await;
    assert_eq!(sandbox.upload("my clip.mp4", b"abc").await["data"][0]["name"], "my_clip.mp4");
}

#[tokio::test]
async fn fixed_date_replaces_every_date() {
    let date = "9999-12-31 00:00:00";
    let sandbox = with(Options { fixed_date: Some(date.to_owned()), ..options() }).await;
    let id = sandbox.add_file("0", "a.mp4", b"abc");
    assert_eq!(sandbox.data("file/info", &[("file_id", &id)]).await["uploadedDate"], date);
    let account = sandbox.data("account/info", &[]).await;
    assert_eq!((&account["datecreated"], &account["paidExpiryDate"]), (&json!(date), &Value::Null));
    let sandbox = with(Options { paid_expiry_date: Some(date.to_owned()), ..options() }).await;
    assert_eq!(sandbox.data("account/info", &[]).await["paidExpiryDate"], date);
}

/// Uploads a file, and returns the reply and the keys of its file.
async fn reply(options: Options) -> (Value, Vec<String>) {
    let answer = with(options).await.upload("a.mp4", b"abc").await["data"].clone();
    let file = if answer.is_array() { answer[0].clone() } else { answer.clone() };
    (answer, file.as_object().unwrap().keys().cloned().collect())
}

#[tokio::test]
async fn upload_reply_has_the_form_of_the_option() {
    let (whole, usual) = reply(options()).await;
    assert_eq!((whole.as_array().unwrap().len(), usual.len()), (1, 16));
    let (object, keys) = reply(Options { reply_shape: ReplyShape::Object, ..options() }).await;
    assert!(object.is_object() && keys == usual);
    for (reply_size, expected) in
        [(ReplySize::Missing, Value::Null), (ReplySize::Zero, json!("0")), (ReplySize::False, json!(false))]
    {
        let (answer, _) = reply(Options { reply_size, ..options() }).await;
        assert_eq!(answer[0]["size"], expected);
    }
    let (_, keys) = reply(Options { upload_reply: UploadReply::UrlAlone, ..options() }).await;
    assert_eq!(keys, ["delete_type", "error", "hash", "name", "size", "type", "url"]);
    let (_, keys) = reply(Options { upload_reply: UploadReply::Nameless, ..options() }).await;
    assert_eq!(keys, ["delete_type", "error", "hash", "name", "size", "type"]);
    let (_, keys) = reply(Options { reply_links: false, reply_hash: false, ..options() }).await;
    assert_eq!(keys.len(), usual.len() - 5);
    assert!(!keys.contains(&"hash".to_owned()) && !keys.contains(&"delete_url".to_owned()));
}

#[tokio::test]
async fn upload_error_is_inside_a_success_and_stores_nothing() {
    let sandbox = with(Options { upload_error: Some("Max uploads reached.".to_owned()), ..options() }).await;
    let answer = sandbox.upload("a.mp4", b"abc").await;
    assert_eq!((&answer["_status"], &answer["data"][0]["error"]), (&json!("success"), &json!("Max uploads reached.")));
    assert_eq!(sandbox.counts().files, empty().await.counts().files);
}
