//! The admin service: metrics and health of the process, on its own address. It needs no API key, answers as long as
//! the process runs, and its own requests are not counted.

use axum::Router;
use axum::extract::{Request, State};
use axum::http::HeaderValue;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use polyhost_engine::problem::{Code, Problem};

use crate::app::App;
use crate::browsers;
use crate::context::RequestId;
use crate::problem::{Failure, render};
use crate::record::REQUEST_ID;
use crate::routes::process::{livez, readyz};
use crate::service::Service;

/// The media type of the Prometheus text format.
const TEXT: &str = "text/plain; version=0.0.4; charset=utf-8";

/// Returns the admin service; `metrics` renders the metrics.
pub fn service(app: App, metrics: impl Fn(&App) -> String + Clone + Send + Sync + 'static) -> Service {
    let metrics = move |State(app): State<App>| async move {
        ([(CONTENT_TYPE, TEXT), (CACHE_CONTROL, "no-store")], metrics(&app))
    };
    let router = Router::new()
        .route("/metrics", get(metrics))
        .route("/livez", get(livez))
        .route("/readyz", get(readyz))
        .fallback(no_route)
        .layer(from_fn(render_problems))
        .with_state(app);
    Service::admin(router)
}

async fn no_route() -> Response {
    Failure(Problem::new(Code::RouteNotFound, "The paths here are /metrics, /livez and /readyz.")).into_response()
}

/// Renders problems as response bodies, and adds the request's id and the fields that protect browsers.
async fn render_problems(request: Request, next: Next) -> Response {
    let id = RequestId::of(request.headers());
    let occurrence = id.at(request.uri().path(), String::new());
    let mut response = render(next.run(request).await, &occurrence);
    if let Ok(value) = HeaderValue::try_from(id.as_str()) {
        response.headers_mut().insert(REQUEST_ID, value);
    }
    browsers::protect("", response.headers_mut());
    response
}
