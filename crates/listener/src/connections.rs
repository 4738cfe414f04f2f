//! Connections: their number, how each is served, and how long each may be idle.

use std::convert::Infallible;
use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, Request, Response};
use hyper::body::{Body, Incoming};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::time::{sleep, timeout};
use tokio_io_timeout::TimeoutStream;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower::{BoxError, Service, ServiceExt as _, service_fn};

use crate::activity::{Activity, Answering, IdleLimits, UnderWay};
use crate::outgoing::Outgoing;
use crate::places::{Place, Places};
use crate::refusal::{Refusal, Refuse};
use crate::request_body::lingering;
use crate::stream::{MessageStream, Timeouts};
use crate::streams::{StreamExecutor, TrackedBody};
use crate::{Held, Peer, RequestBody};

/// The largest request head that is read. Heads over 64 KiB are read up to this size, so that they are rejected with
/// the right status.
const MAX_HEAD_BUFFER: usize = 256 * 1024;
/// The maximum number of header fields of a request.
const MAX_HEADERS: usize = 1024;
/// The maximum number of concurrent requests on one HTTP/2 connection.
const MAX_STREAMS: u32 = 128;
/// How many callers without a place get an answer at the same time. For the others the connection is only closed.
const MAX_REFUSALS: usize = 64;
/// How long such an answer may take.
const CLOSE_GRACE: Duration = Duration::from_secs(1);
/// How long to wait after a failed accept, which may be due to a lack of file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// A service that can answer requests.
pub trait Answers<B>:
    Service<Request<RequestBody>, Response = Response<B>, Error = Infallible, Future: Send> + Clone + Send + 'static
{
}

impl<B, S> Answers<B> for S where
    S: Service<Request<RequestBody>, Response = Response<B>, Error = Infallible, Future: Send> + Clone + Send + 'static
{
}

/// The body of an answer.
pub trait AnswerBody: Body<Data = Bytes, Error: Into<BoxError>> + Send + Unpin + 'static {}

impl<B: Body<Data = Bytes, Error: Into<BoxError>> + Send + Unpin + 'static> AnswerBody for B {}

/// The limits of connections, and of the time that a caller may take.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// The maximum number of connections.
    pub connections: usize,
    /// The maximum number of connections from one address that have not sent a valid key.
    pub connections_per_address: usize,
    /// The time for the head of a request.
    pub header_timeout: Duration,
    /// The time until the next request.
    pub keep_alive_timeout: Duration,
    /// The time in which a caller must read some byte of an answer.
    pub idle_timeout: Duration,
}

/// All connections of a listener.
pub struct Connections {
    builder: Builder<StreamExecutor>,
    refuse: Refuse,
    /// How long an HTTP/1 connection may wait for its caller.
    timeouts: Timeouts,
    /// How long a caller may read nothing of an answer.
    idle_timeout: Duration,
    places: Places,
    refusals: Arc<Semaphore>,
    /// Whether the latest connection got no place.
    are_full: AtomicBool,
    open: TaskTracker,
    ending: CancellationToken,
}

impl Connections {
    /// Creates connections with limits. `refuse` returns the answer to a connection or head that is rejected before it
    /// becomes a request.
    #[must_use]
    pub fn new(limits: Limits, refuse: Refuse) -> Self {
        Self {
            builder: builder(limits.idle_timeout),
            refuse,
            timeouts: Timeouts { head: limits.header_timeout, keep_alive: limits.keep_alive_timeout },
            idle_timeout: limits.idle_timeout,
            places: Places::new(limits.connections, limits.connections_per_address),
            refusals: Arc::new(Semaphore::new(MAX_REFUSALS)),
            are_full: AtomicBool::new(false),
            open: TaskTracker::new(),
            ending: CancellationToken::new(),
        }
    }

    /// Accepts connections until this future is dropped. A clone of the service answers the requests of each
    /// connection. Accepted connections continue afterwards.
    pub async fn accept<S: Answers<B>, B: AnswerBody>(&self, listener: &TcpListener, service: &S) -> Infallible {
        loop {
            match listener.accept().await {
                Ok((stream, peer)) => self.serve(stream, Peer::at(peer.ip()), service.clone()),
                Err(error) => {
                    tracing::warn!(%error, "cannot accept a connection");
                    sleep(ACCEPT_PAUSE).await;
                }
            }
        }
    }

    /// Serves a connection, or rejects it if no place is free.
    fn serve<S: Answers<B>, B: AnswerBody>(&self, stream: TcpStream, peer: Peer, service: S) {
        if let Some(place) = self.places.admit(peer) {
            self.are_full.store(false, Ordering::Relaxed);
            self.begin(stream, peer, service, place);
            return;
        }
        if !self.are_full.swap(true, Ordering::Relaxed) {
            tracing::warn!("the connection limit is reached; new connections are refused");
        }
        if let Ok(permit) = Arc::clone(&self.refusals).try_acquire_owned() {
            let refuse = self.refuse;
            tokio::spawn(async move {
                drop(timeout(CLOSE_GRACE, reject(stream, refuse)).await);
                drop(permit);
            });
        }
    }

