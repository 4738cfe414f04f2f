//! Tests of `file/direct_link` and the file server.

use std::time::Duration;

use polyhost_sandbox::xfilesharing::{DirectLinks, Flavour, Options};
use reqwest::header::RANGE;
use serde_json::json;

use crate::support::{column, empty, options, with};

#[tokio::test]
async fn original_is_served_whole_and_by_range() {
    let sandbox = empty(Flavour::Xvs).await;
    let code = sandbox.add_file("0", "a.mp4", b"abcdef");
    let link = sandbox.result(&format!("file/direct_link?file_code={code}")).await;
    assert_eq!(column(&link["versions"], "name"), ["o"]);
    let url = link["versions"][0]["url"].as_str().unwrap();
    assert_eq!(sandbox.client.get(url).send().await.unwrap().bytes().await.unwrap(), "abcdef");
    let part = sandbox.client.get(url).header(RANGE, "bytes=2-3").send().await.unwrap();
    assert_eq!((part.status().as_u16(), &part.headers()["content-range"]), (206, &"bytes 2-3/6".parse().unwrap()));
    assert_eq!(part.bytes().await.unwrap(), "cd");
    assert_eq!(sandbox.client.get(url).header(RANGE, "bytes=9-").send().await.unwrap().status(), 416);
    assert_eq!(sandbox.client.get(url.replace("t=", "t=0")).send().await.unwrap().status(), 403);
    assert_eq!(sandbox.journal().of("content").len(), 4);
}

#[tokio::test]
async fn link_is_valid_for_six_hours() {
    let sandbox = empty(Flavour::Xvs).await;
    let code = sandbox.add_file("0", "a.mp4", b"abcdef");
    let url = sandbox.result(&format!("file/direct_link?file_code={code}&q=o")).await.as_str().unwrap().to_owned();
    sandbox.clock.advance(Duration::from_secs(6 * 60 * 60 - 1));
    assert_eq!(sandbox.client.get(&url).send().await.unwrap().status(), 200);
    sandbox.clock.advance(Duration::from_secs(1));
    assert_eq!(sandbox.client.get(&url).send().await.unwrap().status(), 403);
}

#[tokio::test]
async fn encoded_version_precedes_the_original() {
    let sandbox = empty(Flavour::Xvs).await;
    let code = sandbox.add_file("0", "a.mp4", b"abcdef");
    assert_eq!(sandbox.result(&format!("file/direct_link?file_code={code}&q=h")).await, "");
    sandbox.clock.advance(Duration::from_secs(6));
    let link = sandbox.result(&format!("file/direct_link?file_code={code}&hls=1")).await;
    assert_eq!(column(&link["versions"], "name"), ["h", "o"]);
    assert_eq!(column(&link["versions"], "size"), ["3", "6"]);
    assert!(link["hls_direct"].is_string(), "{link}");
}

#[tokio::test]
async fn link_has_the_form_of_the_option() {
    let sandbox = with(Options { direct_links: DirectLinks::Map, ..options(Flavour::Xvs) }).await;
    let code = sandbox.add_file("0", "a.mp4", b"abcdef");
    let link = sandbox.result(&format!("file/direct_link?file_code={code}")).await;
    assert_eq!(link["o"]["size"], "6");
    let sandbox = empty(Flavour::Xfs).await;
    sandbox.allow("file/direct_link");
    let code = sandbox.add_file("0", "a.zip", b"abcdef");
    let link = sandbox.result(&format!("file/direct_link?file_code={code}")).await;
    assert_eq!(
        sandbox.client.get(link["url"].as_str().unwrap()).send().await.unwrap().bytes().await.unwrap(),
        "abcdef"
    );
}

#[tokio::test]
async fn link_of_unknown_file_is_404() {
    let sandbox = empty(Flavour::Xvs).await;
    assert_eq!(sandbox.refusal("file/direct_link?file_code=").await, (404, "no file".to_owned()));
    let foreign = sandbox.result(&format!("file/direct_link?file_code={}", sandbox.foreign_file())).await;
    assert_eq!(foreign["file_length"], json!("596"));
}
