//! The routes that need no API key: the health of the process, the OpenAPI document, and the pages on problem codes.

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

/// Reports that the process is running.
pub(crate) async fn livez() -> &'static str {
    "ok\n"
}

/// Reports whether the process should get new requests: it should unless it is draining. An unavailable site does not
/// make the process unready.
pub(crate) async fn readyz(State(app): State<App>) -> Result<&'static str, Failure> {
    match app.phase() {
        Phase::Ready => Ok("ok\n"),
        Phase::Draining => Err(Problem::new(Code::Draining, "The gateway is shutting down.")
            .retryable()
            .retry_after(Duration::from_secs(1))
            .into()),
    }
}

/// Returns the OpenAPI document, which was serialized once at the start.
pub(crate) async fn openapi_json(document: Bytes) -> impl IntoResponse {
    ([(CONTENT_TYPE, "application/json")], document)
}

/// Redirects to Swagger UI. The address is relative, for proxies that strip a path prefix.
pub(crate) async fn index() -> impl IntoResponse {
    (StatusCode::FOUND, [(LOCATION, "docs/")])
}

/// Returns the page that explains a problem code.
pub(crate) async fn problem_page(Path(name): Path<String>) -> Result<Response, Failure> {
    let code = Code::find(&name).ok_or_else(|| Problem::new(Code::RouteNotFound, "No problem has this code."))?;
    Ok(page(code))
}

/// Returns the problem for a path without a route.
pub(crate) async fn no_route() -> Failure {
    Problem::no_route().into()
}
