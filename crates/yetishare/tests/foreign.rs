//! JSON that is not the API's: of a proxy, a firewall or a framework before the site.

#![allow(clippy::unwrap_used, reason = "an outcome of the other sort has failed the test")]

mod support;

use polyhost_domain::{ErrorKind, FolderId, Result};
use polyhost_sandbox::Fault;
use support::{file, plain_site, said, upload};

/// What such servers write. None of it has the API's own fields.
const BODIES: [&str; 11] = [
    r#"{"error": "proxy"}"#,
    r#"{"type": "about:blank", "title": "Forbidden", "status": 403, "detail": "Invalid token"}"#,
    r#"{"timestamp": 1, "status": 403, "error": "Forbidden", "message": "Access denied", "path": "/"}"#,
    r#"{"status": false, "message": "Forbidden"}"#,
    r#"{"status": "403", "error": "Not Found"}"#,
    r#"{"status": "forbidden", "message": "Your account is disabled."}"#,
    r#"{"message": "no Route matched with those values"}"#,
    r#"{"success": false, "errors": [{"code": 1020}]}"#,
    r#"{"error": "Invalid token"}"#,
    r#"{"error": {"code": 403, "status": "PERMISSION_DENIED"}}"#,
    r#"{"code": 403, "msg": "Forbidden"}"#,
];

fn judged<T: std::fmt::Debug>(outcome: Result<T>) -> (ErrorKind, bool) {
    let error = outcome.unwrap_err();
    (error.kind(), error.is_retryable())
}

#[tokio::test]
async fn foreign_json_gives_no_verdict() {
    // The errors of WordPress have data, too.
    let with_data = r#"{"code": "rest_forbidden", "message": "No.", "data": {"status": 403}}"#;
    let jsend = r#"{"status": "error", "message": "Forbidden"}"#;
    for body in BODIES.into_iter().chain([with_data, jsend]) {
        for http in [401, 403, 404, 451] {
            let site = plain_site().await;
            let provider = site.provider();
            provider.account().await.unwrap();
            site.breaks("*", said(http, body));
            let unknown = file(&provider, "7");
            let found = provider.files(std::slice::from_ref(&unknown)).await;
            assert_eq!(judged(found), (ErrorKind::InvalidResponse, true), "{http} {body}");
            let deleted = provider.delete_file(&unknown).await;
            assert_eq!(judged(deleted), (ErrorKind::SiteFailed, false), "{http} {body}");
            site.sandbox.faults().clear();
            provider.list(&FolderId::Root, None).await.unwrap();
            assert_eq!(site.count("authorize"), 1, "{http} {body}");
        }
    }
}

#[tokio::test]
async fn write_answered_with_foreign_json_has_an_unknown_outcome() {
    for body in BODIES {
        let site = plain_site().await;
        let provider = site.provider();
        provider.account().await.unwrap();
        for operation in ["file/info", "file/delete", "file/upload"] {
            site.breaks(operation, said(200, body));
        }
        let unknown = file(&provider, "7");
        let found = provider.files(std::slice::from_ref(&unknown)).await;
        assert_eq!(judged(found), (ErrorKind::InvalidResponse, true), "{body}");
        assert_eq!(judged(provider.delete_file(&unknown).await), (ErrorKind::OutcomeUnknown, false), "{body}");
        let stored = provider.upload(upload("a.mp4", &["abc"])).await;
        assert_eq!(judged(stored), (ErrorKind::OutcomeUnknown, false), "{body}");
    }
}

#[tokio::test]
async fn redirect_at_the_same_origin_is_no_move_to_another() {
    let site = plain_site().await;
    let headers = vec![("Location".to_owned(), "/login".to_owned())];
    site.breaks("account/info", Fault::Status { http: 302, body_status: None, headers, body: None });
    let error = site.provider().account().await.unwrap_err();
    let detail = error.detail().unwrap();
    assert!(detail.starts_with("The API redirects this request to another path at http://"), "{detail}");
}
