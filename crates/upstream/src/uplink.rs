//! The connections for uploads. A site that rejects a file may answer before it has read the file, and close the
//! connection. Then the write fails while the answer is still unread, and an ordinary HTTP client never reads the
//! reason. These connections delay the failure of a write, so that the answer is read first.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;
use std::vec;

use bytes::Bytes;
use futures_util::future::BoxFuture;
use http::Uri;
use http_body_util::combinators::UnsyncBoxBody;
use hyper::rt::{Read, ReadBufCursor, Write};
use hyper_rustls::HttpsConnector;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::dns::Name;
use hyper_util::client::legacy::connect::{Connected, Connection, HttpConnector};
use hyper_util::rt::{TokioExecutor, TokioIo};
use rustls::ClientConfig;
use socket2::SockRef;
use tokio::net::TcpStream;
use tokio::time::{Sleep, sleep};
use tower_service::Service;

use crate::Settings;
use crate::destination::{Reach, resolve};
use crate::flow::BodyFailed;
use crate::outgoing::Meter;

/// The delay of a write error. The site's answer has arrived by then, and can be read before the error is returned.
const WRITE_ERROR_DELAY: Duration = Duration::from_secs(1);

/// The maximum number of unsent bytes that the operating system buffers. By default it buffers megabytes, which would
/// count as sent although a site that answers early may never get them. The limit does not slow down fast connections.
const UNSENT: u32 = 128 * 1024;

/// The HTTP client for one upload.
pub(crate) type Uplink = Client<Meter<HttpsConnector<ReadFirstConnector>>, FileBody>;
/// The body of an upload request: the file in its form.
pub(crate) type FileBody = UnsyncBoxBody<Bytes, BodyFailed>;

/// Builds the HTTP client for one upload. It connects only to addresses that `reach` allows.
///
/// Each upload gets a connection of its own, which ends with it. The site may close an idle connection just when a file
/// is sent, and then the file could not be sent again. Besides, sites assign a different server to each file, so an
/// idle connection would rarely be reused.
pub(crate) fn uplink(reach: Reach, settings: &Settings, tls: Arc<ClientConfig>) -> Uplink {
    let mut tcp = HttpConnector::new_with_resolver(Resolver(reach));
    tcp.enforce_http(false);
    tcp.set_nodelay(true);
    tcp.set_connect_timeout(Some(settings.connect_timeout));
    // Ends the connection to a site that acknowledges nothing, even if the upload itself was cancelled before.
    tcp.set_tcp_user_timeout(Some(settings.idle_timeout));
    let https = HttpsConnector::from((ReadFirstConnector(tcp), tls));
    let mut client = Client::builder(TokioExecutor::new());
    client.pool_max_idle_per_host(0).retry_canceled_requests(false).build(Meter(https))
}

/// Resolves names to the addresses that its [`Reach`] allows.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Resolver(Reach);

impl Service<Name> for Resolver {
    type Response = vec::IntoIter<SocketAddr>;
    type Error = Unresolved;
    type Future = BoxFuture<'static, Result<Self::Response, Unresolved>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Unresolved>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, name: Name) -> Self::Future {
        let reach = self.0;
        Box::pin(async move { Ok(resolve(name.as_str(), reach).await.map_err(Unresolved)?.into_iter()) })
    }
}

/// A name without an address, or with prohibited addresses only.
#[derive(Debug, thiserror::Error)]
#[error("the name cannot be resolved")]
pub(crate) struct Unresolved(#[source] pub(crate) Box<dyn std::error::Error + Send + Sync>);

/// Makes connections of the type [`DelayedWriteErrors`].
#[derive(Debug, Clone)]
pub(crate) struct ReadFirstConnector(HttpConnector<Resolver>);

impl Service<Uri> for ReadFirstConnector {
    type Response = DelayedWriteErrors;
    type Error = <HttpConnector<Resolver> as Service<Uri>>::Error;
    type Future = BoxFuture<'static, Result<DelayedWriteErrors, Self::Error>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.0.poll_ready(context)
    }

    fn call(&mut self, address: Uri) -> Self::Future {
        let connecting = self.0.call(address);
        Box::pin(async move {
            let stream = connecting.await?;
            if let Err(error) = SockRef::from(stream.inner()).set_tcp_notsent_lowat(UNSENT) {
                tracing::debug!(%error, "cannot limit the unsent bytes of a connection");
            }
            Ok(DelayedWriteErrors { stream, failed: None })
        })
    }
}

/// A connection that delays the failure of a write until the received bytes could be read.
pub(crate) struct DelayedWriteErrors {
    stream: TokioIo<TcpStream>,
    /// The error of a failed write, and the timer until which it is not returned.
    failed: Option<(io::ErrorKind, Pin<Box<Sleep>>)>,
}

impl DelayedWriteErrors {
    /// Runs a write. If it fails, it stays pending, and returns the error after [`WRITE_ERROR_DELAY`].
    fn write<T>(
        &mut self,
        context: &mut Context<'_>,
        write: impl FnOnce(Pin<&mut TokioIo<TcpStream>>, &mut Context<'_>) -> Poll<io::Result<T>>,
    ) -> Poll<io::Result<T>> {
        if self.failed.is_none() {
            match write(Pin::new(&mut self.stream), context) {
                Poll::Ready(Err(error)) => self.failed = Some((error.kind(), Box::pin(sleep(WRITE_ERROR_DELAY)))),
                outcome => return outcome,
            }
            // Wakes the task, so that it reads before it writes again.
            context.waker().wake_by_ref();
        }
        match &mut self.failed {
            Some((kind, end)) => end.as_mut().poll(context).map(|()| Err((*kind).into())),
            None => Poll::Pending,
        }
    }
}

impl Connection for DelayedWriteErrors {
    fn connected(&self) -> Connected {
        self.stream.connected()
    }
}

impl Read for DelayedWriteErrors {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl Write for DelayedWriteErrors {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.write(context, |stream, context| stream.poll_write(context, bytes))
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.write(context, |stream, context| stream.poll_write_vectored(context, slices))
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.write(context, |stream, context| stream.poll_flush(context))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
