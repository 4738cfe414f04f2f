//! Tests of transfers that fail in every way: rejected early, stalled, or with an invalid link.

use std::time::Duration;

use polyhost_sandbox::yetishare::{DeadLinks, Options};
use polyhost_sandbox::{Copies, Ended, Fault, Rest, Rule};
use reqwest::Response;

use crate::support::{Sandbox, column, empty, form, json, options, refused, with};

async fn within_5_seconds<T>(event: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(5), event).await.unwrap()
}

async fn fetch(sandbox: &Sandbox, url: &str) -> Response {
    sandbox.client.get(url).send().await.unwrap()
}

#[tokio::test]
async fn early_refusal_is_in_the_sites_envelope() {
    let sandbox = empty().await;
    let words = "Could not find folder based on folder_id.";
    sandbox.faults().add(Rule::new("file/upload", Fault::refuse_early(404, words, Rest::Drained)).times(1));
    let answer = json(sandbox.post_upload(form("a.mp4", &[7; 100_000])).await).await;
    assert_eq!(refused(&answer), words);
    assert_eq!(sandbox.counts().files, 0);
    assert_eq!(sandbox.upload("a.mp4", b"hello").await["_status"], "success");
}

#[tokio::test]
async fn token_can_be_invalidated_just_before_an_upload() {
    let sandbox = empty().await;
    sandbox.kill_tokens_with_next_upload();
    sandbox.data("account/info", &[]).await;
    let answer = sandbox.upload("a.mp4", b"hello").await;
    assert!(refused(&answer).starts_with("Could not validate access_token"), "{answer}");
    assert_eq!((sandbox.live_tokens(), sandbox.counts().files), (0, 0));
    let token = sandbox.log_in().await;
    let sandbox = Sandbox { token, ..sandbox };
    assert_eq!(sandbox.upload("a.mp4", b"hello").await["_status"], "success");
}

#[tokio::test]
async fn used_up_link_is_invalid_and_a_new_one_works() {
    let sandbox = with(Options { link_uses: Some(2), ..options() }).await;
    let file = sandbox.add_file("0", "a.mp4", b"hello");
    let url = sandbox.download_url(&file).await;
    for _ in 0..2 {
        assert_eq!(fetch(&sandbox, &url).await.bytes().await.unwrap(), "hello");
    }
    assert_eq!(fetch(&sandbox, &url).await.status(), 302);
    let fresh = sandbox.download_url(&file).await;
    assert_eq!(fetch(&sandbox, &fresh).await.bytes().await.unwrap(), "hello");
    assert_eq!(fetch(&sandbox, &url).await.status(), 302);
}

#[tokio::test]
async fn dead_links_answer_as_configured() {
    let cases = [
        (DeadLinks::Redirect, 302, false),
        (DeadLinks::Page, 200, true),
        (DeadLinks::Status(404), 404, true),
        (DeadLinks::Status(403), 403, true),
        (DeadLinks::Status(410), 410, true),
    ];
    for (dead_links, status, is_page) in cases {
        let sandbox = with(Options { dead_links, ..options() }).await;
        let file = sandbox.add_file("0", "a.mp4", b"hello");
        let url = sandbox.download_url(&file).await;
        sandbox.expire_links();
        let response = fetch(&sandbox, &url).await;
        assert_eq!(response.status(), status);
        let html = response.headers().get("content-type").is_some_and(|value| value == "text/html; charset=utf-8");
        assert_eq!(html, is_page, "{dead_links:?}");
        let fresh = sandbox.download_url(&file).await;
        assert_eq!(fetch(&sandbox, &fresh).await.bytes().await.unwrap(), "hello");
    }
}

#[tokio::test]
async fn file_server_can_stall_and_resume() {
    let sandbox = empty().await;
    let bytes = vec![7; 100_000];
    let url = sandbox.download_url(&sandbox.add_file("0", "a.mp4", &bytes)).await;
    sandbox.faults().add(Rule::new("content", Fault::Stall { sent: 50_000 }));
    let mut response = fetch(&sandbox, &url).await;
    assert_eq!(response.content_length(), Some(100_000));
    let mut received = 0;
    while received < 50_000 {
        received += response.chunk().await.unwrap().unwrap().len();
    }
    tokio::time::timeout(Duration::from_millis(20), response.chunk()).await.unwrap_err();
    sandbox.faults().resume();
    assert_eq!((received, response.bytes().await.unwrap().len()), (50_000, 50_000));
    within_5_seconds(sandbox.journal().until(|journal| journal.of("content")[0].ended == Some(Ended::Answered))).await;

    let response = fetch(&sandbox, &url).await;
    assert_eq!(sandbox.journal().open("content"), 1);
    drop(response);
    within_5_seconds(sandbox.journal().until(|journal| journal.open("content") == 0)).await;
    assert_eq!(sandbox.journal().of("content")[1].ended, Some(Ended::BrokenOff));
}

#[tokio::test]
async fn download_without_a_length_can_be_cut() {
    let sandbox = with(Options { download_headers: false, ..options() }).await;
    let url = sandbox.download_url(&sandbox.add_file("0", "a.mp4", &[7; 1000])).await;
    sandbox.faults().add(Rule::new("content", Fault::CutBody { sent: 10 }));
    let response = fetch(&sandbox, &url).await;
    assert_eq!(response.content_length(), None);
    response.bytes().await.unwrap_err();
    within_5_seconds(sandbox.journal().until(|journal| journal.of("content")[0].ended == Some(Ended::BrokenOff))).await;
}

#[tokio::test]
async fn requests_without_a_body_are_recorded_as_answered() {
    let sandbox = empty().await;
    let url = sandbox.download_url(&sandbox.add_file("0", "a.mp4", b"hello")).await;
    assert_eq!(sandbox.client.head(&url).send().await.unwrap().status(), 200);
    sandbox.data("account/info", &[]).await;
    within_5_seconds(sandbox.journal().until(|journal| journal.all().iter().all(|received| received.ended.is_some())))
        .await;
    assert!(sandbox.journal().all().iter().all(|received| received.ended == Some(Ended::Answered)));
}

#[tokio::test]
async fn second_file_of_a_name_is_numbered_and_listed_late() {
    let sandbox = with(Options { copies: Copies::Parentheses, listed_late: 1, ..options() }).await;
    sandbox.add_file("0", "a.mp4", b"one");
    assert_eq!(sandbox.upload("a.mp4", b"two").await["data"][0]["name"], "a (1).mp4");
    let listed = async || sandbox.data("folder/listing", &[]).await["files"].clone();
    assert_eq!(column(&listed().await, "filename"), ["a.mp4"]);
    assert_eq!(column(&listed().await, "filename"), ["a (1).mp4", "a.mp4"]);
}
