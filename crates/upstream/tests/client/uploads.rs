//! Tests of uploads.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use bytes::Bytes;
use futures_util::{FutureExt, StreamExt, stream};
use polyhost_domain::{ByteStream, Delivery, Error, ErrorKind, Result, UploadBody, UploadReport};
use polyhost_upstream::{Call, CallKind, FilePart, Reply, SecretUrl, Settings};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::site::{Answer, Site, client, hasty};

const TAKEN: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}";
const REFUSED: &[u8] = b"HTTP/1.1 413 Too Large\r\nContent-Length: 3\r\n\r\nbig";

fn part(length: u64, body: ByteStream) -> FilePart {
    reported(length, body, &UploadReport::default())
}

fn reported(length: u64, body: ByteStream, report: &UploadReport) -> FilePart {
    let (body, report) = (UploadBody::once(length, body), report.clone());
    FilePart { fields: Vec::new(), field: "file1".into(), file_name: "a.mp4".into(), content_type: None, body, report }
}

async fn send(site: &Site, settings: Settings, file: FilePart) -> Result<Reply> {
    let address = SecretUrl::handed_out(format!("http://{}/ul/ticket", site.address).parse().unwrap());
    site.client(settings).upload(Call::post("upload", CallKind::Write, address), file, |reply, _| Ok(reply)).await
}

/// Returns an endless stream of pieces, and the number of pieces that were read.
fn endless() -> (ByteStream, Arc<AtomicUsize>) {
    let taken: Arc<AtomicUsize> = Arc::default();
    let count = Arc::clone(&taken);
    let pieces = stream::repeat_with(move || {
        count.fetch_add(1, Ordering::Relaxed);
        Ok(Bytes::from_static(&[b'x'; 16 * 1024]))
    });
    (pieces.boxed(), taken)
}

fn pieces(pieces: &'static [&'static str]) -> ByteStream {
    stream::iter(pieces.iter().map(|piece| Ok(Bytes::from_static(piece.as_bytes())))).boxed()
}

#[tokio::test]
async fn file_is_sent_as_one_form_of_exact_length() {
    let site = Site::start(Answer::After("--\r\n", TAKEN)).await;
    let reply = send(&site, Settings::default(), part(3, pieces(&["a", "bc"]))).await.unwrap();
    assert_eq!(reply.body(), b"{}");

    let sent = String::from_utf8(site.seen()[0].bytes.clone()).unwrap();
    let (head, body) = sent.split_once("\r\n\r\n").unwrap();
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap();
    assert_eq!(length.parse(), Ok(body.len()));
    assert!(!head.contains("transfer-encoding"), "{head}");
    assert!(body.contains("\r\n\r\nabc\r\n--"), "{body}");
}

#[tokio::test]
async fn early_rejection_is_read_and_the_body_is_abandoned() {
    let site = Site::start(Answer::ToTheHead(REFUSED)).await;
    let (body, taken) = endless();
    let reply = send(&site, Settings::default(), part(u64::MAX / 2, body)).await.unwrap();
    assert_eq!((reply.http_status(), reply.body()), (413, &b"big"[..]));

    site.until(|seen| seen[0].ended).await;
    let read = taken.load(Ordering::Relaxed);
    tokio::task::yield_now().await;
    assert_eq!(taken.load(Ordering::Relaxed), read, "the body is still read");
}

#[tokio::test]
async fn incomplete_body_leaves_no_complete_form() {
    let broken = || stream::iter([Ok(Bytes::from_static(b"ab")), Err(std::io::Error::other("gone"))]).boxed();
    for body in [pieces(&["ab"]), broken(), pieces(&["ab", "cd"])] {
        let site = Site::start(Answer::After("--\r\n", TAKEN)).await;
        let error = send(&site, Settings::default(), part(3, body)).await.unwrap_err();
        assert_eq!((error.kind(), error.is_retryable()), (ErrorKind::BodyIncomplete, false));
        site.until(|seen| seen.first().is_none_or(|seen| seen.ended)).await;
        assert!(site.seen().iter().all(|seen| !seen.bytes.ends_with(b"--\r\n")));
    }
}

#[tokio::test]
async fn cancelled_caller_ends_the_request_to_the_site() {
    let site = Site::start(Answer::Silence).await;
    let body = stream::iter([Ok(Bytes::from_static(b"ab"))]).chain(stream::pending()).boxed();
    let sending = send(&site, Settings::default(), part(3, body));
    tokio::select! {
        outcome = sending => panic!("{outcome:?}"),
        () = site.until(|seen| seen.first().is_some_and(|seen| seen.bytes.ends_with(b"ab"))) => {}
    }
    site.until(|seen| seen[0].ended).await;
}

