//! Tests of the envelope: its status, message and time, and the types of numbers.

use polyhost_sandbox::xfilesharing::{Flavour, Numbers, Options, StatusForm};
use polyhost_sandbox::{Intercept, InterceptAnswer, RedirectTarget};
use serde_json::json;

use crate::support::{empty, options, with};

#[tokio::test]
async fn server_time_is_local_and_the_date_header_is_not() {
    let sandbox = empty(Flavour::Xfs).await;
    let response = sandbox.client.get(sandbox.url("account/info")).send().await.unwrap();
    assert_eq!(response.headers()["date"], "Wed, 04 Mar 2026 01:30:00 GMT");
    assert_eq!(response.headers()["content-type"], "application/json; charset=utf-8");
    assert_eq!(sandbox.call("account/info").await["server_time"], "2026-03-04 05:00:00");
}

#[tokio::test]
async fn status_has_the_form_of_the_option() {
    let sandbox = with(Options { status: StatusForm::Text, ..options(Flavour::Xvs) }).await;
    assert_eq!(sandbox.call("account/info").await["status"], "200");
    let absent = Options { status: StatusForm::AbsentOnSuccess, ..options(Flavour::Xvs) };
    let sandbox = with(Options { success_message: "WORKING".to_owned(), ..absent }).await;
    let answer = sandbox.call("account/info").await;
    assert_eq!((answer.get("status"), &answer["msg"]), (None, &json!("WORKING")));
    assert_eq!(sandbox.refusal("file/explode").await.0, 400);
}

#[tokio::test]
async fn numbers_and_codes_have_the_form_of_the_options() {
    let text = Options { numbers: Numbers::Text, code_key: Some("filecode".to_owned()), ..options(Flavour::Xvs) };
    let sandbox = with(text).await;
    let code = sandbox.add_file("0", "a.mp4", b"abc");
    let row = &sandbox.result(&format!("file/info?file_code={code}")).await[0];
    assert_eq!((&row["filecode"], &row["canplay"]), (&json!(code), &json!("1")));
    let sandbox = with(Options { numbers: Numbers::Number, ..options(Flavour::Xfs) }).await;
    let code = sandbox.add_file("0", "a.zip", b"abc");
    assert_eq!(sandbox.result(&format!("file/info?file_code={code}")).await[0]["size"], 3);
}

#[tokio::test]
async fn challenge_and_redirect_replace_the_api() {
    let challenge = Intercept::all(InterceptAnswer::Firewall(403));
    let sandbox = with(Options { intercepts: vec![challenge], ..options(Flavour::Xvs) }).await;
    let response = sandbox.client.get(sandbox.url("account/info")).send().await.unwrap();
    assert_eq!(response.status(), 403);
    assert!(response.text().await.unwrap().starts_with("<!DOCTYPE html>"));
    let to = RedirectTarget::Origin("http://127.0.0.1:9".to_owned());
    let redirect = Intercept::of("account/info", InterceptAnswer::Redirect { status: 301, to });
    let sandbox = with(Options { intercepts: vec![redirect], ..options(Flavour::Xfs) }).await;
    let response = sandbox.client.get(sandbox.url("account/info")).send().await.unwrap();
    assert!(response.headers()["location"].to_str().unwrap().starts_with("http://127.0.0.1:9/api/account/info?"));
}
