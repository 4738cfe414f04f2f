//! Serving: from the first connection that is accepted to the last that is ended in good order.

mod activity;
mod connections;
mod frames;
mod framing;
mod head;
mod outgoing;
mod places;
mod refusal;
mod stream;
mod streams;

use std::io;
use std::time::Duration;

use axum::Router;
use tokio::net::TcpListener;
use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::app::App;
use crate::config::ServerConfig;
use crate::limits::Peer;
use connections::Connections;
pub(crate) use connections::is_event_stream;
pub(crate) use head::Ambiguity;
pub(crate) use places::Place;

/// How long to wait after a connection could not be accepted, for want of file descriptors say.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Serves until `end` resolves, then finishes what was begun.
pub async fn serve(listener: TcpListener, service: Router, app: &App, end: impl Future<Output = ()>) {
    let config = app.server();
    let connections = Connections::new(config);
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
            () = admit(&connections, &listener, &service) => {}
        }
    }
    drop(listener);
    let finished = async {
        connections.finish().await;
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
    let connections = Connections::new(config);
    loop {
        admit(&connections, &listener, &service).await;
    }
}

/// Takes the next connection.
async fn admit(connections: &Connections, listener: &TcpListener, service: &Router) {
    match listener.accept().await {
        Ok((stream, peer)) => connections.serve(stream, Peer::at(peer.ip()), service.clone()),
        Err(error) => pause_after(&error).await,
    }
}

async fn pause_after(error: &io::Error) {
    tracing::warn!(%error, "a connection could not be accepted");
    tokio::time::sleep(ACCEPT_PAUSE).await;
}

/// The signals that ask the process to end.
#[derive(Debug)]
pub struct Signals {
    terminate: Signal,
    interrupt: Signal,
}

/// A signal that asks the process to end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// SIGTERM.
    Terminate,
    /// SIGINT: Ctrl-C.
    Interrupt,
}

impl Signals {
    /// Listens for the signals from now on.
    ///
    /// # Errors
    /// Where the operating system does not let us listen.
    pub fn listen() -> io::Result<Self> {
        Ok(Self { terminate: signal(SignalKind::terminate())?, interrupt: signal(SignalKind::interrupt())? })
    }

    /// Resolves with the next signal.
    pub async fn next(&mut self) -> Ending {
        tokio::select! {
            _ = self.terminate.recv() => Ending::Terminate,
            _ = self.interrupt.recv() => Ending::Interrupt,
        }
    }
}

impl Ending {
    /// The exit code of a process that the signal ends at once, as shells report it.
    #[must_use]
    pub fn exit_code(self) -> u8 {
        match self {
            Self::Interrupt => 130,
            Self::Terminate => 143,
        }
    }
}
