//! Tests of downloads: a file is fetched from the address that the site returns, unchanged, complete or with an error.

use futures_util::TryStreamExt;
use polyhost_domain::{ByteRange, ContentRange, Download, Error, ErrorKind, Result};
use polyhost_upstream::Settings;
use url::Url;

use crate::site::{Answer, Site, count_of, hasty, once};

const WHOLE: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Type: video/mp4\r\nContent-Length: 5\r\nSet-Cookie: a=b\r\n\r\nbytes";
const PART: &[u8] = b"HTTP/1.1 206 Partial\r\nContent-Range: bytes 1-3/5\r\nContent-Length: 3\r\n\r\nyte";
const CUT: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\nbytes";
const PACKED: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 5\r\n\r\nbytes";
const AROUND: &[u8] = b"HTTP/1.1 302 Found\r\nLocation: /again?token=planted-token\r\nContent-Length: 0\r\n\r\n";
const NOWHERE: &[u8] = b"HTTP/1.1 302 Found\r\nContent-Length: 0\r\n\r\n";
const ELSEWHERE: &[u8] = b"HTTP/1.1 302 Found\r\nLocation: file:///etc/passwd\r\nContent-Length: 0\r\n\r\n";

async fn site(said: &'static [u8]) -> Site {
    Site::start(Answer::ToTheHead(said)).await
}

async fn open(site: &Site, settings: Settings, range: Option<ByteRange>) -> Result<Download> {
    let url: Url = format!("http://{}/file?token=planted-token", site.address).parse().unwrap();
    site.client(settings).open("file/download", url, range).await
}

async fn refused(said: &'static [u8], range: Option<ByteRange>) -> Error {
    open(&site(said).await, once(), range).await.unwrap_err()
}

async fn bytes(download: Download) -> std::io::Result<Vec<u8>> {
    download.stream.map_ok(|piece| piece.to_vec()).try_concat().await
}

#[tokio::test]
async fn download_sends_no_credentials_and_changes_no_byte() {
    let site = site(WHOLE).await;
    let download = open(&site, once(), None).await.unwrap();
    assert_eq!((download.length, download.range), (Some(5), None));
    assert_eq!(download.content_type.as_deref(), Some("video/mp4"));
    assert_eq!(bytes(download).await.unwrap(), b"bytes");

    let head = String::from_utf8(site.seen()[0].bytes.clone()).unwrap().to_lowercase();
    assert!(head.contains("accept-encoding: identity"), "{head}");
    for field in ["authorization", "cookie", "referer", "range:"] {
        assert!(!head.contains(field), "{head}");
    }
}

#[tokio::test]
async fn part_must_be_the_requested_range() {
    let site = site(PART).await;
    let download = open(&site, once(), Some(ByteRange::From(1, Some(3)))).await.unwrap();
    assert_eq!(download.range, Some(ContentRange { first: 1, last: 3, size: Some(5) }));
    assert_eq!(bytes(download).await.unwrap(), b"yte");
    let head = String::from_utf8(site.seen()[0].bytes.clone()).unwrap();
    assert!(head.contains("range: bytes=1-3\r\n"), "{head}");

    assert_eq!(refused(PART, Some(ByteRange::From(0, Some(2)))).await.kind(), ErrorKind::InvalidResponse);
    assert_eq!(refused(PART, None).await.kind(), ErrorKind::InvalidResponse);
    let whole = open(&self::site(WHOLE).await, once(), Some(ByteRange::Last(2))).await.unwrap();
    assert_eq!((whole.range, whole.length), (None, Some(5)));
}

#[tokio::test]
async fn partial_answer_with_the_whole_file_is_the_whole_file() {
    const ALL: &[u8] = b"HTTP/1.1 206 Partial\r\nContent-Range: bytes 0-4/5\r\nContent-Length: 5\r\n\r\nbytes";
    const CHUNKED: &[u8] = b"HTTP/1.1 206 Partial\r\nContent-Range: bytes 0-4/5\r\nTransfer-Encoding: chunked\r\n\r\n\
        5\r\nbytes\r\n0\r\n\r\n";
    const PLAIN: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Range: bytes 0-4/5\r\nContent-Length: 5\r\n\r\nbytes";
    for said in [ALL, CHUNKED, PLAIN] {
        for range in [None, Some(ByteRange::From(1, Some(3)))] {
            let download = open(&site(said).await, once(), range).await.unwrap();
            assert_eq!((download.range, download.length), (None, Some(5)), "{range:?}");
            assert_eq!(bytes(download).await.unwrap(), b"bytes");
        }
    }
    let all = open(&site(ALL).await, once(), Some(ByteRange::From(0, None))).await.unwrap();
    assert_eq!(all.range, Some(ContentRange { first: 0, last: 4, size: Some(5) }));
}

