//! A caller with one connection.

use std::net::SocketAddr;

use http_body_util::{BodyExt as _, Full};
use hyper::body::{Bytes, Incoming};
use hyper::client::conn::http1::{self, SendRequest};
use hyper::header::{CONTENT_TYPE, HOST};
use hyper::{Method, Request};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

use crate::failure::Failure;

/// A caller with one connection, which stays open.
pub(crate) struct Caller {
    address: SocketAddr,
    api_key: Option<&'static str>,
    sender: SendRequest<Full<Bytes>>,
}

/// A request of a caller.
#[derive(Debug, Clone)]
pub(crate) struct Sent {
    pub(crate) method: Method,
    /// The path, with its query.
    pub(crate) path: String,
    /// The type of the body, and the body; `None` for a request without a body.
    pub(crate) body: Option<(&'static str, Bytes)>,
    pub(crate) idempotency_key: Option<String>,
}

impl Sent {
    /// Returns a GET request.
    pub(crate) fn get(path: impl Into<String>) -> Self {
        Self { method: Method::GET, path: path.into(), body: None, idempotency_key: None }
    }
}

impl Caller {
    /// Connects to a gateway.
    ///
    /// # Errors
    /// Fails if the gateway does not accept.
    pub(crate) async fn connect(address: SocketAddr) -> Result<Self, Failure> {
        let stream = TcpStream::connect(address).await.map_err(Failure::of("cannot connect"))?;
        stream.set_nodelay(true).map_err(Failure::of("cannot connect"))?;
        let (sender, connection) =
            http1::handshake(TokioIo::new(stream)).await.map_err(Failure::of("cannot connect"))?;
        tokio::spawn(connection);
        Ok(Self { address, api_key: None, sender })
    }

    /// Sends this API key with each request.
    pub(crate) fn with_key(self, api_key: &'static str) -> Self {
        Self { api_key: Some(api_key), ..self }
    }

    /// Sends a GET request and reads the whole answer.
    ///
    /// # Errors
    /// Fails if the connection breaks or the answer is no success.
    pub(crate) async fn get(&mut self, path: &str) -> Result<(), Failure> {
        self.send(&Sent::get(path)).await
    }

    /// Sends a request and reads the whole answer.
    ///
    /// # Errors
    /// Fails if the connection breaks or the answer is no success.
    pub(crate) async fn send(&mut self, sent: &Sent) -> Result<(), Failure> {
        let mut body = self.begin(sent).await?;
        while let Some(frame) = body.frame().await {
            frame.map_err(Failure::of(&sent.path))?;
        }
        Ok(())
    }

    /// Sends a request and returns the body of the answer unread.
    ///
    /// # Errors
    /// Fails if the connection breaks or the answer is no success.
    pub(crate) async fn begin(&mut self, sent: &Sent) -> Result<Incoming, Failure> {
        let path = &sent.path;
        self.sender.ready().await.map_err(Failure::of(path))?;
        let answer = self.sender.send_request(self.request(sent)?).await.map_err(Failure::of(path))?;
        let status = answer.status();
        if status.is_success() {
            return Ok(answer.into_body());
        }
        let body = answer.into_body().collect().await.map_err(Failure::of(path))?.to_bytes();
        Err(Failure::new(format_args!("{path}: {status} {}", String::from_utf8_lossy(&body))))
    }

    fn request(&self, sent: &Sent) -> Result<Request<Full<Bytes>>, Failure> {
        let mut request =
            Request::builder().method(&sent.method).uri(&sent.path).header(HOST, self.address.to_string());
        if let Some(key) = self.api_key {
            request = request.header("x-api-key", key);
        }
        if let Some(key) = &sent.idempotency_key {
            request = request.header("idempotency-key", key);
        }
        let body = sent.body.as_ref().map(|(content_type, body)| {
            request = std::mem::take(&mut request).header(CONTENT_TYPE, *content_type);
            body.clone()
        });
        request.body(Full::new(body.unwrap_or_default())).map_err(Failure::of("no request"))
    }
}
