//! Tests of broken answers and connections, and of the names of operations in rules.

use polyhost_sandbox::{Fault, Rule};
use serde_json::json;

use crate::support::{empty, json, refused};

#[tokio::test]
async fn operation_is_named_as_in_its_path() {
    let sandbox = empty().await;
    sandbox.faults().add(Rule::new("file/info", Fault::http(503)).times(1));
    let response = sandbox.client.post(format!("{}/File/Info/", sandbox.base_url())).send().await.unwrap();
    assert_eq!(response.status(), 503);
    sandbox.faults().add(Rule::new("authorize", Fault::rate_limit(7)).times(1));
    let response = sandbox.client.post(format!("{}/authorize", sandbox.base_url())).send().await.unwrap();
    assert_eq!((response.status().as_u16(), &response.headers()["retry-after"]), (429, &"7".parse().unwrap()));
    assert!(sandbox.faults().rules().is_empty());
}

#[tokio::test]
async fn envelope_fault_uses_the_sites_envelope() {
    let sandbox = empty().await;
    sandbox.faults().add(Rule::new("folder/listing", Fault::envelope(500)));
    let answer = sandbox.call("folder/listing", &[]).await;
    assert_eq!(refused(&answer), "Internal Server Error");
    assert_eq!(answer.get("msg"), None);
}

#[tokio::test]
async fn upload_answer_can_be_lost_after_the_file_is_stored() {
    let sandbox = empty().await;
    sandbox.faults().add(Rule::new("file/upload", Fault::LoseAnswer));
    let form = crate::support::form("a.mp4", &[7; 100_000]).text("access_token", sandbox.token.clone());
    let form = form.text("account_id", "158642");
    let url = format!("{}/file/upload", sandbox.base_url());
    assert!(sandbox.client.post(url).multipart(form).send().await.is_err());
    assert_eq!(sandbox.counts().files, 1);
    assert!(sandbox.journal().of("file/upload").pop().unwrap().upload.unwrap().complete);
}

#[tokio::test]
async fn file_server_can_cut_a_download() {
    let sandbox = empty().await;
    let url = sandbox.download_url(&sandbox.add_file("0", "a.mp4", &[7; 1000])).await;
    sandbox.faults().add(Rule::new("content", Fault::CutBody { sent: 10 }).times(1));
    let response = sandbox.client.get(&url).send().await.unwrap();
    assert_eq!((response.status().as_u16(), response.content_length()), (200, Some(1000)));
    assert!(response.bytes().await.is_err());
    assert_eq!(sandbox.client.get(&url).send().await.unwrap().bytes().await.unwrap().len(), 1000);
}

#[tokio::test]
async fn rules_and_journal_can_be_accessed_over_http() {
    let sandbox = empty().await;
    let rule = json!({"operation": "account/info", "times": 1, "kind": {"status": {"http": 200, "body_status": 451}}});
    let url = format!("{}/_control/faults", sandbox.origin());
    let post = sandbox.client.post(url).header("content-type", "application/json").body(rule.to_string());
    assert_eq!(post.send().await.unwrap().status(), 204);
    assert_eq!(sandbox.refusal("account/info", &[]).await, "Unavailable For Legal Reasons");
    let url = format!("{}/_control/requests", sandbox.origin());
    let received = json(sandbox.client.get(url).send().await.unwrap()).await;
    let operations: Vec<&str> =
        received.as_array().unwrap().iter().map(|received| received["operation"].as_str().unwrap()).collect();
    assert_eq!(operations, ["authorize", "account/info"]);
}
