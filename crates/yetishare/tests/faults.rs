//! Every way in which the simulated site can break, for a read, a write, an upload and a login: the kind of the error,
//! whether it may be tried again, how often the site was asked, and that no secret is told.

#![allow(clippy::expect_used, reason = "a fault that does no harm has failed the test")]

mod support;

use std::error::Error as _;
use std::time::Duration;

use bytes::Bytes;
use futures_util::{StreamExt, stream};
use polyhost_domain::{ByteRange, Error, ErrorKind, FileRef, FolderId, TransportFault, Upload, UploadBody};
use polyhost_sandbox::yetishare::{Options, Redirects};
use polyhost_sandbox::{Fault, Garbage};
use polyhost_state::State;
use polyhost_upstream::Settings;
use polyhost_yetishare::Quirks;
use support::{
    KEY1, KEY2, PASSWORD, Simulated, adapter, file, folder, hasty, keys, plain_site, refused, said, site, upload,
};

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
        Garbage::NotUtf8,
        Garbage::TruncatedJson,
        Garbage::DeepJson { depth: 100_000 },
        Garbage::Huge { bytes: 300_000 },
        Garbage::Empty,
    ];
    garbage.map(Fault::Garbage).into()
}

async fn broken(operation: &str, fault: &Fault) -> Simulated {
    let site = plain_site().await;
    site.breaks(operation, fault.clone());
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
    for secret in [KEY1, KEY2, PASSWORD, "planted%20pass", "planted+pass"] {
        assert!(!told.contains(secret), "{told}");
    }
    assert!(!told.contains("download_token") && !told.contains("access_token="), "{told}");
}

#[tokio::test]
async fn a_read_without_an_answer_may_be_tried_again() {
    for (fault, kind, transport) in unanswered() {
        let site = broken("folder/listing", &fault).await;
        let provider = site.provider_with(Quirks::default(), hasty());
        let (found, retryable, error) = judged(provider.list(&FolderId::Root, None).await);
        assert_eq!((found, retryable, error.transport()), (kind, true, Some(transport)), "{fault:?}");
        assert_eq!(error.operation(), Some("folder/listing"));
        assert_eq!(site.count("folder/listing"), 1, "{fault:?}");
    }
}

#[tokio::test]
async fn a_write_without_an_answer_has_an_unknown_outcome_and_is_sent_once() {
    for fault in unanswered().into_iter().map(|(fault, ..)| fault).chain(senseless()) {
        let site = broken("file/delete", &fault).await;
        let provider = site.provider_with(Quirks::default(), hasty());
        let (kind, retryable, _) = judged(provider.delete_file(&file(&provider, "7")).await);
        assert_eq!((kind, retryable), (ErrorKind::OutcomeUnknown, false), "{fault:?}");
        assert_eq!(site.count("file/delete"), 1, "{fault:?}");
    }
}

#[tokio::test]
async fn an_upload_without_an_answer_has_an_unknown_outcome_and_is_sent_once() {
    let faults = unanswered().into_iter().map(|(fault, ..)| fault).chain(senseless());
    for fault in faults.filter(|fault| !matches!(fault, Fault::Drip { .. })) {
        let site = broken("file/upload", &fault).await;
        let provider = site.provider_with(Quirks::default(), hasty());
        let (kind, retryable, _) = judged(provider.upload(upload("a.mp4", &["abc"])).await);
        assert_eq!((kind, retryable), (ErrorKind::OutcomeUnknown, false), "{fault:?}");
        assert_eq!(site.count("file/upload"), 1, "{fault:?}");
    }
}

