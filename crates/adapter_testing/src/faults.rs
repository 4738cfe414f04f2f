//! The faults of a site that have the same meaning in every dialect. The tests check the kind of the error, and whether
//! the request may be sent again. They count the requests that reached the site, and look for secrets in the error.

use std::error::Error as _;
use std::fmt::Debug;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::{StreamExt, stream};
use polyhost_domain::{Error, ErrorKind, FolderId, Provider, Result, TransportFault, Upload, UploadBody};
use polyhost_sandbox::{Fault, Garbage};
use polyhost_upstream::Settings;

use crate::values::{file, http_answer, upload};
use crate::{SimulatedSite, User};

/// Declares the tests that have the same name for every adapter: `fault_tests!(Simulated);`
///
/// The adapter's own tests also call `early_answer_to_an_upload_is_its_outcome`,
/// `http_status_means_the_same_from_any_server`, `errors_of_other_servers_prove_nothing` and
/// `foreign_json_confirms_no_write`. The names of those tests, or the answers that they need, depend on the dialect.
#[macro_export]
macro_rules! fault_tests {
    ($site:ty) => {
        $crate::fault_tests! { $site:
            read_without_answer_is_retryable
            write_without_answer_has_unknown_outcome_and_is_sent_once
            upload_without_answer_has_unknown_outcome_and_is_sent_once
            foreign_answer_to_a_read_is_an_invalid_response
            rate_limit_has_the_sites_retry_after
            unreachable_site_is_unavailable_and_body_is_not_read
            stalled_body_is_incomplete_and_makes_no_file
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

/// Returns the faults after which there is no readable answer, with the error of a read.
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

/// Returns answers under HTTP 200 that the API did not write.
#[must_use]
pub fn foreign_answers<S: SimulatedSite>() -> Vec<Fault> {
    let garbage = [
        Garbage::Text,
        Garbage::Html,
        Garbage::TruncatedJson,
        Garbage::DeepJson { depth: 100_000 },
        Garbage::Huge { bytes: 300_000 },
        Garbage::Empty,
    ];
    garbage.into_iter().map(Fault::Garbage).chain(S::foreign_answers()).collect()
}

/// Returns the faults after which it is unknown whether a write was carried out.
#[must_use]
pub fn unreadable<S: SimulatedSite>() -> Vec<Fault> {
    unanswered().into_iter().map(|(fault, ..)| fault).chain(foreign_answers::<S>()).collect()
}

/// Returns the kind of an error, whether the request may be sent again, and the error. Fails if the error contains a
/// secret.
pub fn checked_error<S: SimulatedSite>(outcome: Result<impl Debug>) -> (ErrorKind, bool, Error) {
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

/// A read whose answer is lost may be sent again, but the adapter itself does not send it again.
pub async fn read_without_answer_is_retryable<S: SimulatedSite>() {
    let operation = S::LIST;
    for (fault, kind, transport) in unanswered() {
        let (site, provider) = S::broken(operation, &fault).await;
        let (found, retryable, error) = checked_error::<S>(provider.list(&FolderId::Root, None).await);
        assert_eq!((found, retryable, error.transport()), (kind, true, Some(transport)), "{fault:?}");
        assert_eq!(error.operation(), Some(operation));
        assert_eq!(site.count(operation), 1, "{fault:?}");
    }
}

/// A write whose answer is lost or unreadable may have been carried out, so it is not sent again.
pub async fn write_without_answer_has_unknown_outcome_and_is_sent_once<S: SimulatedSite>() {
    let operation = S::DELETE_FILE;
    for fault in unreadable::<S>() {
        let (site, provider) = S::broken(operation, &fault).await;
        let (kind, retryable, _) = checked_error::<S>(provider.delete_file(&file(&provider, "7")).await);
        assert_eq!((kind, retryable), (ErrorKind::OutcomeUnknown, false), "{fault:?}");
        assert_eq!(site.count(operation), 1, "{fault:?}");
    }
}

/// An upload whose answer is lost or unreadable may have created a file, so it is not sent again.
pub async fn upload_without_answer_has_unknown_outcome_and_is_sent_once<S: SimulatedSite>() {
    let operation = S::UPLOAD;
    for fault in unreadable::<S>().into_iter().filter(|fault| !matches!(fault, Fault::Drip { .. })) {
        let (site, provider) = S::broken(operation, &fault).await;
        let (kind, retryable, _) = checked_error::<S>(provider.upload(upload("a.mp4", &["abc"])).await);
        assert_eq!((kind, retryable), (ErrorKind::OutcomeUnknown, false), "{fault:?}");
        assert_eq!(site.count(operation), 1, "{fault:?}");
    }
}

/// The error of a read that is answered by a page under HTTP 200 contains that status.
pub async fn foreign_answer_to_a_read_is_an_invalid_response<S: SimulatedSite>() {
    for fault in foreign_answers::<S>() {
        let (_site, provider) = S::broken(S::ACCOUNT, &fault).await;
        let (kind, retryable, error) = checked_error::<S>(provider.account().await);
        assert_eq!((kind, retryable), (ErrorKind::InvalidResponse, true), "{fault:?}");
        assert_eq!(error.answer().unwrap().http_status, Some(200));
    }
}

/// The error contains the site's `Retry-After`.
pub async fn rate_limit_has_the_sites_retry_after<S: SimulatedSite>() {
    let (_site, provider) = S::broken(S::ACCOUNT, &Fault::rate_limit(17)).await;
    let (kind, _, error) = checked_error::<S>(provider.account().await);
    assert_eq!((kind, error.retry_after()), (ErrorKind::RateLimited, Some(Duration::from_secs(17))));
}

/// If the connection is refused, nothing was done, and an upload's body is not read, so that it can be sent later.
pub async fn unreachable_site_is_unavailable_and_body_is_not_read<S: SimulatedSite>() {
    let unused = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let site = S::plain().await;
    let address = format!("http://{unused}/api/v2");
    let provider = site.adapter(&address, User::Known, S::Quirks::default(), Settings::default());
    let body = stream::poll_fn(|_| -> std::task::Poll<Option<std::io::Result<Bytes>>> { panic!("the body was read") });
    let new = Upload { body: UploadBody::once(3, body.boxed()), ..upload("a.mp4", &[]) };
    let outcomes = [
        checked_error::<S>(provider.account().await),
        checked_error::<S>(provider.delete_file(&file(&provider, "7")).await),
        checked_error::<S>(provider.upload(new).await),
    ];
    for (kind, retryable, error) in outcomes {
        assert_eq!((kind, retryable), (ErrorKind::Unavailable, true));
        assert_eq!(error.transport(), Some(TransportFault::ConnectionRefused));
        assert!(error.retry_after().is_some());
    }
}

/// A body that stops before its announced length creates no file.
pub async fn stalled_body_is_incomplete_and_makes_no_file<S: SimulatedSite>() {
    let site = S::plain().await;
    let body = stream::iter([Ok(Bytes::from_static(b"a"))]).chain(stream::pending());
    let new = Upload { body: UploadBody::once(3, body.boxed()), ..upload("a.mp4", &[]) };
    assert_eq!(checked_error::<S>(site.provider_with_short_timeouts().upload(new).await).0, ErrorKind::BodyIncomplete);
    assert_eq!(site.file_count(), 0);
}

/// An answer that arrives before the end of the body is the outcome of the upload.
pub async fn early_answer_to_an_upload_is_its_outcome<S: SimulatedSite>() {
    let (_site, provider) = S::broken(S::UPLOAD, &Fault::EarlyAnswer { http: 413, body_status: None }).await;
    let (kind, retryable, _) = checked_error::<S>(provider.upload(upload("a.mp4", &["abc"])).await);
    assert_eq!((kind, retryable), (ErrorKind::TooLarge, false));
}

/// A status that any server may answer with means the same in the API's own error and beside a foreign body.
pub async fn http_status_means_the_same_from_any_server<S: SimulatedSite>() {
    let rows = [
        (413, ErrorKind::TooLarge, false, false),
        (429, ErrorKind::RateLimited, true, true),
        (451, ErrorKind::LegalBlock, false, false),
        (500, ErrorKind::SiteFailed, true, false),
        (503, ErrorKind::SiteFailed, true, false),
        (509, ErrorKind::RateLimited, true, true),
    ];
    for (status, kind, read_again, write_again) in rows {
        let answers = [S::error(status), Fault::http(status), http_answer(status, "{}")];
        // Only a 451 of the API itself is a legal block.
        for fault in answers.into_iter().take(if status == 451 { 1 } else { 3 }) {
            let (site, provider) = logged_in::<S>().await;
            site.breaks("*", fault.clone());
            let before = site.journal().count();
            let unknown = file(&provider, "7");
            let (found, retryable, error) = checked_error::<S>(S::read_file(&*provider, &unknown).await);
            assert_eq!((found, retryable), (kind, read_again), "{fault:?}");
            assert_eq!(error.retry_after().is_some(), kind == ErrorKind::RateLimited, "{fault:?}");
            let (found, retryable, _) = checked_error::<S>(provider.delete_file(&unknown).await);
            assert_eq!((found, retryable), (kind, write_again), "{fault:?}");
            assert_eq!(site.journal().count(), before + 2, "{fault:?}");
        }
    }
}

/// Errors of other servers prove nothing about the credentials or a file, and cause no further request.
pub async fn errors_of_other_servers_prove_nothing<S: SimulatedSite>(answers: impl IntoIterator<Item = Fault>) {
    for fault in answers {
        let (site, provider) = logged_in::<S>().await;
        site.breaks("*", fault.clone());
        let before = site.journal().count();
        let unknown = file(&provider, "7");
        for outcome in [provider.account().await.map(drop), S::read_file(&*provider, &unknown).await] {
            let (kind, retryable, _) = checked_error::<S>(outcome);
            assert_eq!((kind, retryable), (ErrorKind::InvalidResponse, true), "{fault:?} to a read");
        }
        let (kind, retryable, _) = checked_error::<S>(provider.delete_file(&unknown).await);
        assert_eq!((kind, retryable), (ErrorKind::SiteFailed, false), "{fault:?} to a write");
        site.faults().clear();
        provider.account().await.unwrap();
        provider.list(&FolderId::Root, None).await.unwrap();
        assert_eq!(site.journal().count(), before + 5, "{fault:?}");
    }
}

/// Foreign JSON under HTTP 200 does not confirm a write.
pub async fn foreign_json_confirms_no_write<S: SimulatedSite>(bodies: &[&str]) {
    for body in bodies {
        let (site, provider) = logged_in::<S>().await;
        site.breaks("*", http_answer(200, body));
        let unknown = file(&provider, "7");
        for outcome in [provider.account().await.map(drop), S::read_file(&*provider, &unknown).await] {
            let (kind, retryable, _) = checked_error::<S>(outcome);
            assert_eq!((kind, retryable), (ErrorKind::InvalidResponse, true), "{body}");
        }
        let deleted = checked_error::<S>(provider.delete_file(&unknown).await);
        site.faults().clear();
        site.breaks(S::UPLOAD, http_answer(200, body));
        for (kind, retryable, _) in [deleted, checked_error::<S>(provider.upload(upload("a.mp4", &["abc"])).await)] {
            assert_eq!((kind, retryable), (ErrorKind::OutcomeUnknown, false), "{body}");
        }
    }
}

/// Starts a site, and returns it with an adapter that has made its first call. In dialects with sessions, it is logged
/// in.
async fn logged_in<S: SimulatedSite>() -> (S, Arc<dyn Provider>) {
    let (site, provider) = S::ready().await;
    provider.account().await.unwrap();
    (site, provider)
}
