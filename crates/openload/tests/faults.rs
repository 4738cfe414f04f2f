//! Every way in which the simulated site can break, for a read, a write and an upload: the kind of the error, whether
//! it may be tried again, how often the site was asked, and that no secret is told.

#![allow(clippy::expect_used, reason = "a fault that does no harm has failed the test")]

mod support;

use std::error::Error as _;
use std::time::Duration;

use bytes::Bytes;
use futures_util::{StreamExt, stream};
use polyhost_domain::{Error, ErrorKind, FileLookup, TransportFault, UploadBody};
use polyhost_openload::Quirks;
use polyhost_sandbox::{Fault, Garbage, Rule};
use polyhost_upstream::Settings;
use support::{KEY, LOGIN, Simulated, adapter, file, folder, hasty, plain_site, upload};

/// The faults that leave no readable answer, with what a read makes of them.
fn unanswered() -> Vec<(Fault, ErrorKind, TransportFault)> {
    vec![
        (Fault::Reset, ErrorKind::Unavailable, TransportFault::ConnectionTerminated),
        (Fault::CloseAfterBody, ErrorKind::Unavailable, TransportFault::ConnectionTerminated),
        (Fault::LoseAnswer, ErrorKind::Unavailable, TransportFault::ConnectionTerminated),
        (Fault::Hang, ErrorKind::Timeout, TransportFault::ResponseTimeout),
        (Fault::Drip { millis: 50 }, ErrorKind::Timeout, TransportFault::ResponseTimeout),
        (Fault::CutBody { sent: 5 }, ErrorKind::InvalidResponse, TransportFault::ConnectionTerminated),
    ]
}

/// Answers, under HTTP 200, that are none of the API's.
fn senseless() -> Vec<Fault> {
    let garbage = [
        Garbage::Text,
        Garbage::Html,
        Garbage::TruncatedJson,
        Garbage::DeepJson { depth: 100_000 },
        Garbage::Huge { bytes: 300_000 },
        Garbage::Empty,
    ];
    garbage.map(Fault::Garbage).into()
}

async fn broken(operation: &str, fault: &Fault) -> Simulated {
    let site = plain_site().await;
    site.sandbox.faults().add(Rule::new(operation, fault.clone()));
    site
}

/// The error, its kind, whether it may be tried again; and that nothing in it tells a secret.
fn judged<T: std::fmt::Debug>(outcome: Result<T, Error>) -> (ErrorKind, bool, Error) {
    let error = outcome.expect_err("the site is broken");
    tells_nothing(&error);
    (error.kind(), error.is_retryable(), error)
}

fn tells_nothing(error: &Error) {
    let mut told = format!("{error} {error:?} {error:#?}");
    let mut source = error.source();
    while let Some(cause) = source {
        told.push_str(&format!("{cause} {cause:?}"));
        source = cause.source();
    }
    for secret in [LOGIN, KEY, "planted%2Blogin%2F1", "planted+key%262%3Dx", "planted%20key"] {
        assert!(!told.contains(secret), "{told}");
    }
    assert!(!told.contains("?login") && !told.contains("/ul/"), "{told}");
}

#[tokio::test]
async fn a_read_without_an_answer_may_be_tried_again() {
    for (fault, kind, transport) in unanswered() {
        let site = broken("file/listfolder", &fault).await;
        let provider = site.provider_with(Quirks::default(), hasty());
        let (found, retryable, error) = judged(provider.list(&polyhost_domain::FolderId::Root, None).await);
        assert_eq!((found, retryable, error.transport()), (kind, true, Some(transport)), "{fault:?}");
        assert_eq!(error.operation(), Some("file/listfolder"));
        assert_eq!(site.count("file/listfolder"), 1, "{fault:?}");
    }
}

#[tokio::test]
async fn a_write_without_an_answer_has_an_unknown_outcome_and_is_sent_once() {
    for fault in unanswered().into_iter().map(|(fault, ..)| fault).chain(senseless()) {
        let site = broken("file/delete", &fault).await;
        let provider = site.provider_with(Quirks::default(), hasty());
        let (kind, retryable, _) = judged(provider.delete_file(&file(&provider, "x")).await);
        assert_eq!((kind, retryable), (ErrorKind::OutcomeUnknown, false), "{fault:?}");
        assert_eq!(site.count("file/delete"), 1, "{fault:?}");
    }
}

#[tokio::test]
async fn an_upload_without_an_answer_has_an_unknown_outcome_and_is_sent_once() {
    let faults = unanswered().into_iter().map(|(fault, ..)| fault).chain(senseless());
    for fault in faults.filter(|fault| !matches!(fault, Fault::Drip { .. })) {
        let site = broken("upload", &fault).await;
        let provider = site.provider_with(Quirks::default(), hasty());
        let (kind, retryable, _) = judged(provider.upload(upload("a.mp4", &["abc"])).await);
        assert_eq!((kind, retryable), (ErrorKind::OutcomeUnknown, false), "{fault:?}");
        assert_eq!(site.count("upload"), 1, "{fault:?}");
    }
}

