//! Tests of errors that the site reports: the resulting problem, whether it is retryable, and that the request was sent
//! once.

use polyhost_end_to_end::Answer;
use polyhost_sandbox::{Fault, Garbage};
use serde_json::{Value, json};

use crate::world::{World, at};

/// An answer of the site with a status in its body.
fn body_status(http: u16, status: u16, headers: &[(&str, &str)]) -> Fault {
    let headers = headers.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect();
    Fault::Status { http, body_status: Some(status), headers, body: None }
}

/// An answer of the site with this body.
fn with_body(http: u16, body: &str) -> Fault {
    Fault::Status { http, body_status: None, headers: Vec::new(), body: Some(body.to_owned()) }
}

/// Sends a read with a fault in `file/info`.
async fn read(world: &World, fault: Fault) -> Answer {
    world.site.faults().clear();
    world.inject("file/info", fault);
    let answer = world.caller.get(&at("files/abc")).await;
    assert_eq!(world.operations(), ["file/info"], "called once");
    answer
}

/// Sends a write with a fault in `file/rename`.
async fn write(world: &World, fault: Fault) -> Answer {
    world.site.faults().clear();
    world.inject("file/rename", fault);
    let answer = world.caller.patch(&at("files/abc"), &json!({"name": "b.mp4"})).await;
    assert_eq!(world.operations(), ["file/rename"], "called once");
    answer
}

#[tokio::test]
async fn each_status_of_the_site_has_its_problem() {
    let world = World::start().await;
    // The site's status, the expected status and code, and whether a read and a write are retryable.
    let cases = [
        (400, 422, "upstream_rejected", false, false),
        (404, 404, "file_not_found", false, false),
        (429, 429, "upstream_rate_limited", true, true),
        (451, 451, "legal_block", false, false),
        (500, 502, "upstream_error", true, false),
        (502, 502, "upstream_error", true, false),
        (503, 502, "upstream_error", true, false),
        (509, 429, "upstream_rate_limited", true, true),
    ];
    for (status, expected, code, read_again, write_again) in cases {
        for http in [200, status] {
            for (answer, again, operation) in [
                (read(&world, body_status(http, status, &[])).await, read_again, "file/info"),
                (write(&world, body_status(http, status, &[])).await, write_again, "file/rename"),
            ] {
                let problem = answer.problem(expected, code);
                assert_eq!(problem["retryable"], again, "{status} to {operation}: {problem}");
                assert_eq!(problem["upstream"]["operation"], operation);
                assert_eq!(problem["upstream"]["http_status"], http);
                assert_eq!(problem["upstream"]["status"], status.to_string());
                let expected = format!("polyhost; next-hop=pstream; received-status={http}");
                assert_eq!(answer.header("proxy-status"), Some(&*expected));
            }
        }
    }
}

#[tokio::test]
async fn retry_after_of_the_site_is_passed_on() {
    for (status, http) in [(429, 429), (429, 200), (509, 200)] {
        let world = World::start().await;
        // Without a wait of the site, the gateway chooses one.
        let unspecified = read(&world, body_status(http, status, &[])).await;
        assert!(unspecified.header("retry-after").is_some(), "{status} {http}");
        let answer = read(&world, body_status(http, status, &[("Retry-After", "17")])).await;
        assert_eq!(answer.problem(429, "upstream_rate_limited")["retry_after"], 17);
        assert_eq!(answer.header("retry-after"), Some("17"));
    }
}

#[tokio::test]
async fn message_of_the_site_is_truncated_and_sanitized() {
    let world = World::start().await;
    let words = format!("Bad\u{0}\r\n\t\u{1b}[31m name {}", "é".repeat(400));
    let body = json!({"status": 400, "msg": words, "result": false}).to_string();
    let problem = write(&world, with_body(200, &body)).await.problem(422, "upstream_rejected");
    let message = problem["upstream"]["message"].as_str().unwrap();
    assert!(message.starts_with("Bad") && message.contains("name ééé"), "{message}");
    assert!(message.chars().count() <= 300 && !message.chars().any(char::is_control), "{message}");
}

