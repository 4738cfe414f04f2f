//! Reloading the configuration of a running gateway: on SIGHUP, or when its file or the file of a secret has changed.
//! The new configuration is validated as a whole. It then takes effect, or is rejected with all its faults.

mod files;

use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use polyhost_config::{Callers, Config, Fault, Findings};
use polyhost_engine::roster::Roster;
use polyhost_gateway::app::App;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::task::spawn_blocking;

use crate::{metrics, service_manager};
use files::Files;

/// A configuration file, and the callers that result from it.
pub(crate) trait Source: Send + Sync + 'static {
    /// Returns the path of the file.
    fn path(&self) -> PathBuf;

    /// Reads the file.
    ///
    /// # Errors
    /// Every fault, and the files that the configuration names.
    fn read(&self) -> Result<(Config, Callers), Findings>;
}

/// Reloads the configuration of a gateway.
pub(crate) struct Reload<S> {
    source: Arc<S>,
    app: App,
    /// The configuration at the start of the process. It remains the source of values that need a restart.
    initial: Config,
    hangups: Signal,
    files: Files,
    /// The files that the active configuration names.
    active_files: Vec<PathBuf>,
}

impl<S: Source> Reload<S> {
    /// Watches the files of a configuration that was just read.
    pub(crate) fn new(source: S, app: App, initial: Config, hangups: Signal) -> Self {
        let files = Files::new(source.path(), &initial.files);
        let active_files = initial.files.clone();
        Self { source: Arc::new(source), app, initial, hangups, files, active_files }
    }

    /// Reloads until the future is dropped.
    pub(crate) async fn run(mut self) {
        loop {
            tokio::select! {
                hangup = self.hangups.recv() => if hangup.is_none() { return },
                () = self.files.changed() => {}
            }
            service_manager::reloading();
            self.files.refresh().await;
            let outcome = match self.reload().await {
                Ok(()) => "ok",
                Err(faults) => {
                    log_faults(&faults);
                    "refused"
                }
            };
            metrics::reloaded(outcome);
            service_manager::ready();
        }
    }

    /// Reads the configuration and activates it.
    async fn reload(&mut self) -> Result<(), Vec<String>> {
        let path = self.source.path();
        let texts =
            |Findings { faults, .. }| faults.iter().map(|fault: &Fault| fault.in_file(&path)).collect::<Vec<_>>();
        let (mut config, callers) = self.read().await.map_err(texts)?;
        // `idle_timeout` belongs to `[server]`, which needs a restart.
        let idle_timeout = self.initial.server.idle_timeout;
        config.accounts.values_mut().for_each(|account| account.settings.idle_timeout = idle_timeout);
        let app = self.app.clone();
        let planned = spawn_blocking(move || app.rosters().plan(&config, callers).map(|roster| (config, roster)));
        let planned = planned.await.map_err(|error| vec![error.to_string()])?;
        let (config, roster) = planned.map_err(|error| vec![error.to_string()])?;
        self.files.watch(&config.files).await;
        self.active_files.clone_from(&config.files);
        self.activate(&config, roster);
        Ok(())
    }

    /// Reads the configuration. Afterwards the files that it names are watched, besides those of the active
    /// configuration. A rejected configuration may be waiting for the file of a secret.
    async fn read(&mut self) -> Result<(Config, Callers), Findings> {
        loop {
            let source = Arc::clone(&self.source);
            let read = spawn_blocking(move || source.read()).await;
            let read = read.unwrap_or_else(|error| Err(Findings::fault(Fault::new("", error))));
            let named = match &read {
                Ok((config, _)) => &config.files,
                Err(findings) => &findings.files,
            };
            // A file that was not watched before the read may have changed since. Then the configuration is read again.
            if !self.files.watch(&[&self.active_files[..], named].concat()).await {
                return read;
            }
        }
    }

    fn activate(&self, config: &Config, roster: Roster) {
        let (left, new) = {
            let old = self.app.rosters().current();
            (old.missing_from(&roster).count(), roster.missing_from(&old).count())
        };
        let (accounts, clients) = (config.accounts.len(), config.clients.len());
        for key in self.initial.fixed_changes(config) {
            tracing::warn!(key, "this key needs a restart; its old value stays in effect");
        }
        if let (Some(certificate), Some(new)) = (&self.initial.server.tls, &config.server.tls)
            && certificate.renew(new)
        {
            tracing::info!("the certificate was renewed");
        }
        self.app.rosters().exchange(roster);
        tracing::info!(accounts, clients, new, left, "the configuration was reloaded");
    }
}

fn log_faults(faults: &[String]) {
    for fault in faults {
        tracing::error!(fault, "fault in the new configuration");
    }
    tracing::error!(faults = faults.len(), "the new configuration is rejected; the old one stays in effect");
}

/// Listens for SIGHUP. From here on the signal does not end the process.
///
/// # Errors
/// An error of the operating system.
pub(crate) fn hangups() -> io::Result<Signal> {
    signal(SignalKind::hangup())
}
