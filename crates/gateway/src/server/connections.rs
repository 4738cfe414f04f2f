//! Connections: how many there may be, how each is served, and how long each may do nothing.

use std::convert::Infallible;
use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::{Request, Response};
use hyper::body::Incoming;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;
use tokio_io_timeout::TimeoutStream;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower::{Service, ServiceExt as _, service_fn};

use super::activity::{Activity, UnderWay};
use super::outgoing::Outgoing;
use super::refusal;
use super::stream::Witnessed;
use crate::config::ServerConfig;
use crate::held::Held;
use crate::limits::Peer;

/// The largest request head that is read. What is over 64 KiB is then refused with the right status.
const MAX_HEAD_BUFFER: usize = 256 * 1024;
/// The most header fields of a request.
const MAX_HEADERS: usize = 1024;
/// The most requests that are under way on one connection of HTTP/2.
const MAX_STREAMS: u32 = 128;
/// How many callers for whom there is no place are told so at once; the others see the connection close.
const DOORSTEP: usize = 64;
/// How long that may take.
const FAREWELL: Duration = Duration::from_secs(1);

/// All connections of a listener.
pub(super) struct Connections {
    builder: Builder<TokioExecutor>,
    /// How long a connection may do nothing.
    patience: Duration,
    /// How long a caller may take nothing of what it is sent.
    idle_timeout: Duration,
    places: Arc<Semaphore>,
    doorstep: Arc<Semaphore>,
    /// Whether there was no place for the last one.
    are_full: AtomicBool,
    open: TaskTracker,
    ending: CancellationToken,
}

impl Connections {
    pub(super) fn new(config: &ServerConfig) -> Self {
        Self {
            builder: builder(config),
            patience: config.header_timeout,
            idle_timeout: config.idle_timeout,
            places: Arc::new(Semaphore::new(config.max_connections)),
            doorstep: Arc::new(Semaphore::new(DOORSTEP)),
            are_full: AtomicBool::new(false),
            open: TaskTracker::new(),
            ending: CancellationToken::new(),
        }
    }

    /// Serves a connection, if there is a place for it.
    pub(super) fn serve(&self, stream: TcpStream, peer: Peer, service: Router) {
        if let Ok(place) = Arc::clone(&self.places).try_acquire_owned() {
            self.are_full.store(false, Ordering::Relaxed);
            self.begin(stream, peer, service, place);
            return;
        }
        if !self.are_full.swap(true, Ordering::Relaxed) {
            tracing::warn!("there are as many connections as there may be; further ones are refused");
        }
        if let Ok(step) = Arc::clone(&self.doorstep).try_acquire_owned() {
            tokio::spawn(async move {
                drop(timeout(FAREWELL, turn_away(stream)).await);
                drop(step);
            });
        }
    }

    /// Lets every connection finish what was begun on it.
    pub(super) async fn finish(&self) {
        self.ending.cancel();
        self.open.close();
        self.open.wait().await;
    }

    fn begin(&self, stream: TcpStream, peer: Peer, service: Router, place: OwnedSemaphorePermit) {
        // Whoever does not take what it is sent is not waited for.
        let mut stream = TimeoutStream::new(Outgoing::new(stream));
        stream.set_write_timeout(Some(self.idle_timeout));
        let activity = Activity::new();
        let witnessed = Witnessed::new(Box::pin(stream), Arc::clone(&activity));
        let service = TowerToHyperService::new(noting(service, peer, &activity));
        let io = TokioIo::new(witnessed);
        let connection = self.builder.serve_connection(io, service).into_owned();
        let (patience, ending) = (self.patience, self.ending.clone());
        self.open.spawn(async move {
            let mut connection = pin!(connection);
            let (mut is_ending, mut is_idle) = (false, false);
            loop {
                tokio::select! {
                    ended = connection.as_mut() => {
                        if let Err(error) = ended {
                            tracing::debug!(error, "a connection ended badly");
                        }
                        break;
                    }
                    () = ending.cancelled(), if !is_ending => is_ending = true,
                    // Who is asked to go, and still does nothing, is not waited for.
                    () = activity.idle_for(patience) => if std::mem::replace(&mut is_idle, true) { break },
                }
                activity.touch();
                connection.as_mut().graceful_shutdown();
            }
            drop(place);
        });
    }
}

/// The service of one connection, which notes what is under way, and brings who calls and what speaks against a
/// request's head.
fn noting(
    service: Router,
    peer: Peer,
    activity: &Arc<Activity>,
) -> impl Service<
    Request<Incoming>,
    Response = Response<Held<Body, Arc<UnderWay>>>,
    Error = Infallible,
    Future = impl Future + Send + 'static,
> + Clone
+ Send
+ 'static {
    let activity = Arc::clone(activity);
    service_fn(move |request: Request<Incoming>| {
        let (under_way, ambiguity) = activity.begin();
        let mut request = request.map(|body| Held::new(body, Arc::clone(&under_way)));
        request.extensions_mut().insert(peer);
        if let Some(ambiguity) = ambiguity {
            request.extensions_mut().insert(ambiguity);
        }
        let answer = service.clone().oneshot(request);
        async move { answer.await.map(|answer| answer.map(|body| Held::new(body, under_way))) }
    })
}

fn builder(config: &ServerConfig) -> Builder<TokioExecutor> {
    let mut builder = Builder::new(TokioExecutor::new());
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(config.header_timeout)
        .max_buf_size(MAX_HEAD_BUFFER)
        .max_headers(MAX_HEADERS)
        .http2()
        .timer(TokioTimer::new())
        .max_header_list_size(MAX_HEAD_BUFFER as u32)
        .max_concurrent_streams(MAX_STREAMS)
        .keep_alive_interval(Some(config.idle_timeout));
    builder
}

/// Tells a caller that there is no place, and waits until it has seen that the connection is over.
async fn turn_away(mut stream: TcpStream) -> io::Result<()> {
    stream.write_all(&refusal::full()).await?;
    stream.shutdown().await?;
    let mut scratch = [0; 4096];
    while stream.read(&mut scratch).await? > 0 {}
    Ok(())
}
