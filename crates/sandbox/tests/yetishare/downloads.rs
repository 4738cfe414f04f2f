//! Tests of download URLs, and of the file server that they lead to.

use std::time::Duration;

use polyhost_sandbox::yetishare::{Options, Redirects};
use reqwest::header::{HeaderMap, IF_RANGE, RANGE};
use serde_json::json;

use crate::support::{Sandbox, empty, options, v4, with};

async fn get(
    sandbox: &Sandbox,
    url: &str,
    headers: &[(reqwest::header::HeaderName, &str)],
) -> (u16, HeaderMap, Vec<u8>) {
    let request = sandbox.client.get(url);
    let request = headers.iter().fold(request, |request, (name, value)| request.header(name, *value));
    let response = request.send().await.unwrap();
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    (status, headers, response.bytes().await.unwrap().to_vec())
}

#[tokio::test]
async fn download_url_matches_the_documentation() {
    let sandbox = empty().await;
    let id = sandbox.add_file("0", "a.mp4", b"abc");
    let data = sandbox.data("file/download", &[("file_id", &format!("{id}abc"))]).await;
    assert_eq!((&data["file_id"], &data["filename"]), (&json!(format!("{id}abc")), &json!("a.mp4")), "{data}");
    let (start, token) = data["download_url"].as_str().unwrap().split_once("?download_token=").unwrap();
    assert_eq!(start, format!("{}/2Rr", sandbox.origin()));
    assert!(token.len() == 64 && token.chars().all(|letter| letter.is_ascii_hexdigit()), "{token}");
    assert_eq!(sandbox.counts().links, 1);
}

#[tokio::test]
async fn version_5_also_accepts_a_short_url() {
    let sandbox = empty().await;
    sandbox.add_file("0", "a.mp4", b"abc");
    let data = sandbox.data("file/download", &[("short_url", "2Rr")]).await;
    assert_eq!((&data["file_id"], &data["filename"]), (&json!("1001"), &json!("a.mp4")));
    let words = sandbox.refusal("file/download", &[("short_url", "none")]).await;
    assert_eq!(words, "Could not find file based on file_id.");
    let older = with(v4()).await;
    older.add_file("0", "a.mp4", b"abc");
    let words = older.refusal("file/download", &[("short_url", "2Rr")]).await;
    assert_eq!(words, "Please provide the file_id param.");
}

#[tokio::test]
async fn download_needs_no_credentials() {
    let sandbox = empty().await;
    let id = sandbox.add_file("0", "Été \"1\".mp4", b"abcdef");
    let url = sandbox.download_url(&id).await;
    let (status, headers, bytes) = get(&sandbox, &url, &[]).await;
    assert_eq!((status, bytes.as_slice()), (200, b"abcdef".as_slice()));
    for (name, value) in [("content-type", "video/mp4"), ("content-length", "6"), ("accept-ranges", "bytes")] {
        assert_eq!(headers[name], value);
    }
    assert_eq!(headers["content-disposition"].as_bytes(), "attachment; filename=\"Été \\\"1\\\".mp4\"".as_bytes());
    assert!(headers["set-cookie"].to_str().unwrap().starts_with("filehosting="));
    assert_eq!(headers.get("etag"), None);
    let named = url.replace('?', "/a.mp4?");
    assert_eq!(get(&sandbox, &named, &[]).await.2, b"abcdef");
    assert_eq!(sandbox.journal().of("content").len(), 2);
    let file = sandbox.data("file/info", &[("file_id", &id)]).await;
    assert_eq!((&file["downloads"], &file["lastAccessed"]), (&json!("2"), &json!("2024-11-19 00:28:38")));
}

#[tokio::test]
async fn uploaded_file_is_downloaded_whole_and_by_range() {
    let sandbox = empty().await;
    let bytes: Vec<u8> = (0..300_000_u32).map(|at| (at % 249) as u8).collect();
    sandbox.upload("a.mp4", &bytes).await;
    let url = sandbox.download_url("1001").await;
    assert!(get(&sandbox, &url, &[]).await.2 == bytes);
    for (range, part) in [
        ("bytes=0-0", &bytes[..1]),
        ("bytes=100000-199999", &bytes[100_000..200_000]),
        ("bytes=299999-", &bytes[299_999..]),
        ("bytes=-1000", &bytes[299_000..]),
    ] {
        let (status, headers, body) = get(&sandbox, &url, &[(RANGE, range)]).await;
        assert!(status == 206 && body == part, "{range}");
        assert_eq!(headers["content-length"], part.len().to_string().as_str());
        assert!(headers["content-range"].to_str().unwrap().ends_with("/300000"));
    }
    let (status, headers, _) = get(&sandbox, &url, &[(RANGE, "bytes=300000-")]).await;
    assert_eq!((status, &headers["content-range"]), (416, &"bytes */300000".parse().unwrap()));
}

#[tokio::test]
async fn head_has_the_same_headers_and_no_body() {
    let sandbox = empty().await;
    let url = sandbox.download_url(&sandbox.add_file("0", "a.mp4", b"abc")).await;
    let response = sandbox.client.head(&url).send().await.unwrap();
    assert_eq!((response.status().as_u16(), &response.headers()["content-length"]), (200, &"3".parse().unwrap()));
    assert!(response.bytes().await.unwrap().is_empty());
    assert_eq!(sandbox.data("file/info", &[("file_id", "1001")]).await["downloads"], "0");
}

