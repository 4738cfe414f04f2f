//! Connections: accepted, limited in what they may take their time for, and ended in good order.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::Router;
use axum::http::Request;
use hyper::body::Incoming;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use socket2::SockRef;
use tokio::net::{TcpListener, TcpStream};
use tokio_io_timeout::TimeoutStream;
use tower::ServiceExt as _;

use crate::app::App;
use crate::config::ServerConfig;
use crate::limits::Peer;

/// The largest request head that is read. What is over 64 KiB is then refused with the right status.
const MAX_HEAD_BUFFER: usize = 256 * 1024;
/// The most header fields of a request.
const MAX_HEADERS: usize = 1024;
/// How much the system keeps of what a caller is yet to be sent, in bytes.
const MOST_UNSENT: u32 = 512 * 1024;
/// How long to wait after a connection could not be accepted, for want of file descriptors say.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Serves until `end` resolves, then finishes what was begun.
pub async fn serve(listener: TcpListener, service: Router, app: &App, end: impl Future<Output = ()>) {
    let config = app.server();
    let door = Door::new(config);
    let stop = async {
        end.await;
        app.drain();
        tracing::info!("shutting down");
        tokio::time::sleep(config.shutdown_delay).await;
    };
    tokio::pin!(stop);
    loop {
        tokio::select! {
            biased;
            () = &mut stop => break,
            () = door.admit(&listener, &service) => {}
        }
    }
    drop(listener);
    let finished = async {
        door.connections.shutdown().await;
        app.tasks().close();
        app.tasks().wait().await;
    };
    match tokio::time::timeout(config.drain_timeout, finished).await {
        Ok(()) => tracing::info!("every request was finished"),
        Err(_) => tracing::warn!("some requests were not finished in time"),
    }
    app.close().await;
}

/// Serves until it is dropped, with the same patience.
pub async fn answer(listener: TcpListener, service: Router, config: &ServerConfig) {
    let door = Door::new(config);
    loop {
        door.admit(&listener, &service).await;
    }
}

/// Where connections come in.
struct Door<'a> {
    builder: Builder<TokioExecutor>,
    connections: GracefulShutdown,
    config: &'a ServerConfig,
}

impl<'a> Door<'a> {
    fn new(config: &'a ServerConfig) -> Self {
        Self { builder: builder(config), connections: GracefulShutdown::new(), config }
    }

    /// Takes the next connection.
    async fn admit(&self, listener: &TcpListener, service: &Router) {
        match listener.accept().await {
            Ok((stream, peer)) => {
                let service = service.clone();
                spawn(stream, Peer::at(peer.ip()), &self.builder, service, &self.connections, self.config);
            }
            Err(error) => pause_after(&error).await,
        }
    }
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
        .keep_alive_interval(Some(config.idle_timeout));
    builder
}

fn spawn(
    stream: TcpStream,
    peer: Peer,
    builder: &Builder<TokioExecutor>,
    service: Router,
    connections: &GracefulShutdown,
    config: &ServerConfig,
) {
    if let Err(error) = set_options(&stream) {
        tracing::debug!(%error, "a connection keeps the system's settings");
    }
    let spoke = Arc::new(AtomicBool::new(false));
    let note = Arc::clone(&spoke);
    let service = service.map_request(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(peer);
        note.store(true, Ordering::Relaxed);
        request
    });
    // Whoever does not take what it is sent is not waited for.
    let mut stream = TimeoutStream::new(stream);
    stream.set_write_timeout(Some(config.idle_timeout));
    let stream = TokioIo::new(Box::pin(stream));
    let connection = builder.serve_connection(stream, TowerToHyperService::new(service)).into_owned();
    let watched = connections.watch(connection);
    let patience = config.header_timeout;
    tokio::spawn(async move {
        tokio::select! {
            ended = watched => if let Err(error) = ended {
                tracing::debug!(error, "a connection ended badly");
            },
            () = silent(patience, &spoke) => tracing::debug!("a connection ended without a request"),
        }
    });
}

fn set_options(stream: &TcpStream) -> io::Result<()> {
    // Answers are small or already in large pieces; waiting to join them only adds time.
    stream.set_nodelay(true)?;
    // The system would keep megabytes, and a caller who takes them slowly would look like one who takes nothing.
    SockRef::from(stream).set_tcp_notsent_lowat(MOST_UNSENT)
}

/// Resolves when no request has come for so long. Until it is known which HTTP is spoken, nobody else looks at the clock.
async fn silent(patience: Duration, spoke: &AtomicBool) {
    tokio::time::sleep(patience).await;
    if spoke.load(Ordering::Relaxed) {
        std::future::pending::<()>().await;
    }
}

async fn pause_after(error: &io::Error) {
    tracing::warn!(%error, "a connection could not be accepted");
    tokio::time::sleep(ACCEPT_PAUSE).await;
}

/// Resolves when the process is asked to end: SIGTERM, or Ctrl-C.
///
/// # Errors
/// Where the operating system does not let us listen for signals.
pub fn asked_to_end() -> io::Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}
