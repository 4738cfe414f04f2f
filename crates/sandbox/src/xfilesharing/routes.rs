//! The site's paths, and the common execution of API functions.

use std::borrow::Cow;
use std::sync::Arc;

use axum::Router;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::response::Response;
use http::{Method, StatusCode};

use super::flavours::{Flavour, UnknownFunction};
use super::reply::{self, Answer};
use super::site::Site;
use super::{downloads, functions, gate, pages, uploads};
use crate::parameters::Parameters;
use crate::protocol::Protocol;
use crate::serve;

/// The prefix of the API's paths, except at Byse, where there is none.
const API: &str = "/api/";

/// The path of upload nodes at file hosts, after the node's own name.
pub(crate) const UPLOAD_SCRIPT: &str = "/cgi-bin/upload.cgi";

/// The start of the path of all other upload nodes.
pub(crate) const UPLOAD_PATH: &str = "/upload/";

/// Returns the site's answers to requests that no function handles. At Byse, an intercept of the whole API includes the
/// upload nodes and the file server.
pub(crate) fn protocol(flavour: Flavour) -> Protocol {
    Protocol {
        operation,
        api: if flavour == Flavour::Byse { "/" } else { API },
        envelope: reply::refused,
        not_found: "No file",
        no_method: |_| serve::error_page(StatusCode::NOT_FOUND),
    }
}

/// Returns the operation of a path: the function, `upload` for the bytes of an upload, `content` for those of a
/// download, `picture`, or `page`.
fn operation(path: &str) -> Cow<'_, str> {
    let function = path.strip_prefix(API);
    Cow::Borrowed(match function.unwrap_or_else(|| path.trim_start_matches('/')) {
        function if functions::find(function).is_some() => function,
        _ if is_upload(path) => "upload",
        _ if path.starts_with(downloads::PATH) => "content",
        _ if path.starts_with(pages::PICTURES) => "picture",
        unknown if function.is_some() => unknown,
        _ => "page",
    })
}

fn is_upload(path: &str) -> bool {
    let is_node = |node: &str| node.bytes().all(|byte| byte.is_ascii_digit() || byte == b'/');
    path.ends_with(UPLOAD_SCRIPT) || path.strip_prefix(UPLOAD_PATH).is_some_and(is_node)
}

/// Returns whether a path without the API's prefix leads to a page, although it could name a function.
fn is_page(path: &str) -> bool {
    path.matches('/').count() < 2 || ["/d/", "/e/"].iter().any(|start| path.starts_with(start))
}

/// Returns the site's router. The paths of the flavours overlap, so that [`operation`] distinguishes them.
pub(crate) fn router(site: Arc<Site>) -> Router {
    Router::new()
        .fallback(answer)
        .layer(DefaultBodyLimit::disable())
        .layer(axum::middleware::map_response_with_state(Arc::clone(&site), dated))
        .with_state(site)
}

/// Sets the header `Date` from the simulator's clock.
async fn dated(State(site): State<Arc<Site>>, mut response: Response) -> Response {
    serve::set_date(&mut response, site.options().clock.now());
    response
}

async fn answer(State(site): State<Arc<Site>>, request: Request) -> Response {
    let path = request.uri().path().to_owned();
    let operation = operation(&path);
    let has_prefix = site.options().flavour != Flavour::Byse;
    match &*operation {
        "upload" if request.method() == Method::POST => uploads::receive(&site, request).await,
        "content" => {
            let (head, body) = request.into_parts();
            serve::drain(body).await;
            downloads::serve_file(&site, &head).await
        }
        "picture" => pages::picture_at(&site, &path),
        "page" if has_prefix || is_page(&path) => pages::page_at(&site, &path),
        _ if has_prefix != path.starts_with(API) => serve::error_page(StatusCode::NOT_FOUND),
        name if has_prefix => call(&site, name, request).await,
        _ => call(&site, path.trim_start_matches('/'), request).await,
    }
}

/// Executes a function of the API, by GET or POST.
async fn call(site: &Site, name: &str, request: Request) -> Response {
    if ![Method::GET, Method::POST].contains(request.method()) {
        serve::drain(request.into_body()).await;
        return serve::error_page(StatusCode::METHOD_NOT_ALLOWED);
    }
    let is_known = site.options().functions.iter().any(|known| known == name);
    if !is_known && site.options().unknown_function == UnknownFunction::Page {
        serve::drain(request.into_body()).await;
        return serve::error_page(StatusCode::NOT_FOUND);
    }
    let Ok(parameters) = Parameters::read(request).await else {
        return serve::error_page(StatusCode::PAYLOAD_TOO_LARGE);
    };
    let (answer, left) = site.with(|context| {
        let answer: Answer = gate::check(context, name, is_known, &parameters)
            .and_then(|()| functions::find(name).ok_or_else(super::refusal::Refusal::invalid_operation))
            .and_then(|function| function(context, &parameters));
        (answer, context.store.gate.left(context.options))
    });
    reply::envelope(site.options(), answer, left)
}
