//! The connections that files are sent over. A site that refuses a file answers before it has taken it, and hangs up:
//! then writing fails while its answer lies there unread, and an HTTP client that ends there never reads why. On these
//! connections a failed write is no end; what the site has said is read first.

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

/// How long a failed write is kept back. All that the other side has said is there by then, and only has to be read.
const TIME_TO_HEAR: Duration = Duration::from_secs(1);

/// How many bytes the system takes ahead of those that it has sent. It would else take megabytes, which count as gone out
/// although a site that answers early may never get them. Fast connections are no slower for it.
const UNSENT: u32 = 128 * 1024;

/// Sends one file.
pub(crate) type Uplink = Client<Meter<HttpsConnector<Hearing>>, FileBody>;
/// A file in its form, on its way.
pub(crate) type FileBody = UnsyncBoxBody<Bytes, BodyFailed>;

/// Builds the HTTP client for one file. It connects to wherever `reach` allows.
///
/// Each file gets a connection of its own, which ends with it. A connection that has been idle may be closed by the
/// site just when a file is sent, and the file could not be sent again. Sites give each file an address at another node
/// anyway, where an idle connection is of no use.
pub(crate) fn uplink(reach: Reach, settings: &Settings, tls: Arc<ClientConfig>) -> Uplink {
    let mut tcp = HttpConnector::new_with_resolver(Resolver(reach));
    tcp.enforce_http(false);
    tcp.set_nodelay(true);
    tcp.set_connect_timeout(Some(settings.connect_timeout));
    // A site that takes nothing keeps no connection, whatever was given up meanwhile.
    tcp.set_tcp_user_timeout(Some(settings.idle_timeout));
    let https = HttpsConnector::from((Hearing(tcp), tls));
    let mut client = Client::builder(TokioExecutor::new());
    client.pool_max_idle_per_host(0).retry_canceled_requests(false).build(Meter(https))
}

/// Resolves names as the rule for addresses wants it.
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

/// A name that leads nowhere, or where it must not.
#[derive(Debug, thiserror::Error)]
#[error("the name cannot be resolved")]
pub(crate) struct Unresolved(#[source] pub(crate) Box<dyn std::error::Error + Send + Sync>);

/// Makes connections that are listened to until the end.
#[derive(Debug, Clone)]
pub(crate) struct Hearing(HttpConnector<Resolver>);

impl Service<Uri> for Hearing {
    type Response = Heard;
    type Error = <HttpConnector<Resolver> as Service<Uri>>::Error;
    type Future = BoxFuture<'static, Result<Heard, Self::Error>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.0.poll_ready(context)
    }

    fn call(&mut self, address: Uri) -> Self::Future {
        let connecting = self.0.call(address);
        Box::pin(async move {
            let stream = connecting.await?;
            if let Err(error) = SockRef::from(stream.inner()).set_tcp_notsent_lowat(UNSENT) {
                tracing::debug!(%error, "a connection keeps the system's settings");
            }
            Ok(Heard { stream, failed: None })
        })
    }
}

/// A connection on which a failed write ends nothing before what has come could be read.
pub(crate) struct Heard {
    stream: TokioIo<TcpStream>,
    /// How writing has failed, and until when that is kept from the writer.
    failed: Option<(io::ErrorKind, Pin<Box<Sleep>>)>,
}

impl Heard {
    /// What becomes of a write: one that fails stands still, and fails a while later.
    fn write<T>(
        &mut self,
        context: &mut Context<'_>,
        write: impl FnOnce(Pin<&mut TokioIo<TcpStream>>, &mut Context<'_>) -> Poll<io::Result<T>>,
    ) -> Poll<io::Result<T>> {
        if self.failed.is_none() {
            match write(Pin::new(&mut self.stream), context) {
                Poll::Ready(Err(error)) => self.failed = Some((error.kind(), Box::pin(sleep(TIME_TO_HEAR)))),
                outcome => return outcome,
            }
            // The reader looks first the next time.
            context.waker().wake_by_ref();
        }
        match &mut self.failed {
            Some((kind, end)) => end.as_mut().poll(context).map(|()| Err((*kind).into())),
            None => Poll::Pending,
        }
    }
}

impl Connection for Heard {
    fn connected(&self) -> Connected {
        self.stream.connected()
    }
}

impl Read for Heard {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl Write for Heard {
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