#[tokio::test]
async fn file_server_may_omit_headers_and_ignore_ranges() {
    let quiet = Options { download_headers: false, set_cookie_on_download: false, ignore_range: true, ..options() };
    let sandbox = with(quiet).await;
    let url = sandbox.download_url(&sandbox.add_file("0", "a.mp4", b"abcdef")).await;
    let (status, headers, bytes) = get(&sandbox, &url, &[(RANGE, "bytes=0-1")]).await;
    assert_eq!((status, bytes.as_slice()), (200, b"abcdef".as_slice()));
    for absent in ["content-length", "accept-ranges", "set-cookie", "content-range"] {
        assert_eq!(headers.get(absent), None, "{absent}");
    }
}

#[tokio::test]
async fn file_server_may_send_an_etag_for_if_range() {
    let sandbox = with(Options { download_etag: true, ..options() }).await;
    let url = sandbox.download_url(&sandbox.add_file("0", "a.mp4", b"abcdef")).await;
    let etag = get(&sandbox, &url, &[]).await.1["etag"].to_str().unwrap().to_owned();
    let status = async |tag: &str| get(&sandbox, &url, &[(RANGE, "bytes=0-1"), (IF_RANGE, tag)]).await.0;
    assert_eq!((status(&etag).await, status("\"another\"").await), (206, 200));
}

#[tokio::test]
async fn invalid_token_redirects_to_an_html_page() {
    let sandbox = empty().await;
    let (id, other) = (sandbox.add_file("0", "a.mp4", b"abc"), sandbox.add_file("0", "b.mp4", b"abc"));
    let url = sandbox.download_url(&id).await;
    let of_another = sandbox.download_url(&other).await;
    let wrong = of_another.replace("/2Rs?", "/2Rr?");
    assert_ne!(wrong, of_another);
    let expect_error_page = async |url: &str| {
        let (status, headers, _) = get(&sandbox, url, &[]).await;
        assert_eq!((status, &headers["location"]), (302, &"/error.html".parse().unwrap()));
        let (status, headers, _) = get(&sandbox, &format!("{}/error.html", sandbox.origin()), &[]).await;
        assert!(status == 200 && headers["content-type"].to_str().unwrap().starts_with("text/html"));
    };
    expect_error_page(&wrong).await;
    assert_eq!(get(&sandbox, &url, &[]).await.0, 200);
    sandbox.expire_links();
    expect_error_page(&url).await;
    let url = sandbox.download_url(&id).await;
    sandbox.data("file/delete", &[("file_id", &id)]).await;
    expect_error_page(&url).await;
}

#[tokio::test]
async fn download_url_is_valid_for_a_day_or_the_option() {
    for (link_ttl, options) in [
        (Duration::from_secs(24 * 3600), options()),
        (Duration::from_secs(60), Options { link_ttl: Duration::from_secs(60), ..options() }),
    ] {
        let sandbox = with(options).await;
        let url = sandbox.download_url(&sandbox.add_file("0", "a.mp4", b"abc")).await;
        sandbox.clock.advance(link_ttl - Duration::from_secs(1));
        assert_eq!(get(&sandbox, &url, &[]).await.0, 200);
        sandbox.clock.advance(Duration::from_secs(1));
        assert_eq!(get(&sandbox, &url, &[]).await.0, 302);
    }
}

#[tokio::test]
async fn download_may_need_several_redirects() {
    let sandbox = empty().await;
    let id = sandbox.add_file("0", "a.mp4", b"abc");
    sandbox.redirect_downloads(Redirects::Hops(3));
    let mut url = sandbox.download_url(&id).await;
    for left in [2, 1, 0] {
        let (status, headers, _) = get(&sandbox, &url, &[]).await;
        assert_eq!(status, 302);
        let location = headers["location"].to_str().unwrap();
        assert!(location.starts_with(&format!("/hop/{left}/2Rr?download_token=")), "{location}");
        url = format!("{}{location}", sandbox.origin());
    }
    assert_eq!(get(&sandbox, &url, &[]).await.2, b"abc");
    assert_eq!((sandbox.journal().of("hop").len(), sandbox.journal().of("content").len()), (3, 1));
    sandbox.redirect_downloads(Redirects::None);
    assert_eq!(get(&sandbox, &sandbox.download_url(&id).await, &[]).await.2, b"abc");
}

#[tokio::test]
async fn download_may_be_redirected_to_another_host() {
    let (sandbox, elsewhere) = (empty().await, empty().await);
    let there = elsewhere.direct_link(&elsewhere.add_file("0", "b.mp4", b"def")).unwrap();
    sandbox.redirect_downloads(Redirects::To(there.clone()));
    let url = sandbox.download_url(&sandbox.add_file("0", "a.mp4", b"abc")).await;
    let (status, headers, _) = get(&sandbox, &url, &[]).await;
    assert_eq!((status, headers["location"].to_str().unwrap()), (302, there.as_str()));
    assert_eq!(get(&elsewhere, &there, &[]).await.2, b"def");
}