#[tokio::test]
async fn answer_of_other_bytes_than_wanted_is_invalid() {
    let cases: [&[u8]; 8] = [
        b"HTTP/1.1 206 Partial\r\nContent-Range: bytes 0-3/5\r\nContent-Length: 4\r\n\r\nbyte",
        b"HTTP/1.1 206 Partial\r\nContent-Range: bytes 0-4/*\r\nContent-Length: 5\r\n\r\nbytes",
        b"HTTP/1.1 206 Partial\r\nContent-Range: bytes 0-4/5\r\nContent-Length: 4\r\n\r\nbyte",
        b"HTTP/1.1 206 Partial\r\nContent-Range: bytes 4-0/5\r\nContent-Length: 5\r\n\r\nbytes",
        b"HTTP/1.1 206 Partial\r\nContent-Length: 5\r\n\r\nbytes",
        b"HTTP/1.1 206 Partial\r\nContent-Type: multipart/byteranges; boundary=b\r\nContent-Length: 5\r\n\r\n--b--",
        b"HTTP/1.1 200 OK\r\nContent-Range: bytes 0-3/5\r\nContent-Length: 4\r\n\r\nbyte",
        b"HTTP/1.1 200 OK\r\nContent-Range: bytes 1-3/*\r\nContent-Length: 3\r\n\r\nyte",
    ];
    for said in cases {
        for range in [None, Some(ByteRange::From(2, Some(2)))] {
            let error = refused(said, range).await;
            assert_eq!(error.kind(), ErrorKind::InvalidResponse, "{range:?} {}", String::from_utf8_lossy(said));
        }
    }
}

#[tokio::test]
async fn truncated_or_stalled_file_ends_with_an_error() {
    let stops = Site::start(Answer::ToTheHead(CUT)).await;
    let ends = Site::start(Answer::AndHangUp(CUT)).await;
    for (site, settings) in [(stops, hasty()), (ends, once())] {
        let download = open(&site, settings, None).await.unwrap();
        assert_eq!(download.length, Some(500));
        assert!(bytes(download).await.is_err());
    }
}

#[tokio::test]
async fn status_of_a_file_server_decides_the_error_kind() {
    let cases: [(&[u8], ErrorKind, bool); 7] = [
        (b"HTTP/1.1 404 Gone\r\nContent-Length: 0\r\n\r\n", ErrorKind::FileNotFound, false),
        (b"HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n", ErrorKind::SiteFailed, false),
        (b"HTTP/1.1 416 Range\r\nContent-Length: 0\r\n\r\n", ErrorKind::RangeNotSatisfiable, false),
        (b"HTTP/1.1 429 Slow\r\nRetry-After: 7\r\nContent-Length: 0\r\n\r\n", ErrorKind::RateLimited, true),
        (b"HTTP/1.1 503 Down\r\nContent-Length: 0\r\n\r\n", ErrorKind::SiteFailed, true),
        (b"HTTP/1.1 204 Nothing\r\n\r\n", ErrorKind::InvalidResponse, true),
        (PACKED, ErrorKind::InvalidResponse, true),
    ];
    for (said, kind, retryable) in cases {
        let error = refused(said, Some(ByteRange::From(9, None))).await;
        assert_eq!((error.kind(), error.is_retryable()), (kind, retryable), "{error:?}");
        assert!(!format!("{error:?} {error}").contains("planted"), "{error:?}");
    }
}

#[tokio::test]
async fn redirects_are_followed_five_times_to_web_addresses() {
    let around = Site::start(Answer::ToEveryHead(AROUND)).await;
    let error = open(&around, once(), None).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidResponse);
    let requests: usize = around.seen().iter().map(|seen| count_of(&seen.bytes, b"GET ")).sum();
    assert_eq!(requests, 6);

    for said in [NOWHERE, ELSEWHERE] {
        let error = refused(said, None).await;
        assert_eq!(error.kind(), ErrorKind::InvalidResponse, "{error:?}");
    }
}

#[tokio::test]
async fn file_of_a_public_site_is_not_fetched_privately() {
    let base_url = "https://site.example.org/api/v2".parse().unwrap();
    let client = crate::site::client(&base_url, once());
    for text in ["http://127.0.0.1:9/", "http://169.254.169.254/", "http://[::1]/", "http://printer/"] {
        let error = client.open("file/download", text.parse().unwrap(), None).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidResponse, "{text}");
    }
}
