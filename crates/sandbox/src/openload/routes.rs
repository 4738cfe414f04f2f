//! The site's routes, and the common execution of API operations.

use std::borrow::Cow;
use std::sync::Arc;

use axum::Router;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::response::Response;
use axum::routing::{MethodRouter, get, post};
use http::StatusCode;

use super::call::Call;
use super::reply::{self, Answer, Refusal};
use super::site::{Context, Site, UPLOAD_PATH};
use super::{account, conversions, files, folders, pages, remote_uploads, splash, uploads};
use crate::protocol::Protocol;
use crate::serve;

/// The site's answers to requests that no operation handles.
pub(crate) const PROTOCOL: Protocol = Protocol {
    operation,
    api: "/v1/",
    envelope: reply::refused,
    not_found: "Not found",
    no_method: |_| serve::error_page(StatusCode::NOT_FOUND),
};

/// An operation of the API. The store is locked while an operation runs, so operations are not async.
type Operation = fn(&mut Context<'_>, &Call) -> Answer;

/// Returns the operation of a path: the part after `/v1/`, or `upload` for the bytes of an upload.
fn operation(path: &str) -> Cow<'_, str> {
    Cow::Borrowed(if path.starts_with(UPLOAD_PATH) { "upload" } else { path.trim_start_matches("/v1/") })
}

/// Returns the names of all operations, as in the journal.
pub(crate) fn operations() -> Vec<String> {
    let names = OPERATIONS.iter().map(|(name, _)| *name).chain(["upload"]);
    names.map(str::to_owned).collect()
}

/// Returns all routes of the site.
pub(crate) fn router(site: Arc<Site>) -> Router {
    let mut router = Router::new();
    let offered = |name| name != REMOTE_REMOVE || site.options().remote_remove;
    for (name, operation) in OPERATIONS.into_iter().filter(|(name, _)| offered(*name)) {
        router = router.route(&format!("/v1/{name}"), endpoint(name, operation));
    }
    router
        .route("/ul/{ticket}", post(uploads::receive))
        .route("/i/{file}/{picture}", get(splash::picture))
        .route("/v/{file}", get(pages::video))
        .route("/e/{file}", get(pages::video))
        .fallback(async || serve::error_page(StatusCode::NOT_FOUND))
        .method_not_allowed_fallback(async || serve::error_page(StatusCode::METHOD_NOT_ALLOWED))
        .layer(DefaultBodyLimit::disable())
        .with_state(site)
}

/// The operation that not every site has.
const REMOTE_REMOVE: &str = "remotedl/remove";

/// The operations of the API.
const OPERATIONS: [(&str, Operation); 15] = [
    ("account/info", account::info),
    ("file/info", files::info),
    ("file/getsplash", splash::address),
    ("file/ul", uploads::ticket),
    ("remotedl/add", remote_uploads::add),
    ("remotedl/status", remote_uploads::status),
    (REMOTE_REMOVE, remote_uploads::remove),
    ("file/listfolder", folders::list),
    ("file/createfolder", folders::create),
    ("file/renamefolder", folders::rename),
    ("file/deletefolder", folders::delete),
    ("file/rename", files::rename),
    ("file/move", files::relocate),
    ("file/delete", files::delete),
    ("file/converts", conversions::list),
];

/// Returns the routes of an operation, by GET and by POST.
fn endpoint(name: &'static str, operation: Operation) -> MethodRouter<Arc<Site>> {
    let handler = async move |State(site): State<Arc<Site>>, request: Request| -> Response {
        let answer = match Call::read(request).await {
            Ok(call) => perform(&site, name, operation, &call),
            Err(refusal) => Err(refusal),
        };
        reply::envelope(site.options(), answer)
    };
    get(handler).post(handler)
}

/// Runs an operation if the credentials are right and the operation is not forbidden.
fn perform(site: &Site, name: &str, operation: Operation, call: &Call) -> Answer {
    let (login, key) = (call.required("login")?, call.required("key")?);
    if login != site.options().login || key != site.options().key {
        return Err(Refusal::wrong_credentials());
    }
    site.with(|context| {
        if context.store.forbidden.contains(name) {
            return Err(Refusal::forbidden());
        }
        operation(context, call)
    })
}
