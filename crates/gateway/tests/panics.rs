//! Tests that a panic in a handler fails only one request, and that the response reveals only the request's id.

#![allow(clippy::panic, clippy::unwrap_used, reason = "a test ends at the first surprise")]

use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::{Method, Request};
use axum::response::Response;
use axum::routing::{get, post};
use http_body_util::BodyExt as _;
use polyhost_config::{Callers, Client, Config, KeyHash, Known};
use polyhost_gateway::app::App;
use polyhost_gateway::operation::{Operation, Rules};
use polyhost_gateway::routing::{Route, Routes};
use polyhost_gateway::service::Service;
use polyhost_state::{Quota, State};
use tower::ServiceExt as _;

/// Returns a client with a rate limit.
fn counted() -> Client {
    let Callers::Keyless(local) = Callers::keyless() else { panic!("callers without keys are one client") };
    let rate_limit = Some(Quota { requests: NonZeroU32::new(10).unwrap(), per: Duration::from_secs(60) });
    Client { keys: vec![KeyHash::of("key")], rate_limit, ..(*local).clone() }
}

async fn broken() -> Response {
    panic!("the planted words of a panic")
}

#[tokio::test]
async fn panic_in_handler_is_an_internal_problem() {
    let app =
        App::new(&Config::parse("", &Known::default()).unwrap(), Callers::keyed(vec![counted()]), State::in_memory())
            .unwrap();
    // A write runs in its own task. A panic of that task must fail the request in the same way.
    let router = Router::new().route("/reads", get(broken)).route("/writes", post(broken));
    let write = Operation::new("write".to_owned(), false, Rules::WRITE);
    let mut routes = Routes::default();
    routes.add(Route { pattern: "/writes".to_owned(), operations: vec![(Method::POST, Arc::new(write))] });
    let service = Service::api(app, router, routes);
    // A write weighs 2.
    for (method, path, left) in [("GET", "/reads", 9), ("POST", "/writes", 7)] {
        let request = Request::builder().method(method).uri(path).header("host", "localhost");
        let request = request.header("x-request-id", "mine").header("x-api-key", "key");
        let answer = service.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
        assert_eq!(answer.status(), 500, "{path}");
        assert_eq!(answer.headers()["x-request-id"], "mine");
        assert_eq!(answer.headers()["x-content-type-options"], "nosniff");
        let rate_limit = answer.headers()["ratelimit"].to_str().unwrap();
        assert!(rate_limit.starts_with(&format!("\"client\";r={left};")), "{rate_limit}");
        let body = answer.into_body().collect().await.unwrap().to_bytes();
        let body = std::str::from_utf8(&body).unwrap();
        assert!(body.contains("\"code\":\"internal\"") && body.contains("\"request_id\":\"mine\""), "{body}");
        assert!(!body.contains("planted") && !body.contains("panic"), "{body}");
    }
}
