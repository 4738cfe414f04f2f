//! The ways in which a site can break that mean the same for every dialect: the kind of the error, whether the request
//! may be repeated, how often the site was called, and that the error holds no secret.

use std::error::Error as _;
use std::fmt::Debug;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::{StreamExt, stream};
use polyhost_domain::{Error, ErrorKind, FolderId, Provider, Result, TransportFault, Upload, UploadBody};
use polyhost_sandbox::{Fault, Garbage};
use polyhost_upstream::Settings;

use crate::values::{file, said, upload};
use crate::{SimulatedSite, User};

/// Declares the tests that have the same name for every adapter: `fault_tests!(Simulated);`
///
/// The adapter's own tests also call `an_early_answer_to_an_upload_counts`,
/// `a_status_of_any_server_means_the_same`, `errors_of_other_servers_give_no_verdict` and
/// `foreign_json_confirms_no_write`. What their tests are called, or which answers they need, depends on the dialect.
#[macro_export]
macro_rules! fault_tests {
    ($site:ty) => {
        $crate::fault_tests! { $site:
            a_read_without_an_answer_may_be_tried_again
            a_write_without_an_answer_has_an_unknown_outcome_and_is_sent_once
            an_upload_without_an_answer_has_an_unknown_outcome_and_is_sent_once
            what_is_no_answer_of_the_api_is_an_invalid_response_to_a_read
            a_limit_is_passed_on_with_the_site_s_own_wait
            a_site_that_is_not_there_is_unavailable_and_the_body_stays_untouched
            a_caller_whose_bytes_stop_is_told_so_and_the_site_gets_no_file
        }
    };
    ($site:ty: $($name:ident)+) => {
        $(
            #[tokio::test]
            async fn $name() {
                $crate::faults::$name::<$site>().await;
            }
        )+
    };
}

/// The faults after which there is no readable answer, with the error of a read.
#[must_use]
pub fn unanswered() -> Vec<(Fault, ErrorKind, TransportFault)> {
    vec![
        (Fault::Reset, ErrorKind::Unavailable, TransportFault::ConnectionTerminated),
        (Fault::CloseAfterBody, ErrorKind::Unavailable, TransportFault::ConnectionTerminated),
        (Fault::LoseAnswer, ErrorKind::Unavailable, TransportFault::ConnectionTerminated),
        (Fault::Hang, ErrorKind::Timeout, TransportFault::ResponseTimeout),
        (Fault::Drip { millis: 50 }, ErrorKind::Timeout, TransportFault::ResponseTimeout),
        (Fault::CutBody { sent: 5 }, ErrorKind::InvalidResponse, TransportFault::ConnectionTerminated),
    ]
}

/// Answers under HTTP 200 that the API did not write.
#[must_use]
pub fn senseless<S: SimulatedSite>() -> Vec<Fault> {
    let garbage = [
        Garbage::Text,
        Garbage::Html,
        Garbage::TruncatedJson,
        Garbage::DeepJson { depth: 100_000 },
        Garbage::Huge { bytes: 300_000 },
        Garbage::Empty,
    ];
    garbage.into_iter().map(Fault::Garbage).chain(S::senseless()).collect()
}

/// The faults after which it is unknown whether a write took place.
#[must_use]
pub fn unreadable<S: SimulatedSite>() -> Vec<Fault> {
    unanswered().into_iter().map(|(fault, ..)| fault).chain(senseless::<S>()).collect()
}

/// Returns the error, its kind, and whether the request may be repeated. Fails where the error holds a secret.
pub fn judged<S: SimulatedSite>(outcome: Result<impl Debug>) -> (ErrorKind, bool, Error) {
    let error = outcome.expect_err("the site is broken");
    let mut shown = format!("{error} {error:?} {error:#?}");
    let mut source = error.source();
    while let Some(cause) = source {
        shown.push_str(&format!("{cause} {cause:?}"));
        source = cause.source();
    }
    for secret in S::SECRETS {
        assert!(!shown.contains(secret), "{shown}");
    }
    (error.kind(), error.is_retryable(), error)
}