#[tokio::test]
async fn false_result_with_a_good_status_is_a_rejection() {
    let world = World::start().await;
    let answer = write(&world, with_body(200, r#"{"status":200,"msg":"OK","result":false}"#)).await;
    let problem = answer.problem(422, "upstream_rejected");
    assert_eq!((&problem["retryable"], &problem["upstream"]["http_status"]), (&json!(false), &json!(200)));
    read(&world, with_body(200, r#"{"status":200,"msg":"OK","result":false}"#)).await.problem(422, "upstream_rejected");
}

#[tokio::test]
async fn status_as_text_is_accepted() {
    let world = World::start().await;
    read(&world, with_body(200, r#"{"status":"404","msg":"Video not found","result":null}"#))
        .await
        .problem(404, "file_not_found");
    let good = r#"{"status":"200","msg":"OK","result":{"abc":{"id":"abc","status":"200","name":"a","size":"5","sha1":false,"content_type":false}}}"#;
    let file = read(&world, with_body(200, good)).await.json(200);
    assert_eq!((&file["size"], &file["sha1"], &file["content_type"]), (&json!(5), &Value::Null, &Value::Null));
}

#[tokio::test]
async fn error_page_counts_by_status_but_never_as_missing_file() {
    let world = World::start().await;
    let problem = read(&world, Fault::http(500)).await.problem(502, "upstream_error");
    assert_eq!((&problem["upstream"]["http_status"], &problem["upstream"]["status"]), (&json!(500), &Value::Null));
    read(&world, Fault::http(404)).await.problem(502, "upstream_invalid_response");
    read(&world, Fault::http(429)).await.problem(429, "upstream_rate_limited");
    read(&world, Fault::http(451)).await.problem(502, "upstream_invalid_response");
    let failed = write(&world, Fault::http(503)).await.problem(502, "upstream_error");
    assert_eq!(failed["retryable"], false);
}

#[tokio::test]
async fn garbled_answer_is_invalid_to_reads_and_unknown_to_writes() {
    let world = World::start().await;
    let garbage =
        [Garbage::Text, Garbage::Html, Garbage::TruncatedJson, Garbage::DeepJson { depth: 100_000 }, Garbage::Empty];
    for garbage in garbage {
        let answer = read(&world, Fault::Garbage(garbage.clone())).await;
        let problem = answer.problem(502, "upstream_invalid_response");
        assert_eq!(
            (&problem["retryable"], &problem["upstream"]["http_status"]),
            (&json!(true), &json!(200)),
            "{garbage:?}"
        );
        let problem = write(&world, Fault::Garbage(garbage.clone())).await.problem(504, "outcome_unknown");
        assert_eq!(problem["retryable"], false, "{garbage:?}");
    }
    for redirect in [301, 302, 307] {
        let status = read(&world, with_body(redirect, "moved")).await;
        assert!(status.status >= 500, "{redirect}: {}", status.status);
    }
}

#[tokio::test]
async fn moved_api_is_reported_with_its_new_origin() {
    let world = World::start().await;
    let moved = |http, to: &str| {
        let headers = vec![("Location".to_owned(), to.to_owned())];
        Fault::Status { http, body_status: None, headers, body: Some(String::new()) }
    };
    for http in [301, 302, 307, 308] {
        let fault = moved(http, "https://www.new.example/v1/file/info?login=login-of-main");
        let problem = read(&world, fault).await.problem(502, "upstream_invalid_response");
        let detail = json!("The API has moved to https://www.new.example; check base_url.");
        assert_eq!((&problem["retryable"], &problem["detail"]), (&json!(false), &detail), "{http}");
        let problem = write(&world, moved(http, "https://www.new.example/v1/file/rename")).await;
        assert_eq!(problem.problem(502, "upstream_invalid_response")["retryable"], false, "{http}");
    }
    write(&world, moved(302, "/done.html")).await.problem(504, "outcome_unknown");
    write(&world, moved(307, "/other")).await.problem(502, "upstream_invalid_response");
}

#[tokio::test]
async fn firewall_page_gives_no_verdict_on_credentials() {
    let world = World::start().await;
    for http in [401, 403] {
        let page = with_body(http, "<html>Forbidden</html>");
        assert_eq!(read(&world, page.clone()).await.problem(502, "upstream_invalid_response")["retryable"], true);
        write(&world, page).await.problem(502, "upstream_error");
        world.site.faults().clear();
        world.caller.get("/v1/accounts/main").await.status(200);
        world.arrived();
    }
}

#[tokio::test]
async fn answer_over_the_size_limit_is_not_read() {
    let world = World::configured(|configuration| configuration.upstream("max_response = \"1 MiB\"")).await;
    world.inject("file/info", Fault::Garbage(Garbage::Huge { bytes: 4 << 20 }));
    let answer = world.caller.get(&at("files/abc")).await;
    answer.problem(502, "upstream_invalid_response");
    let error = answer.header("proxy-status").unwrap();
    assert!(error.contains("error=http_response_body_size") && error.contains("received-status=200"), "{error}");
    world.inject("file/delete", Fault::Garbage(Garbage::Huge { bytes: 4 << 20 }));
    world.caller.delete(&at("files/abc")).await.problem(504, "outcome_unknown");
}

#[tokio::test]
async fn reply_without_its_essential_field_is_no_success() {
    let world = World::start().await;
    let empty = with_body(200, r#"{"status":200,"msg":"OK","result":{}}"#);
    for operation in ["file/createfolder", "remotedl/add", "upload", "file/getsplash", "file/ul"] {
        world.inject(operation, empty.clone());
    }
    world.caller.post(&at("folders"), &json!({"name": "a"})).await.problem(504, "outcome_unknown");
    let remote = json!({"url": "https://example.org/a.mp4"});
    world.caller.post(&at("remote-uploads"), &remote).await.problem(504, "outcome_unknown");
    world.caller.get(&at("files/abc/thumbnail")).await.problem(502, "upstream_invalid_response");
    world.caller.post(&at("upload-tickets"), &json!({})).await.problem(502, "upstream_invalid_response");
    let path = at("files?name=a.mp4");
    world.caller.typed("POST", &path, "video/mp4", "hello").await.problem(502, "upstream_invalid_response");
}

#[tokio::test]
async fn lookup_that_fails_as_a_whole_is_a_problem() {
    let world = World::start().await;
    world.inject("file/info", Fault::http(500));
    let answer = world.caller.post(&at("files/lookup"), &json!({"ids": ["a", "b"]})).await;
    answer.problem(502, "upstream_error");
}

#[tokio::test]
async fn errors_mirrored_in_the_http_status_are_the_same() {
    let world = World::at_site(|options| options.http_mirrors_status = true).await;
    let missing = world.caller.get(&at("files/abc/thumbnail")).await.problem(404, "file_not_found");
    assert_eq!((&missing["upstream"]["http_status"], &missing["upstream"]["status"]), (&json!(404), &json!("404")));
    world.caller.get(&at("folders/99999/items")).await.problem(404, "folder_not_found");
    world.site.forbid("file/delete");
    world.caller.delete(&at("files/abc")).await.problem(403, "upstream_forbidden");
}
