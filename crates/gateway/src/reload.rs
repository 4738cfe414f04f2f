//! A new configuration for a gateway that serves: read when the process is told so (SIGHUP), or when the file or one of
//! its secrets' has changed; checked whole, and then put to work, or refused with all its faults.

mod files;

use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::task::spawn_blocking;

use crate::app::App;
use crate::auth::Callers;
use crate::config::Config;
use crate::metrics;
use crate::roster::Roster;
use files::Files;

/// How a configuration is read, and what is made of it before anything of it counts.
pub trait Source: Send + Sync + 'static {
    /// Where it is.
    fn path(&self) -> PathBuf;

    /// Reads it.
    ///
    /// # Errors
    /// Every fault.
    fn read(&self) -> Result<(Config, Callers), Vec<String>>;
}

/// Keeps a gateway at its configuration.
pub struct Reload<S> {
    source: Arc<S>,
    app: App,
    /// What the process has begun with, and keeps where only a restart can change it.
    begun_with: Config,
    hangups: Signal,
    files: Files,
}

impl<S: Source> Reload<S> {
    /// Watches over a configuration that was just read.
    pub fn new(source: S, app: App, begun_with: Config, hangups: Signal) -> Self {
        let files = Files::new(source.path(), &begun_with.files);
        Self { source: Arc::new(source), app, begun_with, hangups, files }
    }

    /// Goes on until it is dropped.
    pub async fn run(mut self) {
        loop {
            tokio::select! {
                hangup = self.hangups.recv() => if hangup.is_none() { return },
                () = self.files.changed() => {}
            }
            self.files.look();
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
        let (app, source) = (self.app.clone(), Arc::clone(&self.source));
        let idle_timeout = self.begun_with.server.idle_timeout;
        let read = spawn_blocking(move || {
            let (mut config, callers) = source.read()?;
            // It belongs to `[server]`, which stays as it is.
            config.accounts.values_mut().for_each(|account| account.settings.idle_timeout = idle_timeout);
            let roster = app.plan(&config, callers).map_err(|error| vec![error.to_string()])?;
            Ok::<_, Vec<String>>((config, roster))
        });
        let (config, roster) = read.await.map_err(|error| vec![error.to_string()])??;
        self.files.watch(&config.files);
        self.tell(&config, &roster);
        self.app.exchange(roster);
        Ok(())
    }

    fn tell(&self, config: &Config, roster: &Roster) {
        let old = self.app.roster();
        let (left, new) = (old.missing_from(roster).count(), roster.missing_from(&old).count());
        let (accounts, clients) = (config.accounts.len(), config.clients.len());
        tracing::info!(accounts, clients, new, left, "the new configuration is at work");
        for key in self.begun_with.fixed_changes(config) {
            tracing::warn!(key, "this key of the new configuration needs a restart; the old value stays");
        }
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
pub fn hangups() -> io::Result<Signal> {
    signal(SignalKind::hangup())
}
