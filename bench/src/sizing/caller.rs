//! A caller with one connection.

use std::net::SocketAddr;

use http_body_util::{BodyExt as _, Empty};
use hyper::body::{Bytes, Incoming};
use hyper::client::conn::http1::{self, SendRequest};
use hyper::header::HOST;
use hyper::{Request, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

use crate::failure::Failure;

/// A caller with one connection, which stays open.
pub(super) struct Caller {
    address: SocketAddr,
    sender: SendRequest<Empty<Bytes>>,
}

impl Caller {
    pub(super) async fn connect(address: SocketAddr) -> Result<Self, Failure> {
        let stream = TcpStream::connect(address).await.map_err(Failure::of("cannot connect"))?;
        stream.set_nodelay(true).map_err(Failure::of("cannot connect"))?;
        let (sender, connection) =
            http1::handshake(TokioIo::new(stream)).await.map_err(Failure::of("cannot connect"))?;
        tokio::spawn(connection);
        Ok(Self { address, sender })
    }

    /// Sends a GET request and reads the whole answer.
    ///
    /// # Errors
    /// Fails if the connection breaks or the answer is no success.
    pub(super) async fn get(&mut self, path: &str) -> Result<(), Failure> {
        let mut body = self.begin(path).await?;
        while let Some(frame) = body.frame().await {
            frame.map_err(Failure::of(path))?;
        }
        Ok(())
    }

    /// Sends a GET request and returns the body of the answer unread.
    ///
    /// # Errors
    /// Fails if the connection breaks or the answer is no success.
    pub(super) async fn begin(&mut self, path: &str) -> Result<Incoming, Failure> {
        let request = Request::get(path).header(HOST, self.address.to_string()).body(Empty::new());
        let request = request.map_err(Failure::of("no request"))?;
        self.sender.ready().await.map_err(Failure::of(path))?;
        let answer = self.sender.send_request(request).await.map_err(Failure::of(path))?;
        match answer.status() {
            StatusCode::OK => Ok(answer.into_body()),
            status => Err(Failure::new(format_args!("{path}: {status}"))),
        }
    }
}
