//! `polyhost serve`: the gateway with a configuration file.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use metrics_exporter_prometheus::PrometheusHandle;
use polyhost_config::{Callers, Config, Fault, Findings};
use polyhost_gateway::app::App;
use polyhost_gateway::{router, serving};
use polyhost_listener::Tls;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio_util::task::AbortOnDropHandle;

use super::signals::Signals;
use super::{CommandError, check, config_file};
use crate::cli::Serve;
use crate::reload::{Reload, Source};
use crate::shared_state::SharedState;
use crate::traces::Traces;
use crate::{admin, metrics, reload, service_manager, telemetry};

pub(super) async fn run(options: &Serve) -> Result<ExitCode, CommandError> {
    let path = config_file::find(options.config.config.as_deref());
    let path = path.map_err(|findings| CommandError::faults(&findings.faults))?;
    let config = check::read(&path)?;
    let callers = callers(&config, config.server.listen, options.no_auth);
    let callers = callers.map_err(|findings| check::faulty(&path, &findings.faults))?;
    telemetry::init("info", options.log.log_format);
    let signals = signals()?;
    let hangups = reload::hangups().map_err(|error| CommandError::failed("cannot listen for signals", error))?;
    raise_descriptors(config.server.max_connections);
    let listener = bind(config.server.listen).await?;
    let file = File { path, listen: config.server.listen, no_auth: options.no_auth };
    let reloading = |app: App| Reload::new(file, app, config.clone(), hangups).run();
    start(&config, callers, listener, signals, reloading).await
}

/// Raises the limit of file descriptors as far as allowed. Each connection needs one, and one more for the site during
/// a request. Many systems start with 1024, for compatibility with old programs.
fn raise_descriptors(max_connections: usize) {
    let limit = getrlimit(Resource::Nofile);
    let most = limit.maximum.unwrap_or(u64::MAX);
    if limit.current.is_some_and(|current| current < most) {
        let raised = Rlimit { current: Some(most), maximum: limit.maximum };
        if let Err(error) = setrlimit(Resource::Nofile, raised) {
            tracing::debug!(%error, "cannot raise the limit of file descriptors");
        }
    }
    let descriptors = getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX);
    if descriptors / 2 < max_connections as u64 {
        tracing::warn!(descriptors, max_connections, "the limit of file descriptors is too low for max_connections");
    }
}

/// The configuration file of a running gateway.
struct File {
    path: PathBuf,
    /// The gateway's actual address, which may differ from the changed file.
    listen: SocketAddr,
    no_auth: bool,
}

impl Source for File {
    fn path(&self) -> PathBuf {
        self.path.clone()
    }

    fn read(&self) -> Result<(Config, Callers), Findings> {
        let config = check::examine(&self.path)?;
        match callers(&config, self.listen, self.no_auth) {
            Ok(callers) => Ok((config, callers)),
            Err(findings) => Err(Findings { files: config.files, ..findings }),
        }
    }
}

async fn bind(address: SocketAddr) -> Result<TcpListener, CommandError> {
    let bound = TcpListener::bind(address).await;
    bound.map_err(|error| CommandError::failed(format_args!("cannot listen on {address}"), error))
}

/// Determines the callers. A gateway without keys must listen on a loopback address.
fn callers(config: &Config, listen: SocketAddr, no_auth: bool) -> Result<Callers, Findings> {
    let fault = |table: &str, text: &str| Err(Findings::fault(Fault::new(table, text)));
    match (config.clients.is_empty(), no_auth) {
        (false, false) => Ok(Callers::keyed(config.clients.clone())),
        (false, true) => fault("[[clients]]", "cannot be combined with --no-auth"),
        (true, false) => {
            fault("[[clients]]", "no client is configured; add one (see \"polyhost keygen\"), or start with --no-auth")
        }
        (true, true) if !listen.ip().is_loopback() => {
            fault("[server] listen", "--no-auth is only for a loopback address such as 127.0.0.1:8080")
        }
        (true, true) => Ok(Callers::keyless()),
    }
}

/// Listens for the signals that end the process. Call this before the process shows that it runs.
pub(super) fn signals() -> Result<Signals, CommandError> {
    Signals::listen().map_err(|error| CommandError::failed("cannot listen for signals", error))
}

/// Serves until the first signal, then finishes the requests under way until the second. `beside` runs meanwhile.
pub(super) async fn start<Beside: Future<Output = ()> + Send + 'static>(
    config: &Config,
    callers: Callers,
    listener: TcpListener,
    mut signals: Signals,
    beside: impl FnOnce(App) -> Beside,
) -> Result<ExitCode, CommandError> {
    // The app creates metrics, so the recorder must be installed first.
    let admin = admin(config).await?;
    let shared = SharedState::open(config)?;
    let app = App::new(config, callers, shared.state())
        .map_err(|error| CommandError::failed("cannot build the HTTP client", error))?;
    let service = router::service(app.clone());
    let traces =
        Traces::start(&config.telemetry).map_err(|error| CommandError::failed("cannot export traces", error))?;
    let tls = config.server.tls.clone().map(|certificate| Tls::new(Arc::new(certificate))).transpose();
    let tls = tls.map_err(|error| CommandError::failed("cannot set up TLS", error))?;
    // The admin listener ends with this function, so that it also reports the shutdown.
    let _admin =
        admin.map(|(listener, handle)| AbortOnDropHandle::new(tokio::spawn(admin::run(listener, app.clone(), handle))));
    let _beside = AbortOnDropHandle::new(tokio::spawn(beside(app.clone())));
    if let Ok(address) = listener.local_addr() {
        let accounts = app.rosters().current().accounts().len();
        tracing::info!(%address, accounts, version = env!("CARGO_PKG_VERSION"), "listening");
    }
    service_manager::ready();
    let (first, end) = oneshot::channel();
    let second = async move {
        signals.next().await;
        service_manager::stopping();
        // The receiver lives as long as this future.
        first.send(()).ok();
        signals.next().await
    };
    tokio::select! {
        signal = second => {
            tracing::warn!("a second signal ends the process at once; requests under way are aborted");
            Ok(ExitCode::from(signal.exit_code()))
        }
        () = async {
            serving::serve(listener, tls, service, &app, Box::pin(async { drop(end.await) })).await;
            shared.close().await;
            traces.finish().await;
        } => Ok(ExitCode::SUCCESS),
    }
}

/// Binds the admin listener and installs the metrics recorder, if `admin_listen` is set.
async fn admin(config: &Config) -> Result<Option<(TcpListener, PrometheusHandle)>, CommandError> {
    let Some(address) = config.server.admin_listen else { return Ok(None) };
    let listener = bind(address).await?;
    let handle = metrics::install().map_err(|error| CommandError::failed("cannot record metrics", error))?;
    if let Ok(address) = listener.local_addr() {
        tracing::info!(%address, "the admin listener is ready");
    }
    Ok(Some((listener, handle)))
}