#[tokio::test]
async fn what_is_no_answer_of_the_api_is_an_invalid_response_to_a_read() {
    for fault in senseless() {
        let site = broken("account/info", &fault).await;
        let provider = site.provider_with(Quirks::default(), hasty());
        let (kind, retryable, error) = judged(provider.account().await);
        assert_eq!((kind, retryable), (ErrorKind::InvalidResponse, true), "{fault:?}");
        assert_eq!(error.answer().unwrap().http_status, Some(200));
    }
}

#[tokio::test]
async fn an_answer_over_the_limit_is_not_read() {
    let site = plain_site().await;
    let settings = Settings { max_response: 40, ..Settings::default() };
    let provider = site.provider_with(Quirks::default(), settings);
    let (kind, retryable, error) = judged(provider.account().await);
    assert_eq!((kind, retryable), (ErrorKind::InvalidResponse, true));
    assert_eq!(error.transport(), Some(TransportFault::ResponseTooLarge));
}

#[tokio::test]
async fn a_status_that_is_about_a_file_counts_in_the_body_alone() {
    for (status, kind) in [(400, ErrorKind::Rejected), (404, ErrorKind::FileNotFound)] {
        let site = broken("*", &Fault::envelope(status)).await;
        let provider = site.provider();
        let unknown = file(&provider, "x");
        assert_eq!(judged(provider.thumbnail(&unknown).await).0, kind);
        assert_eq!(judged(provider.delete_file(&unknown).await).0, kind);

        let site = broken("*", &Fault::http(status)).await;
        let provider = site.provider();
        let (found, retryable, _) = judged(provider.thumbnail(&unknown).await);
        assert_eq!((found, retryable), (ErrorKind::InvalidResponse, true), "a page of {status} to a read");
        let (found, retryable, _) = judged(provider.delete_file(&unknown).await);
        assert_eq!((found, retryable), (ErrorKind::SiteFailed, false), "a page of {status} to a write");
    }
}

#[tokio::test]
async fn a_status_of_any_server_means_the_same_in_the_body_and_in_http() {
    let rows = [
        (413, ErrorKind::TooLarge, false, false),
        (429, ErrorKind::RateLimited, true, true),
        (451, ErrorKind::LegalBlock, false, false),
        (500, ErrorKind::SiteFailed, true, false),
        (503, ErrorKind::SiteFailed, true, false),
        (509, ErrorKind::RateLimited, true, true),
    ];
    for (status, kind, read_again, write_again) in rows {
        // A page says nothing of the law.
        let faults = [Fault::envelope(status), Fault::http(status)];
        for fault in faults.into_iter().take(if status == 451 { 1 } else { 2 }) {
            let site = broken("*", &fault).await;
            let provider = site.provider();
            let unknown = file(&provider, "x");
            let (found, retryable, error) = judged(provider.thumbnail(&unknown).await);
            assert_eq!((found, retryable), (kind, read_again), "{fault:?}");
            assert_eq!(error.retry_after().is_some(), kind == ErrorKind::RateLimited, "{fault:?}");
            let (found, retryable, _) = judged(provider.delete_file(&unknown).await);
            assert_eq!((found, retryable), (kind, write_again), "{fault:?}");
            assert_eq!(site.sandbox.journal().count(), 2, "{fault:?}");
        }
    }
}

#[tokio::test]
async fn a_limit_is_passed_on_with_the_site_s_own_wait() {
    let site = broken("account/info", &Fault::rate_limit(17)).await;
    let (kind, _, error) = judged(site.provider().account().await);
    assert_eq!((kind, error.retry_after()), (ErrorKind::RateLimited, Some(Duration::from_secs(17))));
}

