//! What happens to every request before its handler and to every answer after it, in one stack.

use std::any::Any;
use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::{MatchedPath, Request, State};
use axum::http::header::{CACHE_CONTROL, CONNECTION, CONTENT_TYPE, HOST, ORIGIN};
use axum::http::uri::Authority;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri};
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::{IntoResponse as _, Response};
use jiff::Timestamp;
use polyhost_config::Client;
use polyhost_engine::problem::{Code, Problem};
use polyhost_engine::progress::Progress;
use polyhost_listener::{Peer, Place};
use polyhost_upstream::{Waits, on_behalf_of};
use tokio::task::{JoinError, JoinHandle};
use tokio::time::timeout;
use tower::util::option_layer;
use tower_http::catch_panic::CatchPanicLayer;
use tracing::Instrument as _;

use crate::admission::admit;
use crate::app::App;
use crate::auth::identify;
use crate::browsers;
use crate::extract::RequestId;
use crate::heads;
use crate::measure::Answered;
use crate::operation::{Operation, Operations};
use crate::permission::Permission;
use crate::problem::{Failure, render};

/// Carries a request's id, both ways.
pub(crate) const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Puts the stack around the routes. The last layer is the outermost: it sees the request first.
pub fn stack(routes: Router<App>, app: &App, operations: Operations) -> Router<App> {
    routes
        // A panic is a fault of ours, and ends one request alone, which is counted, audited and remembered as any other.
        .layer(CatchPanicLayer::custom(panicked))
        // Who has a place does what it came for: writes are audited, and done once for each key.
        .layer(from_fn_with_state(app.clone(), admit))
        // A handler that takes too long is answered for; one that changes something is always finished.
        .layer(from_fn_with_state(app.clone(), limit_time))
        // Deny by default: what is not open needs a key, and counts towards its client's limit.
        .layer(from_fn_with_state(app.clone(), authenticate))
        // Web pages of elsewhere may call where they are said to.
        .layer(option_layer(browsers::cors(&app.server().cors_origins)))
        // Without keys, web pages of elsewhere are kept out.
        .layer(from_fn_with_state(app.clone(), guard_keyless))
        .layer(from_fn(heads::check))
        // Nor does a panic in this stack end more than its request.
        .layer(CatchPanicLayer::custom(panicked))
        // Every request has an id and one line in the log, and is counted; every problem gets its body.
        .layer(from_fn_with_state(operations, account_for))
}

async fn account_for(State(operations): State<Operations>, mut request: Request, next: Next) -> Response {
    let began = Instant::now();
    let id = RequestId::of(request.headers());
    let path = request.uri().path().to_owned();
    let route = request.extensions().get::<MatchedPath>().map_or("", MatchedPath::as_str).to_owned();
    let method = request.method().clone();
    let trace_id = trace_id(request.headers()).unwrap_or_default().to_owned();
    let span = tracing::info_span!("request", id = id.as_str(), %method, route, trace_id);
    if let Some(operation) = operations.find(&method, &route) {
        request.extensions_mut().insert(Arc::clone(operation));
    }
    request.extensions_mut().insert(id.clone());
    let waits = Arc::<Waits>::default();
    request.extensions_mut().insert(Arc::clone(&waits));

    let mut response = next.run(request).instrument(span.clone()).await;
    if let Some(problem) = untold(&response, &method) {
        response.extensions_mut().insert(problem);
    }
    span.in_scope(|| log_cause(&response));
    let mut response = render(response, &path, id.as_str());
    if let Ok(value) = HeaderValue::try_from(id.as_str()) {
        response.headers_mut().insert(REQUEST_ID, value);
    }
    browsers::protect(&route, response.headers_mut());
    let code = response.extensions().get::<Code>().map_or("", |code| code.as_str());
    let client = response.extensions().get::<Arc<Client>>().map_or("", |client| &client.name);
    let (status, took) = (response.status().as_u16(), began.elapsed());
    Answered { route: &route, method: &method, status, took, waited: waits.total() }.count();
    let milliseconds = took.as_secs_f64() * 1e3;
    span.in_scope(|| tracing::info!(status, milliseconds, client, code, "answered"));
    response
}

/// What the router and Swagger UI's pages say by a status alone.
fn untold(response: &Response, method: &Method) -> Option<Problem> {
    if response.extensions().get::<Problem>().is_some() || response.headers().contains_key(CONTENT_TYPE) {
        return None;
    }
    match response.status() {
        StatusCode::METHOD_NOT_ALLOWED => {
            Some(Problem::new(Code::MethodNotAllowed, format!("The path exists, but not with {method}.")))
        }
        StatusCode::NOT_FOUND => Some(Problem::no_route()),
        _ => None,
    }
}

