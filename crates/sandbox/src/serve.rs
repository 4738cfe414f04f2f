//! What every simulator is served with: the accept loop, the line to each client, and the record of each request.
//!
//! Connections are handled here, not by `axum::serve`, for a faithful simulator must be able to drop one: a reset before
//! the answer is something that upstreams do.

use std::borrow::Cow;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{Html, IntoResponse, Response};
use http::header::CONTENT_LENGTH;
use http::{HeaderMap, Method, StatusCode};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;
use tokio::task::{JoinHandle, JoinSet};
use tower::ServiceExt;

use crate::intercept::{self, Intercept};
use crate::journal::{Journal, Received};
use crate::watched::{self, UnderWay};

/// How long a body that nobody wants is still read, so that the client can read the answer that was given early.
const LINGER: Duration = Duration::from_secs(30);

/// A simulator that accepts connections until this value is dropped.
#[derive(Debug)]
pub(crate) struct Running {
    address: SocketAddr,
    accepting: JoinHandle<()>,
}

impl Running {
    pub(crate) fn start(listener: TcpListener, router: Router) -> io::Result<Self> {
        let address = listener.local_addr()?;
        let accepting = tokio::spawn(accept(listener, router));
        Ok(Self { address, accepting })
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for Running {
    /// The connections are owned by the accepting task, so they end with it.
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

async fn accept(listener: TcpListener, router: Router) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    connections.spawn(connection(stream, router.clone()));
                }
                // Out of file descriptors, most likely: others must close first.
                Err(_) => tokio::time::sleep(Duration::from_millis(10)).await,
            },
            Some(_) = connections.join_next() => {}
        }
    }
}

/// Serves one connection until its end, or until somebody hangs up.
async fn connection(stream: TcpStream, router: Router) {
    // Without this the small pieces of an answer wait for one another.
    let _ = stream.set_nodelay(true);
    let line = Line::default();
    let service = {
        let line = line.clone();
        service_fn(move |mut request: hyper::Request<Incoming>| {
            request.extensions_mut().insert(line.clone());
            router.clone().oneshot(request.map(Body::new))
        })
    };
    let mut connection = http1::Builder::new().serve_connection(TokioIo::new(stream), service);
    tokio::select! {
        _ = &mut connection => {}
        () = line.hung_up() => {}
    }
    let stream = connection.into_parts().io.into_inner();
    if line.resets() {
        let _ = stream.set_zero_linger();
    }
}

/// How a connection is given up in the middle of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(not(feature = "faults"), expect(unreachable_pub, reason = "only faults name it"))]
pub enum HangUp {
    /// Closed, as by a process that ended.
    Close,
    /// Reset, as by a machine that knows nothing of the connection.
    Reset,
}

/// The line to a client. Each request carries it, so that whoever answers can hang up instead.
#[derive(Debug, Clone, Default)]
pub(crate) struct Line(Arc<LineState>);

#[derive(Debug, Default)]
struct LineState {
    how: Mutex<Option<HangUp>>,
    called: Notify,
}

impl Line {
    /// Ends the connection. The future that called this is dropped with it.
    #[cfg_attr(not(feature = "faults"), expect(dead_code, reason = "only a fault hangs up"))]
    pub(crate) fn hang_up(&self, how: HangUp) {
        *self.0.how.lock().unwrap_or_else(PoisonError::into_inner) = Some(how);
        self.0.called.notify_one();
    }

    async fn hung_up(&self) {
        self.0.called.notified().await;
    }

    fn resets(&self) -> bool {
        *self.0.how.lock().unwrap_or_else(PoisonError::into_inner) == Some(HangUp::Reset)
    }
}

/// What a simulator's requests pass through before they reach it.
#[derive(Debug, Clone)]
pub(crate) struct Front {
    pub(crate) journal: Journal,
    /// The operation that a path asks for, in the words of the simulated site.
    pub(crate) operation: fn(&str) -> Cow<'_, str>,
    /// What every path of the API begins with.
    pub(crate) api: &'static str,
    /// The simulated site's envelope of an error, from a status and its words.
    pub(crate) envelope: fn(u16, &str) -> Value,
    /// The site's words for a path that it does not know.
    pub(crate) not_found: &'static str,
    /// The site's answer for an operation that it does not have.
    pub(crate) no_method: fn(&str) -> Response,
    /// The answers that come in place of operations.
    pub(crate) intercepts: Arc<[Intercept]>,
    #[cfg(feature = "faults")]
    pub(crate) faults: crate::faults::Faults,
}

impl Front {
    /// The site's routes: recorded, intercepted by the site's options, and broken where a rule says so.
    pub(crate) fn wrap(&self, site: Router) -> Router {
        #[cfg(feature = "faults")]
        let site = site.layer(axum::middleware::from_fn_with_state(self.clone(), crate::faults::inject));
        let site = site.layer(axum::middleware::from_fn_with_state(self.clone(), intercept::intercept));
        let site = site.layer(axum::middleware::from_fn_with_state(self.clone(), record));
        #[cfg(feature = "faults")]
        let site = site.merge(crate::faults::control(self));
        site
    }
}

async fn record(State(front): State<Front>, mut request: Request, next: Next) -> Response {
    let path = request.uri().path().to_owned();
    let entry = front.journal.add(Received {
        operation: (front.operation)(&path).into_owned(),
        method: request.method().to_string(),
        query: pairs(request.uri().query().unwrap_or_default().as_bytes()),
        headers: headers(request.headers()),
        path,
        ..Received::default()
    });
    let under_way = UnderWay::new(entry.clone());
    let to_head = request.method() == Method::HEAD;
    request.extensions_mut().insert(entry.clone());
    let answer = next.run(request.map(|body| watched::request(body, entry))).await;
    under_way.answer(answer, to_head)
}

/// Where a listener is reached. One that listens everywhere is reached at loopback, too.
pub(crate) fn origin_of(address: SocketAddr) -> String {
    if address.ip().is_unspecified() {
        format!("http://127.0.0.1:{}", address.port())
    } else {
        format!("http://{address}")
    }
}

/// How long a body says that it is.
pub(crate) fn declared_length(headers: &HeaderMap) -> Option<u64> {
    headers.get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

/// The pairs of a query or of an urlencoded form, decoded.
pub(crate) fn pairs(encoded: &[u8]) -> Vec<(String, String)> {
    url::form_urlencoded::parse(encoded).into_owned().collect()
}

fn headers(headers: &HeaderMap) -> Vec<(String, String)> {
    let text = |value: &http::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    headers.iter().map(|(name, value)| (name.to_string(), text(value))).collect()
}

/// Reads a body to its end, or to its failure, and forgets it.
pub(crate) async fn drain(mut body: Body) {
    while let Some(Ok(_)) = body.frame().await {}
}

/// Goes on reading a body while its answer is already under way, as web servers do: closing at once would reset the
/// connection, and the client might never see the answer.
pub(crate) fn drain_later(body: Body) {
    tokio::spawn(async move {
        let _ = tokio::time::timeout(LINGER, drain(body)).await;
    });
}

/// The page that a web server shows for an error that no program handled.
pub(crate) fn error_page(status: StatusCode) -> Response {
    let title = format!("{} {}", status.as_u16(), status.canonical_reason().unwrap_or("Error"));
    let page = format!(
        "<html>\r\n<head><title>{title}</title></head>\r\n<body>\r\n<center><h1>{title}</h1></center>\r\n\
         <hr><center>nginx</center>\r\n</body>\r\n</html>\r\n"
    );
    (status, Html(page)).into_response()
}
