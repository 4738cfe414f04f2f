//! The admin listener: the process's metrics and health on an address of its own, for whoever watches over it. It needs
//! no key, answers as long as the process runs, and is not counted itself.

use std::time::Duration;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::HeaderValue;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use metrics_exporter_prometheus::PrometheusHandle;
use tokio::net::TcpListener;
use tokio::time::sleep;

use crate::app::App;
use crate::extract::RequestId;
use crate::middleware::REQUEST_ID;
use crate::problem::{Code, Problem, render};
use crate::routes::process::{livez, readyz};
use crate::{browsers, metrics, serving};

/// The Prometheus text format.
const TEXT: &str = "text/plain; version=0.0.4; charset=utf-8";
/// How often what was measured is put into its buckets, so that it does not pile up where nobody asks.
const UPKEEP: Duration = Duration::from_secs(5);

/// Serves until it is dropped.
pub async fn run(listener: TcpListener, app: App, kept: PrometheusHandle) {
    let service = service(app.clone(), kept.clone());
    tokio::join!(serving::answer(listener, service, app.server()), upkeep(kept));
}

fn service(app: App, kept: PrometheusHandle) -> Router {
    let metrics = move |State(app): State<App>| async move {
        metrics::spooled(app.spool().used());
        ([(CONTENT_TYPE, TEXT), (CACHE_CONTROL, "no-store")], kept.render())
    };
    Router::new()
        .route("/metrics", get(metrics))
        .route("/livez", get(livez))
        .route("/readyz", get(readyz))
        .fallback(no_route)
        .layer(from_fn(tell_problems))
        .with_state(app)
}

async fn no_route() -> Response {
    Problem::new(Code::RouteNotFound, "Here are /metrics, /livez and /readyz alone.").into_response()
}

async fn tell_problems(request: Request, next: Next) -> Response {
    let (id, path) = (RequestId::of(request.headers()), request.uri().path().to_owned());
    let mut response = render(next.run(request).await, &path, id.as_str());
    if let Ok(value) = HeaderValue::try_from(id.as_str()) {
        response.headers_mut().insert(REQUEST_ID, value);
    }
    browsers::protect("", response.headers_mut());
    response
}

async fn upkeep(kept: PrometheusHandle) {
    loop {
        sleep(UPKEEP).await;
        kept.run_upkeep();
    }
}
