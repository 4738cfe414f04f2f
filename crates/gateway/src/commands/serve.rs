//! `polyhost serve`: the gateway as a configuration describes it.

use std::net::SocketAddr;

use metrics_exporter_prometheus::PrometheusHandle;
use tokio::net::TcpListener;
use tokio_util::task::AbortOnDropHandle;

use super::{CommandError, check};
use crate::app::App;
use crate::auth::Callers;
use crate::cli::Serve;
use crate::config::Config;
use crate::{admin, metrics, router, server, telemetry};

pub(super) async fn run(options: &Serve) -> Result<(), CommandError> {
    let config = check::read(&options.config)?;
    let callers = callers(&config, options.no_auth)?;
    telemetry::init("info");
    for key in &config.unused {
        tracing::warn!(key, "this key of the configuration has no effect in this version");
    }
    let end = asked_to_end()?;
    let listener = bind(config.server.listen).await?;
    start(&config, callers, listener, end).await
}

async fn bind(address: SocketAddr) -> Result<TcpListener, CommandError> {
    let bound = TcpListener::bind(address).await;
    bound.map_err(|error| CommandError::failed(format_args!("cannot listen on {address}"), error))
}

/// Without keys, only this machine may reach the gateway.
fn callers(config: &Config, no_auth: bool) -> Result<Callers, CommandError> {
    let fault = |text: &str| Err(CommandError::Configuration(vec![text.to_owned()]));
    match (config.clients.is_empty(), no_auth) {
        (false, false) => Ok(Callers::keyed(config.clients.clone())),
        (false, true) => fault("--no-auth and [[clients]] exclude each other"),
        (true, false) => {
            fault("[[clients]]: there is none; add one (see \"polyhost keygen\"), or start with --no-auth")
        }
        (true, true) if !config.server.listen.ip().is_loopback() => {
            fault("[server] listen: --no-auth is only for a loopback address such as 127.0.0.1:8080")
        }
        (true, true) => Ok(Callers::anybody()),
    }
}

/// Resolves when the process is asked to end; to be called before anybody can know that it runs.
pub(super) fn asked_to_end() -> Result<impl Future<Output = ()>, CommandError> {
    server::asked_to_end().map_err(|error| CommandError::failed("cannot listen for signals", error))
}

/// Serves until the end.
pub(super) async fn start(
    config: &Config,
    callers: Callers,
    listener: TcpListener,
    end: impl Future<Output = ()>,
) -> Result<(), CommandError> {
    // What counts is made with the app, and must find where it is kept.
    let admin = admin(config).await?;
    let app = App::new(config, callers).map_err(|error| CommandError::failed("cannot build the HTTP client", error))?;
    let service =
        router::service(app.clone()).map_err(|error| CommandError::failed("cannot write the API's document", error))?;
    // Ends with this function, and so after all that it tells of.
    let _admin =
        admin.map(|(listener, kept)| AbortOnDropHandle::new(tokio::spawn(admin::run(listener, app.clone(), kept))));
    if let Ok(address) = listener.local_addr() {
        tracing::info!(%address, accounts = app.accounts().len(), "listening");
    }
    server::serve(listener, service, &app, end).await;
    Ok(())
}

/// Where metrics are asked for, if anywhere, and where they are kept.
async fn admin(config: &Config) -> Result<Option<(TcpListener, PrometheusHandle)>, CommandError> {
    let Some(address) = config.server.admin_listen else { return Ok(None) };
    let listener = bind(address).await?;
    let kept = metrics::keep().map_err(|error| CommandError::failed("cannot keep metrics", error))?;
    if let Ok(address) = listener.local_addr() {
        tracing::info!(%address, "listening for whoever watches over the gateway");
    }
    Ok(Some((listener, kept)))
}
