//! `polyhost serve`, with a configuration file of its own.

use std::io::Write;
use std::path::Path;

use serde_json::Value;
use tempfile::NamedTempFile;

use crate::{Caller, Configuration, Ended, Program, Record};

/// What the log says of the admin listener, before it says that the gateway listens.
const WATCHED: &str = "listening for whoever watches over the gateway";

/// A gateway that serves. Dropping it kills the process.
#[derive(Debug)]
pub struct Gateway {
    program: Program,
    file: NamedTempFile,
    address: String,
    record: Record,
}

impl Gateway {
    /// Starts a gateway and waits until it listens.
    pub async fn start(configuration: &Configuration) -> Self {
        Self::start_with(configuration, &[], &[]).await
    }

    /// Starts a gateway with further arguments and environment variables.
    pub async fn start_with(
        configuration: &Configuration,
        arguments: &[&str],
        environment: &[(String, String)],
    ) -> Self {
        let file = write(&configuration.text());
        let mut all = vec!["serve", "--config", utf8(file.path())];
        all.extend_from_slice(arguments);
        let mut program = Program::start_with(all, environment);
        let address = program.logged(listening).await;
        Self { program, file, address, record: Record::default() }
    }

    /// Where it listens, such as `127.0.0.1:41234`.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// What its process holds open in a folder: the targets of its file descriptors, of deleted files as well.
    pub fn held_open(&self, folder: &Path) -> Vec<String> {
        let descriptors = std::fs::read_dir(format!("/proc/{}/fd", self.program.id())).expect("the process runs");
        let targets = descriptors.filter_map(|entry| std::fs::read_link(entry.ok()?.path()).ok());
        targets.filter(|target| target.starts_with(folder)).map(|target| target.display().to_string()).collect()
    }

    /// The process.
    pub fn program(&mut self) -> &mut Program {
        &mut self.program
    }

    /// Somebody who calls it with a key.
    pub fn caller(&self, key: &str) -> Caller {
        Caller::new(&self.address, Some(key), &self.record)
    }

    /// Somebody who calls it without a key.
    pub fn stranger(&self) -> Caller {
        Caller::new(&self.address, None, &self.record)
    }

    /// Somebody who watches over it, at its admin listener.
    pub fn watcher(&self) -> Caller {
        let address = told(&self.program.stderr(), WATCHED).expect("the gateway has an admin listener");
        Caller::new(&address, None, &self.record)
    }

    /// Everything that all of its callers were answered.
    pub fn record(&self) -> &Record {
        &self.record
    }

    /// The path of its configuration file.
    pub fn configuration_path(&self) -> &str {
        utf8(self.file.path())
    }

    /// Puts another configuration in place of its own, as an editor would; whether it is taken is up to the gateway.
    pub fn rewrite(&self, configuration: &Configuration) {
        std::fs::write(self.file.path(), configuration.text()).expect("the file can be written");
    }

    /// Interrupts it as Ctrl-C does, and waits until it has ended.
    pub async fn interrupt(self) -> Ended {
        self.program.interrupt();
        self.program.ended().await
    }

    /// Asks it to end, and waits until it has.
    pub async fn stop(self) -> Ended {
        self.program.terminate();
        self.ended().await
    }

    /// Waits until it has ended.
    pub async fn ended(self) -> Ended {
        self.program.ended().await
    }
}

/// The address in the log's line about listening, once there is one.
fn listening(log: &str) -> Option<String> {
    told(log, "listening")
}

/// The address in the first line with a message.
fn told(log: &str, message: &str) -> Option<String> {
    log.lines().find_map(|line| {
        let line: Value = serde_json::from_str(line).ok()?;
        (line["message"] == message).then(|| line["address"].as_str().map(str::to_owned))?
    })
}

/// A file with a text in it, for as long as the value lives.
pub(crate) fn write(text: &str) -> NamedTempFile {
    let mut file = NamedTempFile::with_suffix(".toml").expect("a temporary file can be made");
    file.write_all(text.as_bytes()).expect("a temporary file can be written");
    file
}

fn utf8(path: &Path) -> &str {
    path.to_str().expect("temporary paths are UTF-8")
}
