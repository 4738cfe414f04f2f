//! `polyhost serve`: the gateway as a configuration describes it.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use metrics_exporter_prometheus::PrometheusHandle;
use polyhost_config::{Config, Findings};
use polyhost_engine::callers::Callers;
use polyhost_gateway::app::App;
use polyhost_gateway::{router, serving};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio_util::task::AbortOnDropHandle;

use super::signals::Signals;
use super::{CommandError, check};
use crate::cli::Serve;
use crate::reload::{Reload, Source};
use crate::{admin, metrics, reload, telemetry};

pub(super) async fn run(options: &Serve) -> Result<ExitCode, CommandError> {
    let config = check::read(&options.config)?;
    let callers = callers(&config, config.server.listen, options.no_auth).map_err(configuration)?;
    telemetry::init("info");
    let signals = signals()?;
    let hangups = reload::hangups().map_err(|error| CommandError::failed("cannot listen for signals", error))?;
    raise_descriptors(config.server.max_connections);
    let listener = bind(config.server.listen).await?;
    let file = File { path: options.config.clone(), listen: config.server.listen, is_without_keys: options.no_auth };
    let kept = |app: App| Reload::new(file, app, config.clone(), hangups).run();
    start(&config, callers, listener, signals, kept).await
}

/// Lets the process have as many file descriptors as it may: each connection needs one, and one to a site while it is
/// answered. Many systems begin with 1024, for the sake of programs older than this one.
fn raise_descriptors(max_connections: usize) {
    let limit = getrlimit(Resource::Nofile);
    let most = limit.maximum.unwrap_or(u64::MAX);
    if limit.current.is_some_and(|current| current < most) {
        let raised = Rlimit { current: Some(most), maximum: limit.maximum };
        if let Err(error) = setrlimit(Resource::Nofile, raised) {
            tracing::debug!(%error, "the limit of file descriptors stays");
        }
    }
    let descriptors = getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX);
    if descriptors / 2 < max_connections as u64 {
        tracing::warn!(descriptors, max_connections, "there may be too few file descriptors for so many connections");
    }
}

/// The configuration file of a gateway that serves.
struct File {
    path: PathBuf,
    /// Where the gateway listens, whatever the file says by now.
    listen: SocketAddr,
    is_without_keys: bool,
}

impl Source for File {
    fn path(&self) -> PathBuf {
        self.path.clone()
    }

    fn read(&self) -> Result<(Config, Callers), Findings> {
        let config = check::examine(&self.path)?;
        match callers(&config, self.listen, self.is_without_keys) {
            Ok(callers) => Ok((config, callers)),
            Err(fault) => Err(Findings { faults: vec![fault], files: config.files }),
        }
    }
}

async fn bind(address: SocketAddr) -> Result<TcpListener, CommandError> {
    let bound = TcpListener::bind(address).await;
    bound.map_err(|error| CommandError::failed(format_args!("cannot listen on {address}"), error))
}

/// Without keys, only this machine may reach the gateway.
fn callers(config: &Config, listen: SocketAddr, is_without_keys: bool) -> Result<Callers, String> {
    let fault = |text: &str| Err(text.to_owned());
    match (config.clients.is_empty(), is_without_keys) {
        (false, false) => Ok(Callers::keyed(config.clients.clone())),
        (false, true) => fault("--no-auth and [[clients]] exclude each other"),
        (true, false) => {
            fault("[[clients]]: there is none; add one (see \"polyhost keygen\"), or start with --no-auth")
        }
        (true, true) if !listen.ip().is_loopback() => {
            fault("[server] listen: --no-auth is only for a loopback address such as 127.0.0.1:8080")
        }
        (true, true) => Ok(Callers::anybody()),
    }
}

fn configuration(fault: String) -> CommandError {
    CommandError::Configuration(vec![fault])
}

/// The signals that end the process; to be called before anybody can know that it runs.
pub(super) fn signals() -> Result<Signals, CommandError> {
    Signals::listen().map_err(|error| CommandError::failed("cannot listen for signals", error))
}

/// Serves until the first signal, and finishes what was begun until the second. `beside` runs meanwhile.
pub(super) async fn start<Beside: Future<Output = ()> + Send + 'static>(
    config: &Config,
    callers: Callers,
    listener: TcpListener,
    mut signals: Signals,
    beside: impl FnOnce(App) -> Beside,
) -> Result<ExitCode, CommandError> {
    // What counts is made with the app, and must find where it is kept.
    let admin = admin(config).await?;
    let app = App::new(config, callers).map_err(|error| CommandError::failed("cannot build the HTTP client", error))?;
    let service =
        router::service(app.clone()).map_err(|error| CommandError::failed("cannot write the API's document", error))?;
    // Ends with this function, and so after all that it tells of.
    let _admin =
        admin.map(|(listener, kept)| AbortOnDropHandle::new(tokio::spawn(admin::run(listener, app.clone(), kept))));
    let _beside = AbortOnDropHandle::new(tokio::spawn(beside(app.clone())));
    if let Ok(address) = listener.local_addr() {
        tracing::info!(%address, accounts = app.rosters().current().accounts().len(), "listening");
    }
    let (first, end) = oneshot::channel();
    let second = async move {
        signals.next().await;
        // The receiver lives as long as this does.
        first.send(()).ok();
        signals.next().await
    };
    tokio::select! {
        ending = second => {
            tracing::warn!("ended at once by a second signal; requests under way are cut off");
            Ok(ExitCode::from(ending.exit_code()))
        }
        () = serving::serve(listener, service, &app, async { drop(end.await) }) => Ok(ExitCode::SUCCESS),
    }
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
