//! Every way in which the simulated site can break, for a read, a write, an upload and a login: the kind of the error,
//! whether it may be tried again, how often the site was asked, and that no secret is told.

#![allow(clippy::expect_used, reason = "a fault that does no harm has failed the test")]

mod support;

use std::fmt::Debug;

use futures_util::StreamExt;
use polyhost_adapter_testing::faults::{
    self, a_status_of_any_server_means_the_same, an_early_answer_to_an_upload_counts,
    errors_of_other_servers_give_no_verdict, senseless, unanswered, unreadable,
};
use polyhost_adapter_testing::values::{file, folder, said, upload};
use polyhost_adapter_testing::{SimulatedSite, fault_tests};
use polyhost_domain::{ByteRange, Error, ErrorKind, FileRef, FolderId, Result, TransportFault, Upload};
use polyhost_sandbox::yetishare::{Options, Redirects};
use polyhost_sandbox::{Fault, Garbage};
use support::{Simulated, refused};

fn judged(outcome: Result<impl Debug>) -> (ErrorKind, bool, Error) {
    faults::judged::<Simulated>(outcome)
}

fault_tests!(Simulated);

/// Whoever needed the login has had nothing done, whatever became of it; and it is not sent again by itself.
#[tokio::test]
async fn a_login_without_an_answer_leaves_the_request_unsent() {
    for (fault, _, transport) in unanswered() {
        let (site, provider) = Simulated::broken("authorize", &fault).await;
        let (kind, retryable, error) = judged(provider.delete_file(&file(&provider, "7")).await);
        let expected = match transport {
            TransportFault::ResponseTimeout => ErrorKind::Timeout,
            _ => ErrorKind::InvalidResponse,
        };
        assert_eq!((kind, retryable), (expected, true), "{fault:?}");
        assert_eq!(error.operation(), Some("authorize"));
        assert_eq!((site.count("authorize"), site.journal().count()), (1, 1), "{fault:?}");
    }
    let answers = senseless::<Simulated>().into_iter().chain([
        said(200, r#"{"data": {"account_id": "7"}, "_status": "success"}"#),
        said(200, r#"{"data": {"access_token": "plantedToken"}, "_status": "success"}"#),
        said(200, r#"{"data": ["plantedToken", "7"], "_status": "success"}"#),
        Fault::http(404),
        Fault::http(500),
        refused(200, "Failed issuing access token."),
    ]);
    for fault in answers {
        let (site, provider) = Simulated::broken("authorize", &fault).await;
        let (kind, _, error) = judged(provider.account().await);
        assert!(matches!(kind, ErrorKind::InvalidResponse | ErrorKind::SiteFailed), "{fault:?}: {error:?}");
        assert!(error.is_retryable(), "{fault:?}");
        assert_eq!(site.journal().count(), 1, "{fault:?}");
    }
}

#[tokio::test]
async fn a_login_forbidden_by_http_is_about_the_credentials() {
    for fault in [refused(403, "No."), refused(401, "No.")] {
        let (_site, provider) = Simulated::broken("authorize", &fault).await;
        let (kind, retryable, _) = judged(provider.account().await);
        assert_eq!((kind, retryable), (ErrorKind::CredentialsRejected, false), "{fault:?}");
    }
}

#[tokio::test]
async fn a_firewall_s_page_at_the_login_is_not_about_the_credentials() {
    let texts = ["Forbidden", "", "{}", "[]", r#"{"error": "Forbidden"}"#, r#"{"success": false, "message": "No."}"#];
    let foreign = texts.into_iter().flat_map(|text| [said(403, text), said(401, text)]);
    for fault in foreign.chain([Fault::http(401), Fault::http(403)]) {
        let (site, provider) = Simulated::broken("authorize", &fault).await;
        let (kind, retryable, error) = judged(provider.account().await);
        assert_eq!((kind, retryable), (ErrorKind::InvalidResponse, true), "{fault:?}");
        assert!(error.answer().unwrap().http_status.is_some(), "{fault:?}");
        site.faults().clear();
        provider.account().await.expect("nobody remembers it against the credentials");
    }
}

/// A call is refused in the words of an unknown token, and the site does not say whether it knows the token.
#[tokio::test]
async fn token_in_doubt_is_replaced_once_and_then_denied() {
    let answers = unreadable::<Simulated>().into_iter().chain([
        said(200, "{}"),
        said(403, "{}"),
        Fault::http(403),
        Fault::http(404),
        Fault::http(500),
        refused(200, "Something else."),
        refused(503, "Something else."),
    ]);
    for fault in answers {
        let (site, provider) = Simulated::broken("account/info", &fault).await;
        site.breaks("file/delete", refused(200, "Could not validate access_token and account_id."));
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
        let (site, provider) = Simulated::broken("account/info", &fault).await;
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
        let (site, provider) = Simulated::broken("account/info", &fault).await;
        site.breaks("file/delete", refused(401, "Something else."));
        let (kind, retryable, _) = judged(provider.delete_file(&file(&provider, "7")).await);
        assert_eq!((kind, retryable, site.count("authorize")), (ErrorKind::RateLimited, true, 1), "{fault:?}");
    }
}

#[tokio::test]
async fn broken_check_of_a_folder_falls_back_to_its_listing() {
    for fault in [Fault::http(500), Fault::http(403), refused(200, "The hamsters are on strike.")] {
        let (site, provider) = Simulated::broken("folder/info", &fault).await;
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
async fn a_page_of_a_server_before_the_site_tells_of_no_file() {
    errors_of_other_servers_give_no_verdict::<Simulated>([400, 401, 403, 404, 405, 451].map(Fault::http)).await;
}

#[tokio::test]
async fn a_status_of_any_server_means_the_same_with_and_without_an_envelope() {
    a_status_of_any_server_means_the_same::<Simulated>().await;
}

#[tokio::test]
async fn an_upload_refused_early_is_told_as_what_it_is() {
    an_early_answer_to_an_upload_counts::<Simulated>().await;
}

#[tokio::test]
async fn a_download_that_breaks_or_leads_astray_is_never_a_whole_one() {
    let site = Simulated::start(Options::default()).await;
    let id = site.sandbox.add_file("0", "a.mp4", b"0123456789");
    let provider = site.hasty_provider();
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
