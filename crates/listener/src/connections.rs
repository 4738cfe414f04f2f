//! Connections: accepts them, limits their number, serves them, and closes idle ones.

use std::convert::Infallible;
use std::io;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::service::TowerToHyperService;
use ipnet::IpNet;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::time::{sleep, timeout};
use tokio_io_timeout::TimeoutStream;
use tokio_util::either::Either;
use tokio_util::task::TaskTracker;

use crate::Peer;
use crate::activity::{Activity, IdleLimits};
use crate::answers::{AnswerBody, Answers, observed};
use crate::outgoing::Outgoing;
use crate::places::{Place, Places};
use crate::refusal::{Refusal, Refuse};
use crate::stream::{MessageStream, Timeouts};
use crate::streams::StreamExecutor;
use crate::tls::{MaybeTls, Tls};

/// The largest request head that is read. Heads over 64 KiB are read up to this size, so that they are rejected with
/// the right status.
const MAX_HEAD_BUFFER: usize = 256 * 1024;
/// The maximum number of concurrent requests on one HTTP/2 connection.
const MAX_STREAMS: u32 = 128;
/// The maximum number of concurrent answers to callers without a place. The connections of further callers are only
/// closed.
const MAX_REFUSALS: usize = 64;
/// The time limit for such an answer.
const CLOSE_GRACE: Duration = Duration::from_secs(1);
/// The wait after a failed accept, which may be due to a lack of file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

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
    phase: watch::Sender<Phase>,
}

/// The phases of all connections, in their order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Phase {
    Open,
    /// Each answer is the last one of its connection.
    Draining,
    /// Connections end after their requests under way.
    Ending,
    /// Connections end at once.
    Aborted,
}

/// Aborts all connections when it is dropped: none of them sends anything any more.
#[must_use]
pub struct AbortOnDrop(watch::Sender<Phase>);

/// Begins a phase, unless a later one has begun.
fn advance(phase: &watch::Sender<Phase>, to: Phase) {
    phase.send_if_modified(|phase| {
        let is_later = *phase < to;
        *phase = to.max(*phase);
        is_later
    });
}

impl Drop for AbortOnDrop {
    fn drop(&mut self) {
        advance(&self.0, Phase::Aborted);
    }
}

impl Connections {
    /// Creates connections with limits, which serve HTTPS with `tls`, else plain HTTP. `refuse` returns the answer to a
    /// connection or head that is rejected before it becomes a request.
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
            phase: watch::Sender::new(Phase::Open),
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
        advance(&self.phase, Phase::Draining);
    }

    /// Starts the graceful shutdown of every connection, and waits until all have ended.
    pub async fn finish(&self) {
        advance(&self.phase, Phase::Ending);
        self.open.close();
        self.open.wait().await;
    }

    /// Returns a guard that aborts all connections. Without it, callers could get answers about work that only the end
    /// of the process has cancelled.
    pub fn abort_on_drop(&self) -> AbortOnDrop {
        AbortOnDrop(self.phase.clone())
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
        let mut phase = self.phase.subscribe();
        tokio::select! {
            secured = timeout(self.timeouts.head, tls.accept(stream)) => secured?.map(Either::Right),
            () = place.ended() => Err(io::ErrorKind::ConnectionAborted.into()),
            _ = phase.wait_for(|phase| *phase >= Phase::Ending) => Err(io::ErrorKind::ConnectionAborted.into()),
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
        let mut phases = self.phase.subscribe();
        phases.mark_changed();
        let (mut is_ending, mut is_idle) = (false, false);
        loop {
            tokio::select! {
                // The phase is polled first, so that a request that arrives after the drain gets the last answer.
                biased;
                _ = phases.changed() => {
                    let phase = *phases.borrow_and_update();
                    if phase == Phase::Aborted {
                        break;
                    }
                    if phase >= Phase::Draining {
                        activity.set_draining();
                    }
                    let can_end = phase == Phase::Ending || phase == Phase::Draining && activity.can_go_away();
                    if is_ending || !can_end {
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

fn builder(idle_timeout: Duration) -> Builder<StreamExecutor> {
    let mut builder = Builder::new(StreamExecutor::new(idle_timeout));
    builder
        .http1()
        // `MessageStream` measures the time of heads, which differs from the time between requests.
        .header_read_timeout(None)
        .max_buf_size(MAX_HEAD_BUFFER)
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
    use std::sync::Mutex;

    use bytes::Bytes;
    use http::Response;
    use http_body_util::Full;
    use tokio::sync::oneshot;
    use tokio_util::sync::CancellationToken;
    use tower::service_fn;

    use super::*;

    fn connections() -> Connections {
        let long = Duration::from_secs(60);
        let limits = Limits {
            connections: 2,
            connections_per_address: 2,
            trusted_proxies: Vec::new(),
            header_timeout: long,
            keep_alive_timeout: long,
            idle_timeout: long,
        };
        Connections::new(limits, None, |_| Bytes::new())
    }

    /// Sends a request to a listener, and returns the stream for its answer.
    async fn ask(listener: &TcpListener) -> TcpStream {
        let mut stream = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        stream.write_all(b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").await.unwrap();
        stream
    }

    #[tokio::test]
    async fn waiting_connection_is_served_after_the_listener_closed() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let mut waiting = ask(&listener).await;

        let answer = service_fn(async |_| Ok(Response::new(Full::new(Bytes::from_static(b"answered")))));
        connections().accept_waiting(listener, &answer);
        TcpStream::connect(address).await.unwrap_err();
        let mut received = String::new();
        waiting.read_to_string(&mut received).await.unwrap();
        assert!(received.ends_with("answered"), "{received}");
    }

    #[tokio::test]
    async fn aborted_connection_sends_no_answer_about_cancelled_work() {
        let (work, (begins, begun)) = (CancellationToken::new(), oneshot::channel());
        let begins = Arc::new(Mutex::new(Some(begins)));
        let cancelled = work.clone();
        let answer = service_fn(move |_| {
            begins.lock().unwrap().take().unwrap().send(()).unwrap();
            let cancelled = cancelled.clone();
            async move {
                cancelled.cancelled().await;
                Ok(Response::new(Full::new(Bytes::from_static(b"failed"))))
            }
        });
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let mut waiting = ask(&listener).await;
        let connections = connections();
        connections.accept_waiting(listener, &answer);
        begun.await.unwrap();

        drop(connections.abort_on_drop());
        work.cancel();
        let mut received = String::new();
        waiting.read_to_string(&mut received).await.unwrap();
        assert_eq!(received, "");
    }
}
