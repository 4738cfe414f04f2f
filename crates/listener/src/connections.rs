//! Connections: accepts them, limits their number, serves them, and closes idle ones.

use std::convert::Infallible;
use std::io;
use std::pin::{Pin, pin};
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
use ipnet::IpNet;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::time::{sleep, timeout};
use tokio_io_timeout::TimeoutStream;
use tokio_util::either::Either;
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
use crate::tls::{MaybeTls, Tls};
use crate::{GuardedBody, Peer, RequestBody};

/// The largest request head that is read. Heads over 64 KiB are read up to this size, so that they are rejected with
/// the right status.
const MAX_HEAD_BUFFER: usize = 256 * 1024;
/// The maximum number of header fields of a request.
const MAX_HEADERS: usize = 1024;
/// The maximum number of concurrent requests on one HTTP/2 connection.
const MAX_STREAMS: u32 = 128;
/// The maximum number of concurrent answers to callers without a place. The connections of further callers are only
/// closed.
const MAX_REFUSALS: usize = 64;
/// The time limit for such an answer.
const CLOSE_GRACE: Duration = Duration::from_secs(1);
/// The wait after a failed accept, which may be due to a lack of file descriptors.
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
#[derive(Debug, Clone)]
pub struct Limits {
    /// The maximum number of connections.
    pub connections: usize,
    /// The maximum number of connections from one address that have not sent a valid key.
    pub connections_per_address: usize,
    /// The networks of proxies whose connections are not limited by address.
    pub trusted_proxies: Vec<IpNet>,
    /// The time for the head of a request.
    pub header_timeout: Duration,
    /// The time until the next request.
    pub keep_alive_timeout: Duration,
    /// The time in which a caller must read some byte of an answer.
    pub idle_timeout: Duration,
}

/// A caller's stream, without TLS.
type CallerStream = Pin<Box<TimeoutStream<Outgoing>>>;

/// All connections of a listener. Clones share them.
#[derive(Clone)]
pub struct Connections {
    builder: Builder<StreamExecutor>,
    tls: Option<Tls>,
    refuse: Refuse,
    /// The time limits of an HTTP/1 connection that waits for its caller.
    timeouts: Timeouts,
    /// The time limit for a caller that reads nothing of an answer.
    idle_timeout: Duration,
    places: Places,
    trusted_proxies: Arc<[IpNet]>,
    refusals: Arc<Semaphore>,
    /// Whether the latest connection got no place.
    are_full: Arc<AtomicBool>,
    open: TaskTracker,
    draining: CancellationToken,
    ending: CancellationToken,
}

impl Connections {
    /// Creates connections with limits, which serve HTTPS with `tls`, else plain HTTP. `refuse` returns the answer to a connection or head that is rejected before it
    /// becomes a request.
    #[must_use]
    pub fn new(limits: Limits, tls: Option<Tls>, refuse: Refuse) -> Self {
        Self {
            tls,
            builder: builder(limits.idle_timeout),
            refuse,
            timeouts: Timeouts { head: limits.header_timeout, keep_alive: limits.keep_alive_timeout },
            idle_timeout: limits.idle_timeout,
            places: Places::new(limits.connections, limits.connections_per_address),
            trusted_proxies: limits.trusted_proxies.into(),
            refusals: Arc::new(Semaphore::new(MAX_REFUSALS)),
            are_full: Arc::new(AtomicBool::new(false)),
            open: TaskTracker::new(),
            draining: CancellationToken::new(),
            ending: CancellationToken::new(),
        }
    }

    /// Accepts connections until this future is dropped. A clone of the service answers the requests of each
    /// connection. Accepted connections continue afterwards.
    pub async fn accept<S: Answers<B>, B: AnswerBody>(&self, listener: &TcpListener, service: &S) -> Infallible {
        loop {
            match listener.accept().await {
                Ok((stream, peer)) => {
                    self.serve(stream, Peer::new(peer.ip(), &self.trusted_proxies), service.clone());
                }
                Err(error) => {
                    tracing::warn!(%error, "cannot accept a connection");
                    sleep(ACCEPT_PAUSE).await;
                }
            }
        }
    }

