//! The pipeline: the steps before and after the handler of every request, in order.

use std::convert::Infallible;
use std::net::IpAddr;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::Router;
use axum::extract::Request;
use axum::http::HeaderValue;
use axum::http::header::{CACHE_CONTROL, CONNECTION};
use axum::response::{IntoResponse as _, Response};
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use jiff::Timestamp;
use polyhost_config::{Client, KeyHash};
use polyhost_engine::problem::{Code, Problem};
use polyhost_engine::progress;
use polyhost_engine::roster::Roster;
use polyhost_listener::Place;
use polyhost_state::Patience;
use polyhost_upstream::Scope;
use tower::{Layer as _, Service, ServiceExt as _, layer::layer_fn, service_fn};
use tower_http::cors::CorsLayer;
use tracing::Instrument as _;

use crate::app::App;
use crate::auth::{identify, presented_key};
use crate::context::{RequestContext, Shared as Parts};
use crate::execution::{execute_in_time, time_limit};
use crate::from_cache::CachedRead;
use crate::handler::{Handler, panicked};
use crate::limits::RateLimitStatus;
use crate::operation::Operations;
use crate::permission::Permission;
use crate::problem::Failure;
use crate::record::Record;
use crate::{browsers, forwarded, heads, origin};

/// Wraps each route in the pipeline.
pub fn around(routes: Router<App>, app: &App, operations: Operations) -> Router<App> {
    let cors = browsers::cors(&app.server().cors_origins);
    let shared = Arc::new(Shared { app: app.clone(), operations, cors });
    routes.layer(layer_fn(move |route| Pipeline { shared: Arc::clone(&shared), handler: Handler::new(route) }))
}

/// The pipeline around one route.
#[derive(Clone)]
struct Pipeline {
    shared: Arc<Shared>,
    handler: Handler,
}

struct Shared {
    app: App,
    operations: Operations,
    cors: Option<CorsLayer>,
}

impl Service<Request> for Pipeline {
    type Response = Response;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<Response, Infallible>>;

    /// A route is always ready.
    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request) -> Self::Future {
        let Self { shared, handler } = self.clone();
        Box::pin(async move { Ok(handle(&shared, handler, request).await) })
    }
}

/// Handles a request, from the checks of its head to its log line.
async fn handle(shared: &Shared, handler: Handler, request: Request) -> Response {
    let record = Record::begin(&request, &shared.operations, shared.app.server());
    // A panic in the pipeline fails only this request, as a panic in the handler does.
    let handling =
        AssertUnwindSafe(Patience::of_request().scope(check(shared, &record, handler, request))).catch_unwind();
    let response = handling.await.unwrap_or_else(|panic| record.span().in_scope(|| panicked(&*panic)));
    record.end(response)
}

/// Runs the checks that do not need the client: the head, the origin and CORS.
async fn check(shared: &Shared, record: &Record, handler: Handler, request: Request) -> Response {
    // The head: its size, its framing, its host.
    if let Some(refusal) = heads::refusal(&request) {
        return refusal;
    }
    // The origin: without API keys, web pages of other sites may not call the API.
    if let Some(problem) = origin::refusal(&shared.app, &request) {
        return Failure(problem).into_response();
    }
    // CORS: the configured web pages may call. Responses that reject the request get the CORS fields too.
    match &shared.cors {
        None => answer(shared, record, handler, request).await,
        Some(cors) => {
            let answer = |request| answer(shared, record, handler.clone(), request);
            let service = service_fn(|request| async { Ok::<_, Infallible>(answer(request).await) });
            cors.layer(service).oneshot(request).await.unwrap_or_else(|never| match never {})
        }
    }
}

/// Authenticates, counts, limits and runs a request.
async fn answer(shared: &Shared, record: &Record, handler: Handler, request: Request) -> Response {
    let app = &shared.app;
    // Authenticate. A connection without a valid key takes one of the places for unauthenticated connections.
    let roster = app.rosters().current();
    let key = presented_key(request.headers());
    let identified = identify(roster.callers(), key, Timestamp::now());
    if let Some(place) = request.extensions().get::<Arc<Place>>() {
        match identified {
            Ok(_) => place.show_key(),
            Err(_) if !place.admits_unauthenticated() => return too_many_unauthenticated(),
            Err(_) => {}
        }
    }
    if is_open(request.uri().path()) {
        return handler.run(request).instrument(record.span()).await;
    }
    let address = forwarded::address(&request, &app.server().trusted_proxies);
    let client = match identified {
        Ok(client) => client,
        Err(fault) => {
            return Failure(app.limits().reject_unauthenticated(fault, address).await).into_response();
        }
    };
    record.identified(&client);
    // Count the request towards the client's rate limit.
    let (rate_limit, counted) = app.limits().count(&client, record.rules.weight).await;
    let caller = Caller { client, key, address, roster, rate_limit: rate_limit.clone() };
    let mut response = match counted {
        Err(problem) => Failure(problem).into_response(),
        Ok(()) => run(app, record, caller, handler, request).await,
    };
    // Describe the rate limit. `no-store` is the default, so that no cache shows one client's response to another.
    rate_limit.iter().for_each(|rate_limit| rate_limit.describe(response.headers_mut()));
    response.headers_mut().entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}

/// The caller of a request that may run.
struct Caller {
    client: Arc<Client>,
    key: Option<KeyHash>,
    address: Option<IpAddr>,
    roster: Arc<Roster>,
    rate_limit: Option<RateLimitStatus>,
}

/// Answers a request from the cache, or runs it within its time limit. Its bodies flow only while the client keeps its
/// permission.
async fn run(app: &App, record: &Record, caller: Caller, handler: Handler, mut request: Request) -> Response {
    let Caller { client, key, address, roster, rate_limit } = caller;
    let (operation, rules, trace) = (record.operation.as_ref(), record.rules, record.exported.position());
    let granted_to = Arc::clone(&client);
    let permission = Permission { app, client: &granted_to, key, path: &record.occurrence.path, rules };
    let cached = operation.and_then(|operation| {
        CachedRead { app, request: &request, client: &client, roster: &roster, operation, trace }.answer()
    });
    if let Some(response) = cached {
        return permission.guard_response(response);
    }
    let skip_from = time_limit(app, rules).map(progress::skip_optional_from);
    let context = RequestContext::new(Parts {
        occurrence: record.occurrence.clone(),
        address,
        scope: Scope::of_request(client.name.as_str().into(), skip_from, trace.clone()),
        operation: operation.cloned(),
        rules,
        client,
        roster,
        rate_limit,
    });
    record.running(&context.scope);
    request.extensions_mut().insert(context.clone());
    let request = permission.guard_request(request);
    let response = execute_in_time(app, &context, handler, request).instrument(record.span()).await;
    permission.guard_response(response)
}

/// Returns whether a path needs no API key.
fn is_open(path: &str) -> bool {
    matches!(path, "/" | "/livez" | "/readyz" | "/openapi.json" | "/docs")
        || path.starts_with("/docs/")
        || path.starts_with("/problems/")
}

/// Returns the response when there are too many connections without a valid API key.
fn too_many_unauthenticated() -> Response {
    let detail = "The gateway has reached its limit of connections without a valid API key. Retry later.";
    let problem = Problem::new(Code::Overloaded, detail).retryable().retry_after(Duration::from_secs(1));
    let mut response = Failure(problem).into_response();
    response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    response
}
