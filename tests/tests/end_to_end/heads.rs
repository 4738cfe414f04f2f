//! Tests of the heads of requests and answers: request ids, traces, and heads that are too long or malformed.

use polyhost_end_to_end::wire;
use serde_json::{Value, json};

use crate::world::{KEY, World};

#[tokio::test]
async fn valid_request_id_is_kept_and_an_invalid_one_replaced() {
    let world = World::start().await;
    let with = async |id: &str| {
        let request = world.caller.request("GET", "/v1/me").header("x-request-id", id);
        let answer = world.caller.send(request).await.status(200);
        answer.header("x-request-id").unwrap().to_owned()
    };
    for good in ["a", "abc-123_~!", &"x".repeat(128)] {
        assert_eq!(with(good).await, good);
    }
    for bad in ["", "a b", &"x".repeat(129), "é"] {
        let id = with(bad).await;
        assert!(id != bad && (1..=128).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_graphic()), "{id}");
    }
    let (one, other) = (world.caller.get("/v1/me").await, world.caller.get("/v1/me").await);
    assert_ne!(one.header("x-request-id"), other.header("x-request-id"));
}

#[tokio::test]
async fn every_answer_has_a_request_id() {
    let world = World::start().await;
    for path in
        ["/livez", "/readyz", "/openapi.json", "/", "/docs", "/docs/", "/problems/internal", "/nothing", "/v1/me"]
    {
        for caller in [&world.caller, &world.gateway.keyless()] {
            let answer = caller.send(caller.request("GET", path).header("x-request-id", "mine")).await;
            assert_eq!(answer.header("x-request-id"), Some("mine"), "{path}: {}", answer.status);
        }
    }
}

#[tokio::test]
async fn request_id_and_trace_of_the_caller_are_logged() {
    let mut world = World::start().await;
    let trace = "4bf92f3577b34da6a3ce929d0e0e4736";
    let request = world.caller.request("GET", "/v1/me").header("x-request-id", "find-me");
    world.caller.send(request.header("traceparent", format!("00-{trace}-00f067aa0ba902b7-01"))).await.status(200);
    let found = |log: &str| log.lines().any(|line| line.contains("find-me") && line.contains(trace)).then_some(());
    world.gateway.program().logged(found).await;
}

#[tokio::test]
async fn request_line_or_header_over_64_kib_is_refused() {
    let world = World::start().await;
    let address = world.gateway.address();
    let long = "x".repeat(65 * 1024);
    let line = wire::request(address, "GET", &format!("/v1/me?a={long}"), KEY).await.expect("an answer");
    // Here the HTTP library itself refuses the request, and does not report the requested path.
    let problem: Value = serde_json::from_slice(&line.body).unwrap();
    assert_eq!((line.status, &problem["code"], &problem["instance"]), (414, &json!("uri_too_long"), &json!("")));
    assert_eq!(line.header("x-request-id"), problem["request_id"].as_str());
    let head = format!("GET /v1/me HTTP/1.1\r\nHost: {address}\r\nX-Long: {long}\r\nConnection: close\r\n\r\n");
    let field = wire::send(address, head.as_bytes()).await.expect("an answer");
    field.problem(431, "header_fields_too_large");
    world.caller.get("/v1/me").await.status(200);
}

#[tokio::test]
async fn malformed_request_is_400_or_a_closed_connection() {
    let world = World::start().await;
    let address = world.gateway.address();
    let malformed: [&[u8]; 6] = [
        b"nonsense\r\n\r\n",
        b"GET /v1/me\r\n\r\n",
        b"GET /v1/me HTTP/9.9\r\n\r\n",
        b"GET /v1/me HTTP/1.1\r\nbad header\r\n\r\n",
        b"GET /v1/me HTTP/1.1\r\nContent-Length: x\r\n\r\n",
        b"POST /v1/me HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello!",
    ];
    for request in malformed {
        let answer = wire::send(address, request).await;
        assert!(answer.is_none_or(|answer| answer.status == 400), "{}", String::from_utf8_lossy(request));
    }
    world.caller.get("/v1/me").await.status(200);
    world.assert_nothing_sent();
}