/// Where an error's chain of causes is told, to the log.
fn log_cause(response: &Response) {
    let Some(problem) = response.extensions().get::<Problem>() else { return };
    let Some(error) = problem.cause() else { return };
    let causes = problem.causes();
    if response.status().is_server_error() {
        tracing::warn!(%error, ?causes, "the site's fault, or ours");
    } else {
        tracing::debug!(%error, ?causes, "refused");
    }
}

/// The trace that a caller's request belongs to, from the W3C `traceparent`.
fn trace_id(headers: &HeaderMap) -> Option<&str> {
    let mut parts = headers.get("traceparent")?.to_str().ok()?.split('-');
    let (version, trace) = (parts.next()?, parts.next()?);
    let hexadecimal = |text: &str| text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    (version.len() == 2 && hexadecimal(version) && trace.len() == 32 && hexadecimal(trace)).then_some(trace)
}

fn panicked(payload: Box<dyn Any + Send>) -> Response {
    let text = payload.downcast_ref::<&str>().copied();
    let text = text.or_else(|| payload.downcast_ref::<String>().map(String::as_str));
    tracing::error!(panic = text.unwrap_or("unknown"), "a handler has panicked");
    Failure(Problem::internal()).into_response()
}

/// Where callers need no key, only programs of this machine may call: not a web page of elsewhere that a browser of
/// this machine shows (its `Origin` tells), nor one that has its own name lead here (its `Host` tells).
async fn guard_keyless(State(app): State<App>, request: Request, next: Next) -> Response {
    if app.rosters().current().callers().are_anybody() {
        let host = host(request.headers(), request.uri());
        let local = host.as_ref().is_some_and(is_local) && request.uri().authority().is_none_or(is_local);
        if !local || is_foreign(request.headers(), host.as_ref()) {
            let detail = "Without API keys, only programs of this machine may call, and no web page of elsewhere.";
            return Failure(Problem::new(Code::Forbidden, detail)).into_response();
        }
    }
    next.run(request).await
}

fn host(headers: &HeaderMap, uri: &Uri) -> Option<Authority> {
    let field = headers.get(HOST).and_then(|host| Authority::try_from(host.as_bytes()).ok());
    field.or_else(|| uri.authority().cloned())
}

fn is_local(authority: &Authority) -> bool {
    let host = authority.host().trim_start_matches('[').trim_end_matches(']');
    let itself =
        host.eq_ignore_ascii_case("localhost") || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback());
    itself && !authority.as_str().contains('@')
}

fn is_foreign(headers: &HeaderMap, host: Option<&Authority>) -> bool {
    let cross_site =
        headers.get("sec-fetch-site").is_some_and(|site| site.as_bytes().eq_ignore_ascii_case(b"cross-site"));
    let own = |origin: &HeaderValue| {
        let origin = origin.to_str().ok()?.split_once("://")?.1;
        Some(origin.eq_ignore_ascii_case(host?.as_str()))
    };
    cross_site || headers.get(ORIGIN).is_some_and(|origin| own(origin) != Some(true))
}

/// The paths that need no key.
fn is_open(path: &str) -> bool {
    matches!(path, "/" | "/livez" | "/readyz" | "/openapi.json" | "/docs")
        || path.starts_with("/docs/")
        || path.starts_with("/problems/")
}

/// Refuses a caller without a good key while there are too many such connections.
fn no_place() -> Response {
    let detail = "The gateway has as many connections without a good API key as it takes.";
    let problem = Problem::new(Code::Overloaded, detail).retryable().retry_after(Duration::from_secs(1));
    let mut response = Failure(problem).into_response();
    response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    response
}

