//! The site's routes, and the common execution of API operations.

use std::borrow::Cow;
use std::sync::Arc;

use axum::Router;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::response::Response;
use axum::routing::{any, get};
use http::header::TRANSFER_ENCODING;
use http::{Method, StatusCode};

use super::call::Call;
use super::operations::{self, Effect, Operation};
use super::refusal::Refusal;
use super::reply::{self, Answer};
use super::site::{API, Site};
use super::{file_server, pages, session};
use crate::protocol::Protocol;
use crate::serve;

/// The site's answers outside of operations.
pub(crate) const PROTOCOL: Protocol = Protocol {
    operation,
    api: API,
    envelope: reply::refused,
    not_found: "File not found at the provided path.",
    no_method: reply::no_method,
};

/// Returns the operation of a path: the part after `/api/v2/`. Outside of the API it is `content` for the bytes of a
/// file, `hop` for a redirect on the way there, and `page` for a web page.
fn operation(path: &str) -> Cow<'_, str> {
    if let Some(operation) = path.strip_prefix(API) {
        return Cow::Owned(operation.trim_matches('/').to_ascii_lowercase());
    }
    Cow::Borrowed(match path.trim_start_matches('/') {
        path if path.starts_with("hop/") && !path.starts_with("hop/0/") => "hop",
        path if path.starts_with("folder/") || path.contains('~') || path == "error.html" || path.is_empty() => "page",
        _ => "content",
    })
}

/// Returns all routes of the site.
pub(crate) fn router(site: Arc<Site>) -> Router {
    Router::new()
        .route(API, any(api))
        .route("/api/v2/", any(api))
        .route("/api/v2/{*operation}", any(api))
        .route("/error.html", get(pages::error))
        .route("/folder/{id}/{name}", get(pages::folder))
        .route("/hop/{left}/{file}", get(file_server::hop))
        .route("/{file}", get(file_server::file))
        .route("/{file}/{name}", get(file_server::named_file))
        .fallback(async || serve::error_page(StatusCode::NOT_FOUND))
        .method_not_allowed_fallback(async || serve::error_page(StatusCode::METHOD_NOT_ALLOWED))
        .layer(DefaultBodyLimit::disable())
        .layer(axum::middleware::map_response_with_state(Arc::clone(&site), dated))
        .with_state(site)
}

/// Adds the step that runs when an upload arrives, before everything else and regardless of its outcome.
pub(crate) fn before_uploads(whole: Router, site: Arc<Site>) -> Router {
    whole.layer(axum::middleware::map_request_with_state(site, end_tokens))
}

async fn end_tokens(State(site): State<Arc<Site>>, request: Request) -> Request {
    if operation(request.uri().path()) == "file/upload" {
        site.with(|context| {
            if std::mem::take(&mut context.store.uploads.ends_tokens) {
                context.store.sessions.kill_tokens();
            }
        });
    }
    request
}

/// Sets the header `Date` from the simulator's clock.
async fn dated(State(site): State<Arc<Site>>, mut response: Response) -> Response {
    serve::set_date(&mut response, site.options().clock.now());
    response
}

async fn api(State(site): State<Arc<Site>>, request: Request) -> Response {
    let is_chunked = request.headers().contains_key(TRANSFER_ENCODING);
    if is_chunked && site.options().refuse_chunked {
        serve::drain_later(request.into_body());
        return serve::error_page(StatusCode::LENGTH_REQUIRED);
    }
    let outermost = |http, words: &str| reply::outermost(site.options(), site.options().clock.now(), http, words);
    if ![Method::GET, Method::POST, Method::PUT, Method::DELETE].contains(request.method()) {
        serve::drain(request.into_body()).await;
        return outermost(StatusCode::METHOD_NOT_ALLOWED, "Invalid Method");
    }
    let path = operation(request.uri().path()).into_owned();
    let (endpoint, action) = path.split_once('/').unwrap_or((&path, "index"));
    match operations::find(endpoint, action, site.options().version) {
        Ok(operation) => {
            let call = Call::read(&site, request).await;
            let answer = call.and_then(|call| perform(&site, operation, &call));
            reply::envelope(site.options(), site.options().clock.now(), answer)
        }
        Err(unknown) => {
            serve::drain(request.into_body()).await;
            match unknown {
                operations::Unknown::Endpoint => serve::error_page(StatusCode::NOT_FOUND),
                operations::Unknown::Action => outermost(StatusCode::NOT_FOUND, &reply::no_method_words(&path)),
            }
        }
    }
}

/// Runs an operation if its checks pass.
fn perform(site: &Site, operation: &Operation, call: &Call) -> Answer {
    site.with(|context| {
        session::check(context, operation.guard, call)?;
        if operation.effect == Effect::Writes && context.store.demo_mode {
            return Err(Refusal::demo_mode());
        }
        (operation.act)(context, call)
    })
}
