//! What every simulator is served with: the accept loop, and the line to each client.
//!
//! Connections are handled here, not by `axum::serve`, for a faithful simulator must be able to drop one: a reset before
//! the answer is something that upstreams do.

use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::response::{Html, IntoResponse, Response};
use http::header::CONTENT_LENGTH;
use http::{HeaderMap, StatusCode};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use serde::{Deserialize, Serialize};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;
use tokio::task::{JoinHandle, JoinSet};
use tower::ServiceExt;

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

/// The header fields as text.
pub(crate) fn headers(headers: &HeaderMap) -> Vec<(String, String)> {
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
