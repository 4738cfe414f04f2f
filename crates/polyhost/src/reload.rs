//! A new configuration for a gateway that serves: read when the process is told so (SIGHUP), or when the file or one of
//! its secrets' has changed; checked whole, and then put to work, or refused with all its faults.

mod files;

use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use polyhost_config::{Config, Findings};
use polyhost_engine::callers::Callers;
use polyhost_engine::roster::Roster;
use polyhost_gateway::app::App;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::task::spawn_blocking;

use crate::metrics;
use files::Files;

/// How a configuration is read, and what is made of it before anything of it counts.
pub(crate) trait Source: Send + Sync + 'static {
    /// Where it is.
    fn path(&self) -> PathBuf;

    /// Reads it.
    ///
    /// # Errors
    /// Every fault, and the files that it names all the same.
    fn read(&self) -> Result<(Config, Callers), Findings>;
}

/// Keeps a gateway at its configuration.
pub(crate) struct Reload<S> {
    source: Arc<S>,
    app: App,
    /// What the process has begun with, and keeps where only a restart can change it.
    begun_with: Config,
    hangups: Signal,
    files: Files,
    /// The files of the configuration that is at work.
    at_work: Vec<PathBuf>,
}

impl<S: Source> Reload<S> {
    /// Watches over a configuration that was just read.
    pub(crate) fn new(source: S, app: App, begun_with: Config, hangups: Signal) -> Self {
        let files = Files::new(source.path(), &begun_with.files);
        let at_work = begun_with.files.clone();
        Self { source: Arc::new(source), app, begun_with, hangups, files, at_work }
    }

    /// Goes on until it is dropped.
    pub(crate) async fn run(mut self) {
        loop {
            tokio::select! {
                hangup = self.hangups.recv() => if hangup.is_none() { return },
                () = self.files.changed() => {}
            }
            self.files.look().await;
            let outcome = match self.take().await {
                Ok(()) => "ok",
                Err(faults) => {
                    refuse(&faults);
                    "refused"
                }
            };
            metrics::reloaded(outcome);
        }
    }

    /// Reads the configuration, and puts it to work.
    async fn take(&mut self) -> Result<(), Vec<String>> {
        let (mut config, callers) = self.read().await.map_err(|findings| findings.faults)?;
        // It belongs to `[server]`, which stays as it is.
        let idle_timeout = self.begun_with.server.idle_timeout;
        config.accounts.values_mut().for_each(|account| account.settings.idle_timeout = idle_timeout);
        let app = self.app.clone();
        let planned = spawn_blocking(move || app.rosters().plan(&config, callers).map(|roster| (config, roster)));
        let planned = planned.await.map_err(|error| vec![error.to_string()])?;
        let (config, roster) = planned.map_err(|error| vec![error.to_string()])?;
        self.files.watch(&config.files).await;
        self.at_work.clone_from(&config.files);
        self.put_to_work(&config, roster);
        Ok(())
    }

    /// Reads the configuration. From then on all the files that it names are watched, besides those of the one at work:
    /// where it is refused, it may be for a secret that is yet to come.
    async fn read(&mut self) -> Result<(Config, Callers), Findings> {
        loop {
            let source = Arc::clone(&self.source);
            let read = spawn_blocking(move || source.read()).await;
            let read = read.unwrap_or_else(|error| Err(Findings::fault(error.to_string())));
            let named = match &read {
                Ok((config, _)) => &config.files,
                Err(findings) => &findings.files,
            };
            // What was not looked at before it was read may have changed since, and is read once more.
            if !self.files.watch(&[&self.at_work[..], named].concat()).await {
                return read;
            }
        }
    }

    fn put_to_work(&self, config: &Config, roster: Roster) {
        let (left, new) = {
            let old = self.app.rosters().current();
            (old.missing_from(&roster).count(), roster.missing_from(&old).count())
        };
        let (accounts, clients) = (config.accounts.len(), config.clients.len());
        for key in self.begun_with.fixed_changes(config) {
            tracing::warn!(key, "this key of the new configuration needs a restart; the old value stays");
        }
        self.app.rosters().exchange(roster);
        tracing::info!(accounts, clients, new, left, "the new configuration is at work");
    }
}

fn refuse(faults: &[String]) {
    for fault in faults {
        tracing::error!(fault, "a fault of the new configuration");
    }
    tracing::error!(faults = faults.len(), "the new configuration is refused; the old one stays at work");
}

/// The signal that asks for a new configuration; from here on it does not end the process.
///
/// # Errors
/// Where the operating system does not let us listen for signals.
pub(crate) fn hangups() -> io::Result<Signal> {
    signal(SignalKind::hangup())
}
