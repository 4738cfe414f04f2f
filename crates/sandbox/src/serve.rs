//! The HTTP server of every simulator: the accept loop and the connections.
//!
//! It does not use `axum::serve`, because a simulator must be able to drop a connection: some sites reset it before
//! they answer.

use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::response::{Html, IntoResponse, Response};
use http::header::{CONTENT_LENGTH, DATE};
use http::{HeaderMap, HeaderValue, StatusCode};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;
use tokio::task::{JoinHandle, JoinSet};
use tower::ServiceExt;

/// The time limit for reading the rest of a rejected body, so that the client can read the early answer.
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
    /// Stops the simulator. The accepting task owns the connections, so they end with it.
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
                // Probably out of file descriptors: wait for other connections to close.
                Err(_) => tokio::time::sleep(Duration::from_millis(10)).await,
            },
            Some(_) = connections.join_next() => {}
        }
    }
}

/// Serves one connection until it ends, or until a request handler hangs up.
async fn connection(stream: TcpStream, router: Router) {
    // Without this, Nagle's algorithm would delay the small pieces of an answer.
    let _ = stream.set_nodelay(true);
    let handle = Connection::default();
    let service = {
        let handle = handle.clone();
        service_fn(move |mut request: hyper::Request<Incoming>| {
            request.extensions_mut().insert(handle.clone());
            router.clone().oneshot(request.map(Body::new))
        })
    };
    let mut connection = http1::Builder::new().serve_connection(TokioIo::new(stream), service);
    tokio::select! {
        _ = &mut connection => {}
        () = handle.hung_up() => {}
    }
    let stream = connection.into_parts().io.into_inner();
    if handle.resets() {
        let _ = stream.set_zero_linger();
    }
}

/// The way to end a connection in the middle of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(not(feature = "faults"), expect(unreachable_pub, reason = "only faults name it"))]
pub enum HangUp {
    /// Closed, as when a process ends.
    Close,
    /// Reset, as by a host that does not know the connection.
    Reset,
}

/// A handle to a client's connection. Each request carries it, so that its handler can hang up instead of answering.
#[derive(Debug, Clone, Default)]
pub(crate) struct Connection(Arc<ConnectionState>);

#[derive(Debug, Default)]
struct ConnectionState {
    how: Mutex<Option<HangUp>>,
    notify: Notify,
}

impl Connection {
    /// Ends the connection. The future that called this is dropped with it.
    #[cfg_attr(not(feature = "faults"), expect(dead_code, reason = "only a fault hangs up"))]
    pub(crate) fn hang_up(&self, how: HangUp) {
        *self.0.how.lock().unwrap_or_else(PoisonError::into_inner) = Some(how);
        self.0.notify.notify_one();
    }

    async fn hung_up(&self) {
        self.0.notify.notified().await;
    }

    fn resets(&self) -> bool {
        *self.0.how.lock().unwrap_or_else(PoisonError::into_inner) == Some(HangUp::Reset)
    }
}

/// Returns the origin of a listener. One that listens on all addresses is reached at loopback.
pub(crate) fn origin_of(address: SocketAddr) -> String {
    if address.ip().is_unspecified() {
        format!("http://127.0.0.1:{}", address.port())
    } else {
        format!("http://{address}")
    }
}

/// Sets the header `Date`.
pub(crate) fn set_date(response: &mut Response, now: Timestamp) {
    let now = now.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string();
    if let Ok(now) = HeaderValue::from_str(&now) {
        response.headers_mut().insert(DATE, now);
    }
}

/// Returns a body's declared length.
pub(crate) fn declared_length(headers: &HeaderMap) -> Option<u64> {
    headers.get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

/// Returns the decoded pairs of a query or of an urlencoded form.
pub(crate) fn pairs(encoded: &[u8]) -> Vec<(String, String)> {
    url::form_urlencoded::parse(encoded).into_owned().collect()
}

/// Returns the header fields as text.
pub(crate) fn headers(headers: &HeaderMap) -> Vec<(String, String)> {
    let text = |value: &http::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    headers.iter().map(|(name, value)| (name.to_string(), text(value))).collect()
}

/// Reads a body until it ends or fails, and discards it.
pub(crate) async fn drain(mut body: Body) {
    while let Some(Ok(_)) = body.frame().await {}
}

/// Reads the rest of a body while the answer is already being sent, as web servers do. Closing at once would reset the
/// connection, and the client might never see the answer.
pub(crate) fn drain_later(body: Body) {
    tokio::spawn(async move {
        let _ = tokio::time::timeout(LINGER, drain(body)).await;
    });
}

/// Returns the web server's page for an error that no program handled.
pub(crate) fn error_page(status: StatusCode) -> Response {
    let title = format!("{} {}", status.as_u16(), status.canonical_reason().unwrap_or("Error"));
    let page = format!(
        "<html>\r\n<head><title>{title}</title></head>\r\n<body>\r\n<center><h1>{title}</h1></center>\r\n\
         <hr><center>nginx</center>\r\n</body>\r\n</html>\r\n"
    );
    (status, Html(page)).into_response()
}