/// A read whose answer is lost may be repeated, and is not repeated by the adapter.
pub async fn a_read_without_an_answer_may_be_tried_again<S: SimulatedSite>() {
    let operation = S::LIST;
    for (fault, kind, transport) in unanswered() {
        let (site, provider) = S::broken(operation, &fault).await;
        let (found, retryable, error) = judged::<S>(provider.list(&FolderId::Root, None).await);
        assert_eq!((found, retryable, error.transport()), (kind, true, Some(transport)), "{fault:?}");
        assert_eq!(error.operation(), Some(operation));
        assert_eq!(site.count(operation), 1, "{fault:?}");
    }
}

/// A write whose answer is lost or unreadable may have taken place, so it is not sent again.
pub async fn a_write_without_an_answer_has_an_unknown_outcome_and_is_sent_once<S: SimulatedSite>() {
    let operation = S::DELETE_FILE;
    for fault in unreadable::<S>() {
        let (site, provider) = S::broken(operation, &fault).await;
        let (kind, retryable, _) = judged::<S>(provider.delete_file(&file(&provider, "7")).await);
        assert_eq!((kind, retryable), (ErrorKind::OutcomeUnknown, false), "{fault:?}");
        assert_eq!(site.count(operation), 1, "{fault:?}");
    }
}

/// An upload whose answer is lost or unreadable may have made a file, so it is not sent again.
pub async fn an_upload_without_an_answer_has_an_unknown_outcome_and_is_sent_once<S: SimulatedSite>() {
    let operation = S::UPLOAD;
    for fault in unreadable::<S>().into_iter().filter(|fault| !matches!(fault, Fault::Drip { .. })) {
        let (site, provider) = S::broken(operation, &fault).await;
        let (kind, retryable, _) = judged::<S>(provider.upload(upload("a.mp4", &["abc"])).await);
        assert_eq!((kind, retryable), (ErrorKind::OutcomeUnknown, false), "{fault:?}");
        assert_eq!(site.count(operation), 1, "{fault:?}");
    }
}

/// A page under HTTP 200 is reported to a read with its HTTP status.
pub async fn what_is_no_answer_of_the_api_is_an_invalid_response_to_a_read<S: SimulatedSite>() {
    for fault in senseless::<S>() {
        let (_site, provider) = S::broken(S::ACCOUNT, &fault).await;
        let (kind, retryable, error) = judged::<S>(provider.account().await);
        assert_eq!((kind, retryable), (ErrorKind::InvalidResponse, true), "{fault:?}");
        assert_eq!(error.answer().unwrap().http_status, Some(200));
    }
}

/// The `Retry-After` of the site reaches the caller.
pub async fn a_limit_is_passed_on_with_the_site_s_own_wait<S: SimulatedSite>() {
    let (_site, provider) = S::broken(S::ACCOUNT, &Fault::rate_limit(17)).await;
    let (kind, _, error) = judged::<S>(provider.account().await);
    assert_eq!((kind, error.retry_after()), (ErrorKind::RateLimited, Some(Duration::from_secs(17))));
}

/// Where nothing listens, nothing was done, and the body of an upload can be sent later.
pub async fn a_site_that_is_not_there_is_unavailable_and_the_body_stays_untouched<S: SimulatedSite>() {
    let nowhere = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let site = S::plain().await;
    let address = format!("http://{nowhere}/api/v2");
    let provider = site.adapter(&address, User::Known, S::Quirks::default(), Settings::default());
    let body = stream::poll_fn(|_| -> std::task::Poll<Option<std::io::Result<Bytes>>> { panic!("the body was read") });
    let new = Upload { body: UploadBody::once(3, body.boxed()), ..upload("a.mp4", &[]) };
    let outcomes = [
        judged::<S>(provider.account().await),
        judged::<S>(provider.delete_file(&file(&provider, "7")).await),
        judged::<S>(provider.upload(new).await),
    ];
    for (kind, retryable, error) in outcomes {
        assert_eq!((kind, retryable), (ErrorKind::Unavailable, true));
        assert_eq!(error.transport(), Some(TransportFault::ConnectionRefused));
        assert!(error.retry_after().is_some());
    }
}

/// A body that stops before its announced length makes no file.
pub async fn a_caller_whose_bytes_stop_is_told_so_and_the_site_gets_no_file<S: SimulatedSite>() {
    let site = S::plain().await;
    let body = stream::iter([Ok(Bytes::from_static(b"a"))]).chain(stream::pending());
    let new = Upload { body: UploadBody::once(3, body.boxed()), ..upload("a.mp4", &[]) };
    assert_eq!(judged::<S>(site.hasty_provider().upload(new).await).0, ErrorKind::BodyIncomplete);
    assert_eq!(site.file_count(), 0);
}