    /// Accepts the connections that wait in the queue of a listener, and closes it. Without this, the system would reset
    /// them, and a load balancer could not know whether its request was received.
    pub fn accept_waiting<S: Answers<B>, B: AnswerBody>(&self, listener: TcpListener, service: &S) {
        let Ok(listener) = listener.into_std() else { return };
        while let Ok((stream, peer)) = listener.accept() {
            if stream.set_nonblocking(true).is_ok()
                && let Ok(stream) = TcpStream::from_std(stream)
            {
                self.serve(stream, Peer::new(peer.ip(), &self.trusted_proxies), service.clone());
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
            tracing::warn!("the connection limit is reached; new connections are rejected");
        }
        if self.tls.is_none()
            && let Ok(permit) = Arc::clone(&self.refusals).try_acquire_owned()
        {
            let refuse = self.refuse;
            tokio::spawn(async move {
                drop(timeout(CLOSE_GRACE, reject(stream, refuse)).await);
                drop(permit);
            });
        }
    }

    /// Asks the callers to leave: every answer from now on is the last one of its connection. HTTP/1 callers get
    /// `Connection: close`, and HTTP/2 callers a GOAWAY. New connections are still accepted.
    pub fn drain(&self) {
        self.draining.cancel();
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
        let connections = self.clone();
        self.open.spawn(async move {
            match connections.accept_tls(Box::pin(stream), &place).await {
                Ok(stream) => connections.serve_requests(stream, peer, service, &place).await,
                Err(error) => tracing::debug!(%error, "a TLS handshake failed"),
            }
        });
    }

    /// Performs the TLS handshake, if the connections have TLS, within the time for a head.
    async fn accept_tls(&self, stream: CallerStream, place: &Place) -> io::Result<MaybeTls<CallerStream>> {
        let Some(tls) = &self.tls else { return Ok(Either::Left(stream)) };
        tokio::select! {
            secured = timeout(self.timeouts.head, tls.accept(stream)) => secured?.map(Either::Right),
            () = place.ended() => Err(io::ErrorKind::ConnectionAborted.into()),
            () = self.ending.cancelled() => Err(io::ErrorKind::ConnectionAborted.into()),
        }
    }

    /// Serves the requests of a connection to its end.
    async fn serve_requests<S: Answers<B>, B: AnswerBody>(
        &self,
        stream: MaybeTls<CallerStream>,
        peer: Peer,
        service: S,
        place: &Arc<Place>,
    ) {
        let activity = Activity::new();
        let timeouts = self.timeouts;
        let messages = MessageStream::new(stream, Arc::clone(&activity), timeouts, self.refuse);
        let service = TowerToHyperService::new(observed(service, peer, place, &activity));
        let io = TokioIo::new(messages);
        let connection = self.builder.serve_connection(io, service);
        let (first, between, unfinished) = (timeouts.head, timeouts.keep_alive, self.idle_timeout);
        let mut limits = IdleLimits { first, between, unfinished };
        let mut connection = pin!(connection);
        let mut is_draining = self.draining.is_cancelled();
        if is_draining {
            activity.set_draining();
        }
        let (mut is_ending, mut is_idle) = (false, false);
        loop {
            tokio::select! {
                // The drain is polled first, so that a request that arrives after it gets the last answer.
                biased;
                () = self.draining.cancelled(), if !is_draining => {
                    is_draining = true;
                    activity.set_draining();
                    if !activity.can_go_away() {
                        continue;
                    }
                    is_ending = true;
                }
                ended = connection.as_mut() => {
                    if let Err(error) = ended {
                        tracing::debug!(error, "a connection ended with an error");
                    }
                    break;
                }
                () = place.ended() => break,
                () = activity.drained(), if !is_ending => is_ending = true,
                () = self.ending.cancelled(), if !is_ending => is_ending = true,
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
    }
}

/// An answer that counts as unfinished until its body is dropped.
type Answer<B> = Response<GuardedBody<TrackedBody<B>, (Answering, Arc<UnderWay>)>>;

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
        let version = request.version();
        let mut request = lingering(request, Arc::clone(&under_way));
        request.extensions_mut().insert(peer);
        request.extensions_mut().insert(Arc::clone(&place));
        if let Some(ambiguity) = ambiguity {
            request.extensions_mut().insert(ambiguity);
        }
        let (answer, activity) = (service.clone().oneshot(request), Arc::clone(&activity));
        async move {
            let mut answer = answer.await?;
            activity.announce_end(version, answer.headers_mut());
            if is_event_stream(answer.headers()) {
                activity.set_endless();
            }
            Ok(answer.map(|body| GuardedBody::new(TrackedBody::new(body), (answering, under_way))))
        }
    })
}

/// Returns whether an answer continues until its caller disconnects.
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

#[cfg(test)]
mod tests {
    use http_body_util::Full;

    use super::*;

    #[tokio::test]
    async fn waiting_connection_is_served_after_the_listener_closed() {
        let long = Duration::from_secs(60);
        let limits = Limits {
            connections: 2,
            connections_per_address: 2,
            trusted_proxies: Vec::new(),
            header_timeout: long,
            keep_alive_timeout: long,
            idle_timeout: long,
        };
        let connections = Connections::new(limits, None, |_| Bytes::new());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let mut waiting = TcpStream::connect(address).await.unwrap();

        let answer = service_fn(async |_| Ok(Response::new(Full::new(Bytes::from_static(b"answered")))));
        connections.accept_waiting(listener, &answer);
        TcpStream::connect(address).await.unwrap_err();
        waiting.write_all(b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").await.unwrap();
        let mut received = String::new();
        waiting.read_to_string(&mut received).await.unwrap();
        assert!(received.ends_with("answered"), "{received}");
    }
}
