//! Tests of JSON that does not come from the API, but from a proxy, a firewall or a framework in front of the site.

mod support;

use polyhost_adapter_testing::SimulatedSite;
use polyhost_adapter_testing::faults::{errors_of_other_servers_prove_nothing, foreign_json_confirms_no_write};
use polyhost_adapter_testing::values::http_answer;
use polyhost_sandbox::Fault;
use support::Simulated;

/// Answers of such servers. None has the API's own fields.
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

#[tokio::test]
async fn foreign_json_proves_nothing() {
    // Errors of WordPress have data, too.
    let with_data = r#"{"code": "rest_forbidden", "message": "No.", "data": {"status": 403}}"#;
    let jsend = r#"{"status": "error", "message": "Forbidden"}"#;
    let bodies = BODIES.into_iter().chain([with_data, jsend]);
    let answers = bodies.flat_map(|body| [401, 403, 404, 451].map(|http| http_answer(http, body)));
    errors_of_other_servers_prove_nothing::<Simulated>(answers).await;
}

#[tokio::test]
async fn write_answered_with_foreign_json_has_an_unknown_outcome() {
    foreign_json_confirms_no_write::<Simulated>(&BODIES).await;
}

#[tokio::test]
async fn redirect_within_the_origin_names_the_origin() {
    let site = Simulated::plain().await;
    let headers = vec![("Location".to_owned(), "/login".to_owned())];
    site.breaks("account/info", Fault::Status { http: 302, body_status: None, headers, body: None });
    let error = site.provider().account().await.unwrap_err();
    let detail = error.detail().unwrap();
    assert!(detail.starts_with("The API redirects this request to another path at http://"), "{detail}");
}
