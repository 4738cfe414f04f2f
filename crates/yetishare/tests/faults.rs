//! Tests of every fault of the simulated site, in a read, a write, an upload and a login. They check the error's kind,
//! whether it is retryable, the number of sent requests, and that the error contains no secret.

#![allow(clippy::expect_used, reason = "a missing or an unexpected error fails the test")]

mod support;

use std::fmt::Debug;

use futures_util::StreamExt;
use polyhost_adapter_testing::faults::{
    self, early_answer_to_an_upload_is_its_outcome, errors_of_other_servers_prove_nothing, foreign_answers,
    http_status_means_the_same_from_any_server, unanswered, unreadable,
};
use polyhost_adapter_testing::values::{file, folder, http_answer, upload};
use polyhost_adapter_testing::{SimulatedSite, fault_tests};
use polyhost_domain::{ByteRange, Error, ErrorKind, FileRef, FolderId, Result, TransportFault, Upload};
use polyhost_sandbox::yetishare::{Options, Redirects};
use polyhost_sandbox::{Fault, Garbage};
use support::{Simulated, api_error};

fn checked_error(outcome: Result<impl Debug>) -> (ErrorKind, bool, Error) {
    faults::checked_error::<Simulated>(outcome)
}

fault_tests!(Simulated);

/// If a login fails, the request that needed it is not sent, and the login is not retried.
#[tokio::test]
async fn login_without_answer_leaves_the_request_unsent() {
    for (fault, _, transport) in unanswered() {
        let (site, provider) = Simulated::broken("authorize", &fault).await;
        let (kind, retryable, error) = checked_error(provider.delete_file(&file(&provider, "7")).await);
        let expected = match transport {
            TransportFault::ResponseTimeout => ErrorKind::Timeout,
            _ => ErrorKind::InvalidResponse,
        };
        assert_eq!((kind, retryable), (expected, true), "{fault:?}");
        assert_eq!(error.operation(), Some("authorize"));
        assert_eq!((site.count("authorize"), site.journal().count()), (1, 1), "{fault:?}");
    }
    let answers = foreign_answers::<Simulated>().into_iter().chain([
        http_answer(200, r#"{"data": {"account_id": "7"}, "_status": "success"}"#),
        http_answer(200, r#"{"data": {"access_token": "plantedToken"}, "_status": "success"}"#),
        http_answer(200, r#"{"data": ["plantedToken", "7"], "_status": "success"}"#),
        Fault::http(404),
        Fault::http(500),
        api_error(200, "Failed issuing access token."),
    ]);
    for fault in answers {
        let (site, provider) = Simulated::broken("authorize", &fault).await;
        let (kind, _, error) = checked_error(provider.account().await);
        assert!(matches!(kind, ErrorKind::InvalidResponse | ErrorKind::SiteFailed), "{fault:?}: {error:?}");
        assert!(error.is_retryable(), "{fault:?}");
        assert_eq!(site.journal().count(), 1, "{fault:?}");
    }
}

#[tokio::test]
async fn api_error_401_or_403_to_a_login_rejects_the_credentials() {
    for fault in [api_error(403, "No."), api_error(401, "No.")] {
        let (_site, provider) = Simulated::broken("authorize", &fault).await;
        let (kind, retryable, _) = checked_error(provider.account().await);
        assert_eq!((kind, retryable), (ErrorKind::CredentialsRejected, false), "{fault:?}");
    }
}

#[tokio::test]
async fn firewall_page_to_a_login_does_not_reject_the_credentials() {
    let texts = ["Forbidden", "", "{}", "[]", r#"{"error": "Forbidden"}"#, r#"{"success": false, "message": "No."}"#];
    let foreign = texts.into_iter().flat_map(|text| [http_answer(403, text), http_answer(401, text)]);
    for fault in foreign.chain([Fault::http(401), Fault::http(403)]) {
        let (site, provider) = Simulated::broken("authorize", &fault).await;
        let (kind, retryable, error) = checked_error(provider.account().await);
        assert_eq!((kind, retryable), (ErrorKind::InvalidResponse, true), "{fault:?}");
        assert!(error.answer().unwrap().http_status.is_some(), "{fault:?}");
        site.faults().clear();
        provider.account().await.expect("the credentials are not remembered as rejected");
    }
}

/// The site rejects a call with its text for an unknown token, and the check of the token is inconclusive.
#[tokio::test]
async fn unverifiable_token_is_replaced_once_then_call_is_denied() {
    let answers = unreadable::<Simulated>().into_iter().chain([
        http_answer(200, "{}"),
        http_answer(403, "{}"),
        Fault::http(403),
        Fault::http(404),
        Fault::http(500),
        api_error(200, "Something else."),
        api_error(503, "Something else."),
    ]);
    for fault in answers {
        let (site, provider) = Simulated::broken("account/info", &fault).await;
        site.breaks("file/delete", api_error(200, "Could not validate access_token and account_id."));
        for _ in 0..2 {
            let (kind, retryable, error) = checked_error(provider.delete_file(&file(&provider, "7")).await);
            assert_eq!((kind, retryable), (ErrorKind::Forbidden, false), "{fault:?}");
            assert_eq!(error.operation(), Some("file/delete"));
        }
        provider.list(&FolderId::Root, None).await.expect("other operations still work");
        assert_eq!(site.count("authorize"), 2, "{fault:?}");
    }
}

#[tokio::test]
async fn dead_token_is_replaced_while_account_info_is_broken() {
    let broken_account = [
        Fault::http(500),
        Fault::http(403),
        Fault::Garbage(Garbage::Html),
        Fault::Hang,
        api_error(200, "The hamsters are on strike."),
    ];
    for fault in broken_account {
        let (site, provider) = Simulated::broken("account/info", &fault).await;
        provider.list(&FolderId::Root, None).await.unwrap();
        site.sandbox.kill_tokens();
        provider.list(&FolderId::Root, None).await.expect("one login is enough");
        provider.upload(upload("a.mp4", &["abc"])).await.expect("the check of the session is optional");
        assert_eq!((site.sandbox.logins(), site.sandbox.counts().files), (2, 1), "{fault:?}");
    }
}

#[tokio::test]
async fn rate_limit_of_the_token_check_is_returned() {
    for fault in [Fault::http(429), api_error(429, "Something else."), Fault::rate_limit(1)] {
        let (site, provider) = Simulated::broken("account/info", &fault).await;
        site.breaks("file/delete", api_error(401, "Something else."));
        let (kind, retryable, _) = checked_error(provider.delete_file(&file(&provider, "7")).await);
        assert_eq!((kind, retryable, site.count("authorize")), (ErrorKind::RateLimited, true, 1), "{fault:?}");
    }
}

#[tokio::test]
async fn broken_check_of_a_folder_falls_back_to_its_listing() {
    for fault in [Fault::http(500), Fault::http(403), api_error(200, "The hamsters are on strike.")] {
        let (site, provider) = Simulated::broken("folder/info", &fault).await;
        let shelf = folder(&provider, &site.sandbox.add_folder("0", "Shelf"));
        let into = |folder| Upload { folder, ..upload("a.mp4", &["abc"]) };
        provider.upload(into(shelf.clone())).await.expect("the folder's listing proves that it exists");
        let missing = checked_error(provider.upload(into(folder(&provider, "99"))).await).0;
        assert_eq!((missing, site.count("file/upload")), (ErrorKind::FolderNotFound, 1), "{fault:?}");
        // If both endpoints are broken, nothing is sent.
        site.breaks("folder/listing", Fault::http(500));
        checked_error(provider.upload(into(shelf)).await);
        assert_eq!(site.count("file/upload"), 1, "{fault:?}");
    }
}

#[tokio::test]
async fn page_of_a_proxy_proves_nothing_about_a_file() {
    errors_of_other_servers_prove_nothing::<Simulated>([400, 401, 403, 404, 405, 451].map(Fault::http)).await;
}

#[tokio::test]
async fn http_status_means_the_same_with_and_without_an_envelope() {
    http_status_means_the_same_from_any_server::<Simulated>().await;
}

#[tokio::test]
async fn early_error_of_an_upload_keeps_its_kind() {
    early_answer_to_an_upload_is_its_outcome::<Simulated>().await;
}

#[tokio::test]
async fn broken_or_misdirected_download_is_an_error() {
    let site = Simulated::start(Options::default()).await;
    let id = site.sandbox.add_file("0", "a.mp4", b"0123456789");
    let provider = site.provider_with_short_timeouts();
    let reference = FileRef::Id(file(&provider, &id));

    site.sandbox.redirect_downloads(Redirects::Hops(5));
    let whole = provider.open(&reference, None).await.unwrap();
    assert_eq!(whole.stream.map(|piece| piece.unwrap().len()).collect::<Vec<_>>().await.iter().sum::<usize>(), 10);
    site.sandbox.redirect_downloads(Redirects::Hops(6));
    assert_eq!(checked_error(provider.open(&reference, None).await).0, ErrorKind::InvalidResponse);
    site.sandbox.redirect_downloads(Redirects::To("ftp://a.example/b".into()));
    assert_eq!(checked_error(provider.open(&reference, None).await).0, ErrorKind::InvalidResponse);
    site.sandbox.redirect_downloads(Redirects::None);
    let past = checked_error(provider.open(&reference, Some(ByteRange::From(10, None))).await);
    assert_eq!((past.0, past.1), (ErrorKind::RangeNotSatisfiable, false));

    site.breaks("content", Fault::CutBody { sent: 4 });
    let cut = provider.open(&reference, None).await.unwrap();
    let pieces: Vec<_> = cut.stream.collect().await;
    assert!(pieces.last().unwrap().is_err(), "{pieces:?}");
}
