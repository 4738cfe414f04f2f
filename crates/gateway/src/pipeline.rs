//! The pipeline: the steps before and after the handler of every request, in order.

use std::convert::Infallible;
use std::net::IpAddr;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::Request;
use axum::http::HeaderValue;
use axum::http::header::{CACHE_CONTROL, CONNECTION};
use axum::response::{IntoResponse as _, Response};
use futures_util::FutureExt as _;
use jiff::Timestamp;
use polyhost_config::{Client, KeyHash};
use polyhost_engine::problem::{Code, Problem};
use polyhost_engine::progress;
use polyhost_engine::roster::Roster;
use polyhost_listener::Place;
use polyhost_state::Patience;
use polyhost_upstream::Scope;
use tower::{Layer as _, ServiceExt as _, service_fn};
use tower_http::cors::CorsLayer;
use tracing::Instrument as _;

use crate::app::App;
use crate::auth::{identify, presented_key};
use crate::context::{RequestContext, Shared as Parts};
use crate::execution::{execute_in_time, time_limit};
use crate::from_cache::CachedRead;
use crate::handler::{Handler, panicked};
use crate::limits::RateLimitStatus;
use crate::permission::Permission;
use crate::problem::Failure;
use crate::record::Record;
use crate::routing::Routes;
use crate::{browsers, forwarded, heads, origin};

/// The pipeline around the router.
pub(crate) struct Pipeline {
    app: App,
    router: Router,
    routes: Routes,
    cors: Option<CorsLayer>,
}

impl Pipeline {
    /// Creates the pipeline around a router. `routes` has the patterns of all its paths.
    pub(crate) fn new(app: App, router: Router<App>, routes: Routes) -> Self {
        let cors = browsers::cors(&app.server().cors_origins);
        Self { router: router.with_state(app.clone()), app, routes, cors }
    }

    /// Handles a request, from the checks of its head to its log line.
    pub(crate) async fn handle(&self, request: Request) -> Response {
        let record = Record::begin(&request, &self.routes, self.app.server());
        let checked = Patience::of_request().scope(check(self, &record, request));
        // A panic in the pipeline fails only this request, as a panic in the handler does.
        let handled = AssertUnwindSafe(checked).catch_unwind().await;
        let response = handled.unwrap_or_else(|panic| record.span().in_scope(|| panicked(&*panic)));
        record.end(response)
    }

    fn handler(&self) -> Handler {
        Handler(self.router.clone())
    }
}

/// Runs the checks that do not need the client: the head, the origin and CORS.
async fn check(pipeline: &Pipeline, record: &Record, request: Request) -> Response {
    // The head: its size, its framing, its host.
    if let Some(refusal) = heads::refusal(&request) {
        return refusal;
    }
    // The origin: without API keys, web pages of other sites may not call the API.
    if let Some(problem) = origin::refusal(&pipeline.app, &request) {
        return Failure(problem).into_response();
    }
    // CORS: the configured web pages may call. Responses that reject the request get the CORS fields too.
    match &pipeline.cors {
        None => answer(pipeline, record, request).await,
        Some(cors) => {
            let answer = |request| answer(pipeline, record, request);
            let service = service_fn(|request| async { Ok::<_, Infallible>(answer(request).await) });
            cors.layer(service).oneshot(request).await.unwrap_or_else(|never| match never {})
        }
    }
}

/// Authenticates, counts, limits and runs a request.
async fn answer(pipeline: &Pipeline, record: &Record, request: Request) -> Response {
    let app = &pipeline.app;
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
        return pipeline.handler().run(request).instrument(record.span()).await;
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
        Ok(()) => run(pipeline, record, caller, request).await,
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
async fn run(pipeline: &Pipeline, record: &Record, caller: Caller, mut request: Request) -> Response {
    let app = &pipeline.app;
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
    let response = execute_in_time(app, &context, pipeline.handler(), request).instrument(record.span()).await;
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