#[tokio::test]
async fn stall_is_attributed_to_the_caller_or_the_site() {
    let stopped = || stream::iter([Ok(Bytes::from_static(b"ab"))]).chain(stream::pending()).boxed();
    let site = Site::start(Answer::Silence).await;
    let error = send(&site, hasty(), part(3, stopped())).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::BodyIncomplete, "the caller");

    let error = send(&site, hasty(), part(3, pieces(&["abc"]))).await.unwrap_err();
    assert_eq!(
        (error.kind(), error.is_retryable()),
        (ErrorKind::OutcomeUnknown, false),
        "the site, after the last byte"
    );
}

#[tokio::test]
async fn upload_may_exceed_the_deadline_of_other_requests() {
    let moment = Duration::from_millis(400);
    let settings = Settings { deadline: moment, attempt_timeout: moment, ..Settings::default() };
    let site = Site::start(Answer::After("--\r\n", TAKEN)).await;
    let slow = stream::iter(["a", "b", "c", "d"]).then(|piece| async move {
        tokio::time::sleep(Duration::from_millis(150)).await;
        Ok(Bytes::from_static(piece.as_bytes()))
    });
    let started = Instant::now();
    send(&site, settings, part(4, slow.boxed())).await.unwrap();
    assert!(started.elapsed() > moment);
}

#[tokio::test]
async fn body_is_not_read_if_the_site_is_unreachable() {
    let site = Site::start(Answer::Silence).await;
    let client = site.client(Settings::default());
    let nowhere = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let (body, taken) = endless();
    let address = SecretUrl::handed_out(format!("http://{nowhere}/ul/ticket").parse().unwrap());
    let upload = client
        .upload(Call::post("upload", CallKind::Write, address), part(5, body), |reply, _| Ok::<Reply, Error>(reply))
        .boxed();
    let error = upload.await.unwrap_err();
    assert_eq!((error.kind(), error.is_retryable()), (ErrorKind::Unavailable, true));
    assert_eq!(taken.load(Ordering::Relaxed), 0);
}

#[tokio::test]
async fn delivery_is_complete_if_all_was_sent_before_the_answer() {
    let site = Site::start(Answer::After("--\r\n", TAKEN)).await;
    let report = UploadReport::default();
    send(&site, Settings::default(), reported(3, pieces(&["a", "bc"]), &report)).await.unwrap();
    assert_eq!(report.delivery(), Delivery::Complete);
}

#[tokio::test]
async fn delivery_is_late_if_the_rest_follows_the_answer() {
    let site = Site::start(Answer::ToTheHead(TAKEN)).await;
    let report = UploadReport::default();
    let slow = stream::iter(["a", "b", "c"]).then(|piece| async move {
        tokio::time::sleep(Duration::from_millis(100)).await;
        Ok(Bytes::from_static(piece.as_bytes()))
    });
    send(&site, Settings::default(), reported(3, slow.boxed(), &report)).await.unwrap();
    assert_eq!(report.delivery(), Delivery::Late);
    site.until(|seen| seen[0].ended).await;
    assert!(site.seen()[0].bytes.ends_with(b"--\r\n"), "the rest is sent");
}

#[tokio::test]
async fn delivery_is_partial_if_the_site_closes_early() {
    let site = Site::start(Answer::AndHangUp(TAKEN)).await;
    let report = UploadReport::default();
    let stopped = stream::iter([Ok(Bytes::from_static(b"ab"))]).chain(stream::pending()).boxed();
    send(&site, hasty(), reported(3, stopped, &report)).await.unwrap();
    assert_eq!(report.delivery(), Delivery::Partial);
}

/// Fewer bytes than the operating system buffers for a connection by default, and more than it may buffer here.
const UNREAD: usize = 2 << 20;

#[tokio::test]
async fn delivery_is_partial_if_the_site_stops_reading() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = SecretUrl::handed_out(format!("http://{}/ul/x", listener.local_addr().unwrap()).parse().unwrap());
    let site = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        stream.read_u8().await.unwrap();
        // By then all bytes that fit into the buffers are sent, with or without an answer.
        tokio::time::sleep(Duration::from_millis(100)).await;
        stream.write_all(TAKEN).await.unwrap();
        std::future::pending::<()>().await;
    });
    let report = UploadReport::default();
    let body = stream::iter([Ok(Bytes::from(vec![b'x'; UNREAD]))]).boxed();
    let (client, call) =
        (client(&"http://127.0.0.1:9/".parse().unwrap(), hasty()), Call::post("upload", CallKind::Write, address));
    let file = reported(UNREAD as u64, body, &report);
    client.upload(call, file, |reply, _| Ok::<Reply, Error>(reply)).await.unwrap();
    assert_eq!(report.delivery(), Delivery::Partial);
    site.abort();
}

#[tokio::test]
async fn each_file_gets_a_connection_that_ends_with_it() {
    let site = Site::start(Answer::After("--\r\n", TAKEN)).await;
    for _ in 0..3 {
        send(&site, Settings::default(), part(3, pieces(&["abc"]))).await.unwrap();
    }
    site.until(|seen| seen.len() == 3 && seen.iter().all(|seen| seen.ended)).await;
}
