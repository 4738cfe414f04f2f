//! What is open to everybody: the process's health, the API's description, and the pages on problems.

use std::time::Duration;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::http::header::{CONTENT_TYPE, LOCATION};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use polyhost_engine::phase::Phase;
use polyhost_engine::problem::{Code, Problem};

use crate::app::App;
use crate::problem::{Failure, page};

/// The process runs.
pub(crate) async fn livez() -> &'static str {
    "ok\n"
}

/// The process answers, and is not about to end. A site that is down is no reason to take it out of service.
pub(crate) async fn readyz(State(app): State<App>) -> Result<&'static str, Failure> {
    match app.phase() {
        Phase::Ready => Ok("ok\n"),
        Phase::Draining => Err(Problem::new(Code::Draining, "This gateway is about to end.")
            .retryable()
            .retry_after(Duration::from_secs(1))
            .into()),
    }
}

/// The OpenAPI document, serialized once.
pub(crate) async fn openapi_json(document: Bytes) -> impl IntoResponse {
    ([(CONTENT_TYPE, "application/json")], document)
}

/// Redirects to the API's pages. The address is relative, for proxies that take a prefix off the path.
pub(crate) async fn index() -> impl IntoResponse {
    (StatusCode::FOUND, [(LOCATION, "docs/")])
}

/// The page on a problem code.
pub(crate) async fn problem_page(Path(name): Path<String>) -> Result<Response, Failure> {
    let code = Code::find(&name).ok_or_else(|| Problem::new(Code::RouteNotFound, "No problem has this code."))?;
    Ok(page(code))
}

/// The answer where there is no route.
pub(crate) async fn no_route() -> Failure {
    Problem::no_route().into()
}
