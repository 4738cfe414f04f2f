//! Serves the API: accepts connections, and drains them at shutdown.

use std::time::Duration;

use futures_util::future::BoxFuture;
use polyhost_config::ServerConfig;
use polyhost_listener::{Connections, Limits, Tls};
use tokio::net::TcpListener;

use crate::app::App;
use crate::refusal;
use crate::service::Service;

/// The longest wait for the first requests of connections that were made just before the listener was closed. A load
/// balancer sends such a request at once; the end of an idle connection could cross it.
const FIRST_REQUEST_GRACE: Duration = Duration::from_secs(1);

/// Serves until `end` resolves, then drains: waits for open requests and tasks, at most `drain_timeout`. Connections
/// that are open after that, or when this future is dropped, are closed without an answer.
///
/// `end` is boxed, so that everything here is compiled with this crate, which is optimized for speed.
pub async fn serve(listener: TcpListener, tls: Option<Tls>, service: Service, app: &App, end: BoxFuture<'_, ()>) {
    let config = app.server();
    let connections = connections(config, tls);
    let aborting = connections.abort_on_drop();
    let stop = async {
        end.await;
        app.drain();
        connections.drain();
        tracing::info!("shutting down");
        tokio::time::sleep(config.shutdown_delay).await;
    };
    tokio::select! {
        biased;
        () = stop => {}
        never = connections.accept(&listener, &service) => match never {},
    }
    connections.accept_waiting(listener, &service);
    tokio::time::sleep(config.shutdown_delay.min(FIRST_REQUEST_GRACE)).await;
    let finished = async {
        connections.finish().await;
        app.tasks().close();
        app.tasks().wait().await;
    };
    match tokio::time::timeout(config.drain_timeout, finished).await {
        Ok(()) => tracing::info!("all requests finished"),
        Err(_) => tracing::warn!("some requests did not finish within drain_timeout"),
    }
    drop(aborting);
    app.rosters().close().await;
}

/// Serves plain HTTP until the future is dropped, with the same limits and timeouts as [`serve`].
pub async fn answer(listener: TcpListener, service: Service, config: &ServerConfig) {
    match connections(config, None).accept(&listener, &service).await {}
}

fn connections(config: &ServerConfig, tls: Option<Tls>) -> Connections {
    let limits = Limits {
        connections: config.max_connections,
        connections_per_address: config.max_connections_per_address,
        trusted_proxies: config.trusted_proxies.clone(),
        header_timeout: config.header_timeout,
        keep_alive_timeout: config.keep_alive_timeout,
        idle_timeout: config.idle_timeout,
    };
    Connections::new(limits, tls, refusal::answers(config.access_log))
}