#[tokio::test]
async fn the_site_s_words_are_passed_on_without_what_they_must_not_tell() {
    let body = format!(r#"{{"status": 400, "msg": "bad key={KEY} of {LOGIN}\u0007", "result": null}}"#);
    let fault = Fault::Status { http: 200, body_status: None, headers: Vec::new(), body: Some(body) };
    let site = broken("account/info", &fault).await;
    let (kind, _, error) = judged(site.provider().account().await);
    assert_eq!(kind, ErrorKind::Rejected);
    assert_eq!(error.answer().unwrap().message.as_deref(), Some("bad key=*** of ***"));
}

#[tokio::test]
async fn a_false_result_under_a_good_status_is_a_refusal() {
    let body = r#"{"status": 200, "msg": "OK", "result": false}"#.to_owned();
    let fault = Fault::Status { http: 200, body_status: None, headers: Vec::new(), body: Some(body) };
    let site = broken("file/delete", &fault).await;
    let provider = site.provider();
    let (kind, retryable, _) = judged(provider.delete_file(&file(&provider, "x")).await);
    assert_eq!((kind, retryable), (ErrorKind::Rejected, false));
}

#[tokio::test]
async fn a_batch_that_fails_fails_its_own_files_alone() {
    let site = plain_site().await;
    site.sandbox.faults().add(Rule::new("file/info", Fault::http(500)).times(1));
    let provider = site.provider();
    let ids: Vec<_> = (0..60).map(|number| file(&provider, &format!("unknown-{number}"))).collect();
    let answers = provider.files(&ids).await.unwrap();
    let kinds = answers.iter().map(|answer| match answer {
        FileLookup::Failed(error) => error.kind(),
        other => panic!("{other:?}"),
    });
    let failed = kinds.filter(|kind| *kind == ErrorKind::SiteFailed).count();
    assert!(failed == 50 || failed == 10, "{failed} of 60 failed");

    site.sandbox.faults().add(Rule::new("file/info", Fault::http(500)));
    let (kind, retryable, _) = judged(provider.files(&ids).await);
    assert_eq!((kind, retryable), (ErrorKind::SiteFailed, true));
}

#[tokio::test]
async fn a_site_that_is_not_there_is_unavailable_and_the_body_stays_untouched() {
    let nowhere = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let base_url = format!("http://{nowhere}/v1");
    let provider = adapter(&base_url, "main", (LOGIN, KEY), Quirks::default(), Settings::default());
    let mut new = upload("a.mp4", &["abc"]);
    new.body = UploadBody::once(
        3,
        stream::poll_fn(|_| -> std::task::Poll<Option<std::io::Result<Bytes>>> { panic!("the body was read") }).boxed(),
    );
    let outcomes = [
        judged(provider.account().await),
        judged(provider.delete_file(&file(&provider, "x")).await),
        judged(provider.upload(new).await),
    ];
    for (kind, retryable, error) in outcomes {
        assert_eq!((kind, retryable), (ErrorKind::Unavailable, true));
        assert_eq!(error.transport(), Some(TransportFault::ConnectionRefused));
        assert!(error.retry_after().is_some());
    }
}

#[tokio::test]
async fn a_caller_whose_bytes_stop_is_told_so_and_the_site_gets_no_file() {
    let site = plain_site().await;
    let provider = site.provider_with(Quirks::default(), hasty());
    let mut new = upload("a.mp4", &["abc"]);
    new.body = UploadBody::once(3, stream::iter([Ok(Bytes::from_static(b"a"))]).chain(stream::pending()).boxed());
    let (kind, _, _) = judged(provider.upload(new).await);
    assert_eq!(kind, ErrorKind::BodyIncomplete);
    assert_eq!(site.sandbox.counts().files, 0);
}

#[tokio::test]
async fn a_spent_upload_address_did_nothing_and_may_be_tried_again() {
    for status in [403, 404, 410] {
        let site = broken("upload", &Fault::envelope(status)).await;
        let (kind, retryable, _) = judged(site.provider().upload(upload("a.mp4", &["abc"])).await);
        assert_eq!((kind, retryable, site.count("account/info")), (ErrorKind::SiteFailed, true, 0));
    }
}

#[tokio::test]
async fn file_that_an_upload_node_refuses_is_final() {
    let rows = [
        ("Folder not found", ErrorKind::FolderNotFound, false),
        ("Wrong sha1", ErrorKind::Rejected, false),
        ("File is too large", ErrorKind::TooLarge, false),
        ("File type not allowed", ErrorKind::Rejected, false),
        ("Your account may not upload", ErrorKind::Forbidden, false),
        ("Upload URL expired", ErrorKind::SiteFailed, true),
    ];
    for (text, expected, retryable) in rows {
        for status in [400, 403] {
            let body = Some(format!(r#"{{"status": {status}, "msg": "{text}", "result": null}}"#));
            let fault = Fault::Status { http: 200, body_status: None, headers: Vec::new(), body };
            let site = broken("upload", &fault).await;
            let provider = site.provider();
            let mut new = upload("a.mp4", &["abc"]);
            new.folder = folder(&provider, &site.sandbox.add_folder("0", "Shelf"));
            let (kind, may_repeat, error) = judged(provider.upload(new).await);
            assert_eq!((kind, may_repeat), (expected, retryable), "{status} {text}");
            assert_eq!(error.answer().unwrap().message.as_deref(), Some(text));
        }
    }
}

#[tokio::test]
async fn an_upload_refused_early_is_told_with_the_site_s_words() {
    let site = broken("upload", &Fault::EarlyAnswer { http: 413, body_status: None }).await;
    let (kind, retryable, _) = judged(site.provider().upload(upload("a.mp4", &["abc"])).await);
    assert_eq!((kind, retryable), (ErrorKind::TooLarge, false));
}