/// Whoever needed the login has had nothing done, whatever became of it; and it is not sent again by itself.
#[tokio::test]
async fn a_login_without_an_answer_leaves_the_request_unsent() {
    for (fault, _, transport) in unanswered() {
        let site = broken("authorize", &fault).await;
        let provider = site.provider_with(Quirks::default(), hasty());
        let (kind, retryable, error) = judged(provider.delete_file(&file(&provider, "7")).await);
        let expected = match transport {
            TransportFault::ResponseTimeout => ErrorKind::Timeout,
            _ => ErrorKind::InvalidResponse,
        };
        assert_eq!((kind, retryable), (expected, true), "{fault:?}");
        assert_eq!(error.operation(), Some("authorize"));
        assert_eq!((site.count("authorize"), site.sandbox.journal().count()), (1, 1), "{fault:?}");
    }
    let answers = senseless().into_iter().chain([
        said(200, r#"{"data": {"account_id": "7"}, "_status": "success"}"#),
        said(200, r#"{"data": {"access_token": "plantedToken"}, "_status": "success"}"#),
        said(200, r#"{"data": ["plantedToken", "7"], "_status": "success"}"#),
        Fault::http(404),
        Fault::http(500),
        refused(200, "Failed issuing access token."),
    ]);
    for fault in answers {
        let site = broken("authorize", &fault).await;
        let provider = site.provider_with(Quirks::default(), hasty());
        let (kind, _, error) = judged(provider.account().await);
        assert!(matches!(kind, ErrorKind::InvalidResponse | ErrorKind::SiteFailed), "{fault:?}: {error:?}");
        assert!(error.is_retryable(), "{fault:?}");
        assert_eq!(site.sandbox.journal().count(), 1, "{fault:?}");
    }
}

#[tokio::test]
async fn a_login_forbidden_by_http_is_about_the_credentials() {
    for fault in [refused(403, "No."), refused(401, "No.")] {
        let site = broken("authorize", &fault).await;
        let (kind, retryable, _) = judged(site.provider().account().await);
        assert_eq!((kind, retryable), (ErrorKind::CredentialsRejected, false), "{fault:?}");
    }
}

#[tokio::test]
async fn a_firewall_s_page_at_the_login_is_not_about_the_credentials() {
    let texts = ["Forbidden", "", "{}", "[]", r#"{"error": "Forbidden"}"#, r#"{"success": false, "message": "No."}"#];
    let foreign = texts.into_iter().flat_map(|text| [said(403, text), said(401, text)]);
    for fault in foreign.chain([Fault::http(401), Fault::http(403)]) {
        let site = broken("authorize", &fault).await;
        let provider = site.provider();
        let (kind, retryable, error) = judged(provider.account().await);
        assert_eq!((kind, retryable), (ErrorKind::InvalidResponse, true), "{fault:?}");
        assert!(error.answer().unwrap().http_status.is_some(), "{fault:?}");
        site.sandbox.faults().clear();
        provider.account().await.expect("nobody remembers it against the credentials");
    }
}

/// A call is refused in the words of an unknown token, and the site does not say whether it knows the token.
#[tokio::test]
async fn token_in_doubt_is_replaced_once_and_then_denied() {
    let answers = senseless().into_iter().chain(unanswered().into_iter().map(|(fault, ..)| fault)).chain([
        said(200, "{}"),
        said(403, "{}"),
        Fault::http(403),
        Fault::http(404),
        Fault::http(500),
        refused(200, "Something else."),
        refused(503, "Something else."),
    ]);
    for fault in answers {
        let site = broken("account/info", &fault).await;
        site.breaks("file/delete", refused(200, "Could not validate access_token and account_id."));
        let provider = site.provider_with(Quirks::default(), hasty());
        for _ in 0..2 {
            let (kind, retryable, error) = judged(provider.delete_file(&file(&provider, "7")).await);
            assert_eq!((kind, retryable), (ErrorKind::Forbidden, false), "{fault:?}");
            assert_eq!(error.operation(), Some("file/delete"));
        }
        provider.list(&FolderId::Root, None).await.expect("everything else works on");
        assert_eq!(site.count("authorize"), 2, "{fault:?}");
    }
}

#[tokio::test]
async fn dead_token_is_replaced_while_the_account_cannot_be_asked_for() {
    let broken_account = [
        Fault::http(500),
        Fault::http(403),
        Fault::Garbage(Garbage::Html),
        Fault::Hang,
        refused(200, "The hamsters are on strike."),
    ];
    for fault in broken_account {
        let site = broken("account/info", &fault).await;
        let provider = site.provider_with(Quirks::default(), hasty());
        provider.list(&FolderId::Root, None).await.unwrap();
        site.sandbox.kill_tokens();
        provider.list(&FolderId::Root, None).await.expect("one login is all that it needs");
        provider.upload(upload("a.mp4", &["abc"])).await.expect("the check before it only protects");
        assert_eq!((site.sandbox.logins(), site.sandbox.counts().files), (2, 1), "{fault:?}");
    }
}

#[tokio::test]
async fn limit_of_the_question_about_a_token_is_passed_on() {
    for fault in [Fault::http(429), refused(429, "Something else."), Fault::rate_limit(1)] {
        let site = broken("account/info", &fault).await;
        site.breaks("file/delete", refused(401, "Something else."));
        let provider = site.provider_with(Quirks::default(), hasty());
        let (kind, retryable, _) = judged(provider.delete_file(&file(&provider, "7")).await);
        assert_eq!((kind, retryable, site.count("authorize")), (ErrorKind::RateLimited, true, 1), "{fault:?}");
    }
}

#[tokio::test]
async fn broken_check_of_a_folder_falls_back_to_its_listing() {
    for fault in [Fault::http(500), Fault::http(403), refused(200, "The hamsters are on strike.")] {
        let site = broken("folder/info", &fault).await;
        let provider = site.provider_with(Quirks::default(), hasty());
        let shelf = folder(&provider, &site.sandbox.add_folder("0", "Shelf"));
        let into = |folder| Upload { folder, ..upload("a.mp4", &["abc"]) };
        provider.upload(into(shelf.clone())).await.expect("the listing shows the folder");
        let missing = judged(provider.upload(into(folder(&provider, "99"))).await).0;
        assert_eq!((missing, site.count("file/upload")), (ErrorKind::FolderNotFound, 1), "{fault:?}");
        // Where neither can be asked, nothing is sent.
        site.breaks("folder/listing", Fault::http(500));
        judged(provider.upload(into(shelf)).await);
        assert_eq!(site.count("file/upload"), 1, "{fault:?}");
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
async fn a_page_of_a_server_before_the_site_tells_of_no_file() {
    for status in [400, 401, 403, 404, 405, 451] {
        let site = plain_site().await;
        let provider = site.provider();
        provider.account().await.unwrap();
        site.breaks("*", Fault::http(status));
        let (kind, retryable, _) = judged(provider.files(&[file(&provider, "7")]).await);
        assert_eq!((kind, retryable), (ErrorKind::InvalidResponse, true), "a page of {status} to a read");
        let (kind, retryable, _) = judged(provider.delete_file(&file(&provider, "7")).await);
        assert_eq!((kind, retryable), (ErrorKind::SiteFailed, false), "a page of {status} to a write");
    }
}

#[tokio::test]
async fn a_status_of_any_server_means_the_same_with_and_without_an_envelope() {
    let rows = [
        (413, ErrorKind::TooLarge, false, false),
        (429, ErrorKind::RateLimited, true, true),
        (451, ErrorKind::LegalBlock, false, false),
        (500, ErrorKind::SiteFailed, true, false),
        (503, ErrorKind::SiteFailed, true, false),
        (509, ErrorKind::RateLimited, true, true),
    ];
    for (status, kind, read_again, write_again) in rows {
        // A page says nothing of the law, nor does foreign JSON.
        let faults = [refused(status, "Words that nobody knows."), Fault::http(status), said(status, "{}")];
        for fault in faults.into_iter().take(if status == 451 { 1 } else { 3 }) {
            let site = plain_site().await;
            let provider = site.provider();
            provider.account().await.unwrap();
            site.breaks("*", fault.clone());
            let before = site.sandbox.journal().count();
            let unknown = file(&provider, "7");
            let (found, retryable, error) = judged(provider.files(std::slice::from_ref(&unknown)).await);
            assert_eq!((found, retryable), (kind, read_again), "{fault:?}");
            assert_eq!(error.retry_after().is_some(), kind == ErrorKind::RateLimited, "{fault:?}");
            let (found, retryable, _) = judged(provider.delete_file(&unknown).await);
            assert_eq!((found, retryable), (kind, write_again), "{fault:?}");
            assert_eq!(site.sandbox.journal().count(), before + 2, "{fault:?}");
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
async fn a_site_that_is_not_there_is_unavailable_and_the_body_stays_untouched() {
    let nowhere = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let base_url = format!("http://{nowhere}/api/v2");
    let (state, credentials) = (State::in_memory(), keys(KEY1, KEY2));
    let provider = adapter(&base_url, "main", credentials, Quirks::default(), Settings::default(), &state);
    let provider: std::sync::Arc<dyn polyhost_domain::Provider> =
        std::sync::Arc::new(provider.with_login_budget(support::hasty_logins()));
    let mut new = upload("a.mp4", &["abc"]);
    new.body = UploadBody::once(
        3,
        stream::poll_fn(|_| -> std::task::Poll<Option<std::io::Result<Bytes>>> { panic!("the body was read") }).boxed(),
    );
    let outcomes = [
        judged(provider.account().await),
        judged(provider.delete_file(&file(&provider, "7")).await),
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
async fn an_upload_refused_early_is_told_as_what_it_is() {
    let site = broken("file/upload", &Fault::EarlyAnswer { http: 413, body_status: None }).await;
    let (kind, retryable, _) = judged(site.provider().upload(upload("a.mp4", &["abc"])).await);
    assert_eq!((kind, retryable), (ErrorKind::TooLarge, false));
}

#[tokio::test]
async fn a_download_that_breaks_or_leads_astray_is_never_a_whole_one() {
    let site = site(Options::default()).await;
    let id = site.sandbox.add_file("0", "a.mp4", b"0123456789");
    let provider = site.provider_with(Quirks::default(), hasty());
    let reference = FileRef::Id(file(&provider, &id));

    site.sandbox.redirect_downloads(Redirects::Hops(5));
    let whole = provider.open(&reference, None).await.unwrap();
    assert_eq!(whole.stream.map(|piece| piece.unwrap().len()).collect::<Vec<_>>().await.iter().sum::<usize>(), 10);
    site.sandbox.redirect_downloads(Redirects::Hops(6));
    assert_eq!(judged(provider.open(&reference, None).await).0, ErrorKind::InvalidResponse);
    site.sandbox.redirect_downloads(Redirects::To("ftp://a.example/b".into()));
    assert_eq!(judged(provider.open(&reference, None).await).0, ErrorKind::InvalidResponse);
    site.sandbox.redirect_downloads(Redirects::None);
    let past = judged(provider.open(&reference, Some(ByteRange::From(10, None))).await);
    assert_eq!((past.0, past.1), (ErrorKind::RangeNotSatisfiable, false));

    site.breaks("content", Fault::CutBody { sent: 4 });
    let cut = provider.open(&reference, None).await.unwrap();
    let pieces: Vec<_> = cut.stream.collect().await;
    assert!(pieces.last().unwrap().is_err(), "{pieces:?}");
}
