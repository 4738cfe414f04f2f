//! The site as a whole: its routes, and the one way in which every operation of the API is carried out.

use std::borrow::Cow;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Router;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::response::Response;
use axum::routing::{MethodRouter, get, post};
use http::StatusCode;
use jiff::Timestamp;
use tempfile::TempDir;

use super::call::Call;
use super::options::Options;
use super::reply::{self, Answer, Refusal};
use super::store::Store;
use super::{account, conversions, files, folders, pages, remote_uploads, seed, splash, uploads};
use crate::serve;

/// Where uploads are sent to, followed by a ticket.
pub(crate) const UPLOAD_PATH: &str = "/ul/";

/// The simulated site.
#[derive(Debug)]
pub(crate) struct Site {
    options: Options,
    origin: String,
    store: Mutex<Store>,
    uploads: TempDir,
}

/// What an operation works with.
pub(crate) struct Context<'a> {
    pub(crate) options: &'a Options,
    pub(crate) origin: &'a str,
    pub(crate) now: Timestamp,
    pub(crate) store: &'a mut Store,
}

/// An operation of the API. None of them waits for anything, so the store stays locked for as long as one takes.
type Operation = fn(&mut Context<'_>, &Call) -> Answer;

impl Site {
    pub(crate) fn new(options: Options, address: SocketAddr) -> io::Result<Self> {
        let origin = options.origin.clone().unwrap_or_else(|| serve::origin_of(address));
        let mut store = Store::new(options.conversion_step);
        if options.seeded {
            seed::plant(&mut store, options.clock.now());
        }
        Ok(Self { options, origin, store: Mutex::new(store), uploads: TempDir::with_prefix("polyhost-sandbox-")? })
    }

    pub(crate) fn options(&self) -> &Options {
        &self.options
    }

    pub(crate) fn origin(&self) -> &str {
        &self.origin
    }

    /// The folder that uploaded bytes are written to.
    pub(crate) fn uploads(&self) -> &TempDir {
        &self.uploads
    }

    /// Does something with the store, brought up to the present.
    pub(crate) fn with<T>(&self, act: impl FnOnce(&mut Context<'_>) -> T) -> T {
        let now = self.options.clock.now();
        let mut store = self.lock();
        store.settle(now);
        act(&mut Context { options: &self.options, origin: &self.origin, now, store: &mut store })
    }

    fn lock(&self) -> MutexGuard<'_, Store> {
        self.store.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn perform(&self, name: &str, operation: Operation, call: &Call) -> Answer {
        let (login, key) = (call.required("login")?, call.required("key")?);
        if login != self.options.login || key != self.options.key {
            return Err(Refusal::wrong_credentials());
        }
        self.with(|context| {
            if context.store.forbidden.contains(name) {
                return Err(Refusal::forbidden());
            }
            operation(context, call)
        })
    }
}

/// The operation that a path asks for: what follows `/v1/`, or `upload` for the bytes of an upload.
pub(crate) fn operation(path: &str) -> Cow<'_, str> {
    Cow::Borrowed(if path.starts_with(UPLOAD_PATH) { "upload" } else { path.trim_start_matches("/v1/") })
}

/// The names of all operations, as the journal has them.
pub(crate) fn operations() -> Vec<String> {
    let names = OPERATIONS.iter().map(|(name, _)| *name).chain(["upload"]);
    names.map(str::to_owned).collect()
}

/// Every page of the site.
pub(crate) fn router(site: Arc<Site>) -> Router {
    let mut router = Router::new();
    for (name, operation) in OPERATIONS {
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

/// The whole API.
const OPERATIONS: [(&str, Operation); 14] = [
    ("account/info", account::info),
    ("file/info", files::info),
    ("file/getsplash", splash::address),
    ("file/ul", uploads::ticket),
    ("remotedl/add", remote_uploads::add),
    ("remotedl/status", remote_uploads::status),
    ("file/listfolder", folders::list),
    ("file/createfolder", folders::create),
    ("file/renamefolder", folders::rename),
    ("file/deletefolder", folders::delete),
    ("file/rename", files::rename),
    ("file/move", files::relocate),
    ("file/delete", files::delete),
    ("file/converts", conversions::list),
];

/// An operation by GET and by POST.
fn endpoint(name: &'static str, operation: Operation) -> MethodRouter<Arc<Site>> {
    let handler = async move |State(site): State<Arc<Site>>, request: Request| -> Response {
        let answer = match Call::read(request).await {
            Ok(call) => site.perform(name, operation, &call),
            Err(refusal) => Err(refusal),
        };
        reply::envelope(site.options(), answer)
    };
    get(handler).post(handler)
}
