//! Tests of the pages that explain the problem codes.

use crate::world::World;

/// Every problem code, each with its HTTP status.
const CODES: [(&str, u16); 40] = [
    ("invalid_request", 400),
    ("invalid_cursor", 400),
    ("unauthenticated", 401),
    ("forbidden", 403),
    ("upstream_forbidden", 403),
    ("route_not_found", 404),
    ("account_not_found", 404),
    ("file_not_found", 404),
    ("folder_not_found", 404),
    ("remote_upload_not_found", 404),
    ("method_not_allowed", 405),
    ("folder_cycle", 409),
    ("folder_not_empty", 409),
    ("idempotency_conflict", 409),
    ("cursor_expired", 410),
    ("precondition_failed", 412),
    ("payload_too_large", 413),
    ("uri_too_long", 414),
    ("unsupported_media_type", 415),
    ("range_not_satisfiable", 416),
    ("capability_unsupported", 422),
    ("checksum_mismatch", 422),
    ("idempotency_key_reused", 422),
    ("upstream_rejected", 422),
    ("rate_limited", 429),
    ("upstream_rate_limited", 429),
    ("header_fields_too_large", 431),
    ("legal_block", 451),
    ("internal", 500),
    ("upstream_credentials_rejected", 502),
    ("upstream_invalid_response", 502),
    ("upstream_error", 502),
    ("upload_corrupted", 502),
    ("upstream_unavailable", 503),
    ("upstream_session_contended", 502),
    ("overloaded", 503),
    ("draining", 503),
    ("upstream_timeout", 504),
    ("outcome_unknown", 504),
    ("insufficient_storage", 507),
];

#[tokio::test]
async fn every_problem_code_has_a_page_with_its_status() {
    let world = World::start().await;
    let keyless = world.gateway.keyless();
    for (code, status) in CODES {
        let page = keyless.get(&format!("/problems/{code}")).await.status(200);
        assert!(page.header("content-type").unwrap().starts_with("text/html"), "{code}");
        let html = page.text();
        assert!(html.contains(code) && html.contains(&status.to_string()), "{code}: {html}");
    }
    keyless.get("/docs/nothing.js").await.problem(404, "route_not_found");
    for unknown in ["nothing", "Internal", "internal%2F", "%3Cscript%3E"] {
        let answer = keyless.get(&format!("/problems/{unknown}")).await;
        answer.problem(404, "route_not_found");
    }
}

#[tokio::test]
async fn problem_type_leads_to_its_page() {
    let world = World::start().await;
    let problem = world.caller.get("/v1/accounts/nobody").await.problem(404, "account_not_found");
    world.caller.get(problem["type"].as_str().unwrap()).await.status(200);
}