async fn authenticate(State(app): State<App>, mut request: Request, next: Next) -> Response {
    let roster = app.rosters().current();
    let known = identify(roster.callers(), request.headers(), Timestamp::now());
    if let Some(place) = request.extensions().get::<Arc<Place>>() {
        if known.is_ok() {
            place.show_key();
        } else if !place.takes_stranger() {
            return no_place();
        }
    }
    if is_open(request.uri().path()) {
        return next.run(request).await;
    }
    let client = match known {
        Ok(client) => client,
        Err(fault) => {
            let peer = request.extensions().get::<Peer>().copied();
            return Failure(app.limits().turn_away(fault, peer).await).into_response();
        }
    };
    let weight = Operation::of(request.extensions()).map_or(NonZeroU32::MIN, |operation| operation.rules.weight);
    let (standing, counted) = app.limits().count(&client, weight).await;
    request.extensions_mut().insert(Arc::clone(&client));
    request.extensions_mut().insert(roster);
    standing.iter().for_each(|standing| drop(request.extensions_mut().insert(standing.clone())));
    let permission = Permission::of(&mut request, &app, &client).await;
    let mut response = match counted {
        Ok(()) => run_permitted(permission, request, next).await,
        Err(problem) => Failure(problem).into_response(),
    };
    standing.iter().for_each(|standing| standing.describe(response.headers_mut()));
    // What is answered to one client is for no cache to show another, unless it says more about itself.
    response.headers_mut().entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response.extensions_mut().insert(client);
    response
}

/// Runs a request whose bodies flow only while the client may send and have them.
async fn run_permitted(permission: Option<Permission>, request: Request, next: Next) -> Response {
    let Some(permission) = permission else { return next.run(request).await };
    permission.guard_response(next.run(permission.guard_request(request)).await)
}

/// Answers for what takes longer than `request_timeout`. Uploads end by themselves when their bytes stand still.
///
/// What may change something is done in a task of its own, which goes on when its caller is answered or gone: a change
/// of two calls is not left half done, nor a bad copy undeleted.
async fn limit_time(State(app): State<App>, request: Request, next: Next) -> Response {
    let changes = !request.method().is_safe();
    let uploads = Operation::of(request.extensions()).is_some_and(|operation| operation.rules.takes_file);
    let limit = app.server().request_timeout;
    let progress = Arc::new(if uploads { Progress::default() } else { Progress::within(limit) });
    let waits = request.extensions().get::<Arc<Waits>>().cloned().unwrap_or_default();
    let caller = request.extensions().get::<Arc<Client>>().map_or("", |client| &client.name).into();
    let answering = on_behalf_of(caller, waits.watch(Arc::clone(&progress).watch(next.run(request))));
    let answering = answering.in_current_span();
    let answer = if uploads {
        Ok(finish(app.tasks().spawn(answering)).await)
    } else if changes {
        timeout(limit, finish(app.tasks().spawn(answering))).await
    } else {
        timeout(limit, answering).await
    };
    answer.unwrap_or_else(|_| Failure(progress.overdue()).into_response())
}

/// The answer of a task. A panic in it is one of whoever waits.
async fn finish(task: JoinHandle<Response>) -> Response {
    match task.await.map_err(JoinError::try_into_panic) {
        Ok(response) => response,
        Err(Ok(panic)) => std::panic::resume_unwind(panic),
        // Nobody cancels it.
        Err(Err(_)) => Failure(Problem::internal()).into_response(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_this_machine_and_its_own_pages_are_local() {
        let authority = |text: &str| text.parse::<Authority>().unwrap();
        for local in ["localhost", "LOCALHOST:8080", "127.0.0.1:8080", "127.9.9.9", "[::1]:8080"] {
            assert!(is_local(&authority(local)), "{local}");
        }
        for foreign in
            ["example.org", "10.0.0.1:8080", "localhost.example.org", "127.0.0.1.example.org", "example.org@localhost"]
        {
            assert!(!is_local(&authority(foreign)), "{foreign}");
        }
        let host = authority("127.0.0.1:8080");
        let foreign = |name: &'static str, value: &'static str| {
            let headers = HeaderMap::from_iter([(HeaderName::from_static(name), HeaderValue::from_static(value))]);
            is_foreign(&headers, Some(&host))
        };
        assert!(!foreign("origin", "http://127.0.0.1:8080"));
        assert!(!foreign("sec-fetch-site", "same-origin"));
        for origin in ["http://127.0.0.1:3000", "https://example.org", "null", "http://localhost:8080"] {
            assert!(foreign("origin", origin), "{origin}");
        }
        assert!(foreign("sec-fetch-site", "cross-site") && foreign("sec-fetch-site", "Cross-Site"));
    }

    #[test]
    fn a_traceparent_gives_its_trace_id() {
        let of = |text: &'static str| {
            let headers =
                HeaderMap::from_iter([(HeaderName::from_static("traceparent"), HeaderValue::from_static(text))]);
            trace_id(&headers).map(str::to_owned)
        };
        let trace = "4bf92f3577b34da6a3ce929d0e0e4736";
        assert_eq!(of("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01").as_deref(), Some(trace));
        assert_eq!(of("00-short-00f067aa0ba902b7-01"), None);
    }
}
