//! The routes that need no API key: the health of the process, the OpenAPI document, and the pages on problem codes.

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::{Path, RawQuery, State};
use axum::http::StatusCode;
use axum::http::header::{CONTENT_TYPE, LOCATION};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use polyhost_engine::phase::Phase;
use polyhost_engine::problem::{Code, Problem};
use polyhost_state::StoreStatus;
use serde::Serialize;
use tokio::sync::OnceCell;
use tokio::task::spawn_blocking;

use crate::api;
use crate::app::App;
use crate::problem::{Failure, page};

/// Reports that the process is running.
pub(crate) async fn livez() -> &'static str {
    "ok\n"
}

/// Reports whether the process should get new requests: it should unless it is draining. Neither an unavailable site nor
/// an unavailable store makes the process unready. With the parameter `verbose` the report is JSON.
pub(crate) async fn readyz(State(app): State<App>, RawQuery(query): RawQuery) -> Response {
    let is_verbose = query.is_some_and(|query| query.split('&').any(|part| part == "verbose" || part == "verbose="));
    match app.phase() {
        Phase::Ready if is_verbose => Json(Readiness::of(&app, "ready")).into_response(),
        Phase::Ready => "ok\n".into_response(),
        Phase::Draining if is_verbose => {
            (StatusCode::SERVICE_UNAVAILABLE, Json(Readiness::of(&app, "draining"))).into_response()
        }
        Phase::Draining => {
            let problem = Problem::new(Code::Draining, "The gateway is shutting down.");
            Failure(problem.retryable().retry_after(Duration::from_secs(1))).into_response()
        }
    }
}

/// The parts of the process, for operators.
#[derive(Serialize)]
struct Readiness {
    status: &'static str,
    /// The connection to the state that replicas share.
    state: &'static str,
    /// The number of replicas that were seen last; `null` if the state is in memory.
    replicas: Option<u32>,
    /// The database of jobs.
    jobs: &'static str,
}

impl Readiness {
    fn of(app: &App, status: &'static str) -> Self {
        let replicas = app.replicas();
        let (state, replicas) = match replicas.store() {
            StoreStatus::Memory => ("memory", None),
            StoreStatus::Connected => ("connected", Some(replicas.count())),
            StoreStatus::Away => ("away", Some(replicas.count())),
        };
        Self { status, state, replicas, jobs: "off" }
    }
}

/// The serialized OpenAPI document. It is made for the first request: a gateway that runs for years may never need it,
/// and making it takes several megabytes of memory.
pub(crate) type Document = OnceCell<Bytes>;

/// Returns the OpenAPI document.
pub(crate) async fn openapi_json(document: Arc<Document>) -> Result<impl IntoResponse, Failure> {
    let make = async || match spawn_blocking(|| api::document().to_json()).await {
        Ok(Ok(json)) => Ok(Bytes::from(json)),
        _ => Err(Problem::internal()),
    };
    let json = document.get_or_try_init(make).await?;
    Ok(([(CONTENT_TYPE, "application/json")], json.clone()))
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