/// An answer that comes before the end of the body counts.
pub async fn an_early_answer_to_an_upload_counts<S: SimulatedSite>() {
    let (_site, provider) = S::broken(S::UPLOAD, &Fault::EarlyAnswer { http: 413, body_status: None }).await;
    let (kind, retryable, _) = judged::<S>(provider.upload(upload("a.mp4", &["abc"])).await);
    assert_eq!((kind, retryable), (ErrorKind::TooLarge, false));
}

/// A status that any server may answer with means the same in the API's own error and beside a foreign body.
pub async fn a_status_of_any_server_means_the_same<S: SimulatedSite>() {
    let rows = [
        (413, ErrorKind::TooLarge, false, false),
        (429, ErrorKind::RateLimited, true, true),
        (451, ErrorKind::LegalBlock, false, false),
        (500, ErrorKind::SiteFailed, true, false),
        (503, ErrorKind::SiteFailed, true, false),
        (509, ErrorKind::RateLimited, true, true),
    ];
    for (status, kind, read_again, write_again) in rows {
        let answers = [S::error(status), Fault::http(status), said(status, "{}")];
        // Only the API itself knows which files the law blocks.
        for fault in answers.into_iter().take(if status == 451 { 1 } else { 3 }) {
            let (site, provider) = used::<S>().await;
            site.breaks("*", fault.clone());
            let before = site.journal().count();
            let unknown = file(&provider, "7");
            let (found, retryable, error) = judged::<S>(S::read_file(&*provider, &unknown).await);
            assert_eq!((found, retryable), (kind, read_again), "{fault:?}");
            assert_eq!(error.retry_after().is_some(), kind == ErrorKind::RateLimited, "{fault:?}");
            let (found, retryable, _) = judged::<S>(provider.delete_file(&unknown).await);
            assert_eq!((found, retryable), (kind, write_again), "{fault:?}");
            assert_eq!(site.journal().count(), before + 2, "{fault:?}");
        }
    }
}

/// Errors of other servers say nothing about the credentials or a file. Nothing is asked because of them.
pub async fn errors_of_other_servers_give_no_verdict<S: SimulatedSite>(answers: impl IntoIterator<Item = Fault>) {
    for fault in answers {
        let (site, provider) = used::<S>().await;
        site.breaks("*", fault.clone());
        let before = site.journal().count();
        let unknown = file(&provider, "7");
        for outcome in [provider.account().await.map(drop), S::read_file(&*provider, &unknown).await] {
            let (kind, retryable, _) = judged::<S>(outcome);
            assert_eq!((kind, retryable), (ErrorKind::InvalidResponse, true), "{fault:?} to a read");
        }
        let (kind, retryable, _) = judged::<S>(provider.delete_file(&unknown).await);
        assert_eq!((kind, retryable), (ErrorKind::SiteFailed, false), "{fault:?} to a write");
        site.faults().clear();
        provider.account().await.unwrap();
        provider.list(&FolderId::Root, None).await.unwrap();
        assert_eq!(site.journal().count(), before + 5, "{fault:?}");
    }
}

/// Foreign JSON under HTTP 200 is no confirmation of a write.
pub async fn foreign_json_confirms_no_write<S: SimulatedSite>(bodies: &[&str]) {
    for body in bodies {
        let (site, provider) = used::<S>().await;
        site.breaks("*", said(200, body));
        let unknown = file(&provider, "7");
        for outcome in [provider.account().await.map(drop), S::read_file(&*provider, &unknown).await] {
            let (kind, retryable, _) = judged::<S>(outcome);
            assert_eq!((kind, retryable), (ErrorKind::InvalidResponse, true), "{body}");
        }
        let deleted = judged::<S>(provider.delete_file(&unknown).await);
        site.faults().clear();
        site.breaks(S::UPLOAD, said(200, body));
        for (kind, retryable, _) in [deleted, judged::<S>(provider.upload(upload("a.mp4", &["abc"])).await)] {
            assert_eq!((kind, retryable), (ErrorKind::OutcomeUnknown, false), "{body}");
        }
    }
}

/// A site and its adapter after the first call: where the dialect has sessions, there is one.
async fn used<S: SimulatedSite>() -> (S, Arc<dyn Provider>) {
    let (site, provider) = S::ready().await;
    provider.account().await.unwrap();
    (site, provider)
}