    /// Starts the graceful shutdown of every connection, and waits until all have ended.
    pub async fn finish(&self) {
        self.ending.cancel();
        self.open.close();
        self.open.wait().await;
    }

    fn begin<S: Answers<B>, B: AnswerBody>(&self, stream: TcpStream, peer: Peer, service: S, place: Arc<Place>) {
        // A caller that does not read the answer is disconnected.
        let mut stream = TimeoutStream::new(Outgoing::new(stream));
        stream.set_write_timeout(Some(self.idle_timeout));
        let activity = Activity::new();
        let timeouts = self.timeouts;
        let messages = MessageStream::new(Box::pin(stream), Arc::clone(&activity), timeouts, self.refuse);
        let service = TowerToHyperService::new(observed(service, peer, &place, &activity));
        let io = TokioIo::new(messages);
        let connection = self.builder.serve_connection(io, service).into_owned();
        let (first, between, unfinished) = (timeouts.head, timeouts.keep_alive, self.idle_timeout);
        let mut limits = IdleLimits { first, between, unfinished };
        let ending = self.ending.clone();
        self.open.spawn(async move {
            let mut connection = pin!(connection);
            let (mut is_ending, mut is_idle) = (false, false);
            loop {
                tokio::select! {
                    ended = connection.as_mut() => {
                        if let Err(error) = ended {
                            tracing::debug!(error, "a connection ended with an error");
                        }
                        break;
                    }
                    () = place.ended() => break,
                    () = ending.cancelled(), if !is_ending => is_ending = true,
                    () = place.refused(), if !is_ending => is_ending = true,
                    // A caller that starts no request after the graceful shutdown is disconnected.
                    () = activity.idle(limits) => {
                        if activity.has_unfinished() || std::mem::replace(&mut is_idle, true) {
                            break;
                        }
                    }
                }
                limits.between = limits.first;
                activity.touch();
                connection.as_mut().graceful_shutdown();
            }
        });
    }
}

/// An answer that counts as unfinished until its body is dropped.
type Answer<B> = Response<Held<TrackedBody<B>, (Answering, Arc<UnderWay>)>>;

/// Wraps the service for one connection. It counts the requests and answers. It adds to each request its peer, the
/// place of the connection, and the ambiguity of the head.
fn observed<S: Answers<B>, B: AnswerBody>(
    service: S,
    peer: Peer,
    place: &Arc<Place>,
    activity: &Arc<Activity>,
) -> impl Service<Request<Incoming>, Response = Answer<B>, Error = Infallible, Future = impl Future + Send + 'static>
+ Clone
+ Send
+ 'static {
    let (activity, place) = (Arc::clone(activity), Arc::clone(place));
    service_fn(move |request: Request<Incoming>| {
        let (under_way, answering, ambiguity) = activity.begin();
        let mut request = lingering(request, Arc::clone(&under_way));
        request.extensions_mut().insert(peer);
        request.extensions_mut().insert(Arc::clone(&place));
        if let Some(ambiguity) = ambiguity {
            request.extensions_mut().insert(ambiguity);
        }
        let (answer, activity) = (service.clone().oneshot(request), Arc::clone(&activity));
        async move {
            let answer = answer.await?;
            if is_event_stream(answer.headers()) {
                activity.set_endless();
            }
            Ok(answer.map(|body| Held::new(TrackedBody::new(body), (answering, under_way))))
        }
    })
}

/// Whether an answer continues until its caller disconnects.
#[must_use]
pub fn is_event_stream(headers: &HeaderMap) -> bool {
    headers.get(CONTENT_TYPE).is_some_and(|media_type| media_type.as_bytes().starts_with(b"text/event-stream"))
}

fn builder(idle_timeout: Duration) -> Builder<StreamExecutor> {
    let mut builder = Builder::new(StreamExecutor::new(idle_timeout));
    builder
        .http1()
        // `MessageStream` measures the time of heads, which differs from the time between requests.
        .header_read_timeout(None)
        .max_buf_size(MAX_HEAD_BUFFER)
        .max_headers(MAX_HEADERS)
        .http2()
        .timer(TokioTimer::new())
        .max_header_list_size(MAX_HEAD_BUFFER as u32)
        .max_concurrent_streams(MAX_STREAMS)
        .keep_alive_interval(Some(idle_timeout));
    builder
}

/// Sends the answer for a connection without a place, and waits until the caller has closed its side.
async fn reject(mut stream: TcpStream, refuse: Refuse) -> io::Result<()> {
    stream.write_all(&refuse(Refusal::NoPlace)).await?;
    stream.shutdown().await?;
    let mut scratch = [0; 4096];
    while stream.read(&mut scratch).await? > 0 {}
    Ok(())
}
