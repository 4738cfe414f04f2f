//! Connections: how many there may be, how each is served, and how long each may do nothing.

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

use crate::activity::{Activity, Answering, Patience, UnderWay};
use crate::outgoing::Outgoing;
use crate::places::{Place, Places};
use crate::refusal::{Refusal, Refuse};
use crate::request_body::lingering;
use crate::stream::{Timeouts, Witnessed};
use crate::streams::{StreamExecutor, Taken};
use crate::{Held, Peer, RequestBody};

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
/// How long to wait after a connection could not be accepted, for want of file descriptors say.
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

/// How many connections there may be, and how long a caller may take.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// How many connections there may be at once.
    pub connections: usize,
    /// How many of them one address may have whose callers have shown no good key.
    pub connections_per_address: usize,
    /// For the head of a request.
    pub header_timeout: Duration,
    /// For the next request.
    pub keep_alive_timeout: Duration,
    /// For any byte of an answer.
    pub idle_timeout: Duration,
}

/// All connections of a listener.
pub struct Connections {
    builder: Builder<StreamExecutor>,
    refuse: Refuse,
    /// How long a connection of HTTP/1 may wait for its caller.
    timeouts: Timeouts,
    /// How long a caller may take nothing of what it is sent.
    idle_timeout: Duration,
    places: Places,
    doorstep: Arc<Semaphore>,
    /// Whether there was no place for the last one.
    are_full: AtomicBool,
    open: TaskTracker,
    ending: CancellationToken,
}

impl Connections {
    /// Connections within limits. `refuse` has the words for what is refused before it is a request.
    #[must_use]
    pub fn new(limits: Limits, refuse: Refuse) -> Self {
        Self {
            builder: builder(limits.idle_timeout),
            refuse,
            timeouts: Timeouts { head: limits.header_timeout, keep_alive: limits.keep_alive_timeout },
            idle_timeout: limits.idle_timeout,
            places: Places::new(limits.connections, limits.connections_per_address),
            doorstep: Arc::new(Semaphore::new(DOORSTEP)),
            are_full: AtomicBool::new(false),
            open: TaskTracker::new(),
            ending: CancellationToken::new(),
        }
    }

    /// Takes connections, and has a clone of the service answer the requests of each, until this is dropped. Those that
    /// were taken go on.
    pub async fn accept<S: Answers<B>, B: AnswerBody>(&self, listener: &TcpListener, service: &S) -> Infallible {
        loop {
            match listener.accept().await {
                Ok((stream, peer)) => self.serve(stream, Peer::at(peer.ip()), service.clone()),
                Err(error) => {
                    tracing::warn!(%error, "a connection could not be accepted");
                    sleep(ACCEPT_PAUSE).await;
                }
            }
        }
    }

    /// Serves a connection, if there is a place for it.
    fn serve<S: Answers<B>, B: AnswerBody>(&self, stream: TcpStream, peer: Peer, service: S) {
        if let Some(place) = self.places.admit(peer) {
            self.are_full.store(false, Ordering::Relaxed);
            self.begin(stream, peer, service, place);
            return;
        }
        if !self.are_full.swap(true, Ordering::Relaxed) {
            tracing::warn!("there are as many connections as there may be; further ones are refused");
        }
        if let Ok(step) = Arc::clone(&self.doorstep).try_acquire_owned() {
            let refuse = self.refuse;
            tokio::spawn(async move {
                drop(timeout(FAREWELL, turn_away(stream, refuse)).await);
                drop(step);
            });
        }
    }

    /// Lets every connection finish what was begun on it.
    pub async fn finish(&self) {
        self.ending.cancel();
        self.open.close();
        self.open.wait().await;
    }

    fn begin<S: Answers<B>, B: AnswerBody>(&self, stream: TcpStream, peer: Peer, service: S, place: Arc<Place>) {
        // Whoever does not take what it is sent is not waited for.
        let mut stream = TimeoutStream::new(Outgoing::new(stream));
        stream.set_write_timeout(Some(self.idle_timeout));
        let activity = Activity::new();
        let timeouts = self.timeouts;
        let witnessed = Witnessed::new(Box::pin(stream), Arc::clone(&activity), timeouts, self.refuse);
        let service = TowerToHyperService::new(noting(service, peer, &place, &activity));
        let io = TokioIo::new(witnessed);
        let connection = self.builder.serve_connection(io, service).into_owned();
        let (first, between, unfinished) = (timeouts.head, timeouts.keep_alive, self.idle_timeout);
        let mut patience = Patience { first, between, unfinished };
        let ending = self.ending.clone();
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
                    () = place.ended() => break,
                    () = ending.cancelled(), if !is_ending => is_ending = true,
                    () = place.refused(), if !is_ending => is_ending = true,
                    // A caller that was asked to go, and still begins nothing, is not waited for.
                    () = activity.idle(patience) => {
                        if activity.has_unfinished() || std::mem::replace(&mut is_idle, true) {
                            break;
                        }
                    }
                }
                patience.between = patience.first;
                activity.touch();
                connection.as_mut().graceful_shutdown();
            }
        });
    }
}

/// An answer that counts as one until it has been passed on.
type Answer<B> = Response<Held<Taken<B>, (Answering, Arc<UnderWay>)>>;

/// The service of one connection. It counts the requests and answers, and gives each request its peer, the place of the
/// connection, and what is ambiguous in the head.
fn noting<S: Answers<B>, B: AnswerBody>(
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
                activity.answers_endlessly();
            }
            Ok(answer.map(|body| Held::new(Taken::new(body), (answering, under_way))))
        }
    })
}

/// Whether an answer goes on until its caller goes away.
#[must_use]
pub fn is_event_stream(headers: &HeaderMap) -> bool {
    headers.get(CONTENT_TYPE).is_some_and(|media_type| media_type.as_bytes().starts_with(b"text/event-stream"))
}

fn builder(idle_timeout: Duration) -> Builder<StreamExecutor> {
    let mut builder = Builder::new(StreamExecutor::new(idle_timeout));
    builder
        .http1()
        // The stream keeps the time of heads, which is not that of a connection between requests.
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

/// Tells a caller that there is no place, and waits until it has seen that the connection is over.
async fn turn_away(mut stream: TcpStream, refuse: Refuse) -> io::Result<()> {
    stream.write_all(&refuse(Refusal::NoPlace)).await?;
    stream.shutdown().await?;
    let mut scratch = [0; 4096];
    while stream.read(&mut scratch).await? > 0 {}
    Ok(())
}
