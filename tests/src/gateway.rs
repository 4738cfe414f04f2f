//! [`Gateway`]: a running `polyhost serve` with a configuration file of its own.

use std::io::Write;
use std::path::{Path, PathBuf};

use serde_json::Value;
use tempfile::NamedTempFile;

use crate::{Caller, Configuration, Ended, Program, Record};

/// The log message about the admin listener. It comes before the message that the gateway listens.
const ADMIN_LISTENING: &str = "the admin listener is ready";

/// The file of a configuration.
#[derive(Debug)]
enum ConfigurationFile {
    /// Deleted with the gateway.
    Temporary(NamedTempFile),
    /// Owned by the test.
    Given(PathBuf),
}

impl ConfigurationFile {
    fn path(&self) -> &Path {
        match self {
            Self::Temporary(file) => file.path(),
            Self::Given(path) => path,
        }
    }
}

/// A running gateway. Dropping it kills the process.
#[derive(Debug)]
pub struct Gateway {
    program: Program,
    file: ConfigurationFile,
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
        Self::serve(ConfigurationFile::Temporary(write(&configuration.text())), arguments, environment).await
    }

    /// Starts a gateway with an existing configuration file.
    pub async fn at(file: PathBuf) -> Self {
        Self::serve(ConfigurationFile::Given(file), &[], &[]).await
    }

    async fn serve(file: ConfigurationFile, arguments: &[&str], environment: &[(String, String)]) -> Self {
        let mut all = vec!["serve", "--config", utf8(file.path())];
        all.extend_from_slice(arguments);
        let mut program = Program::start_with(all, environment);
        let address = program.logged(listening).await;
        Self { program, file, address, record: Record::default() }
    }

    /// Returns the address on which it listens, such as `127.0.0.1:41234`.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// Returns the targets of the process's file descriptors below a folder, deleted files included.
    pub fn open_files(&self, folder: &Path) -> Vec<String> {
        let descriptors = std::fs::read_dir(format!("/proc/{}/fd", self.program.id())).expect("the process runs");
        let targets = descriptors.filter_map(|entry| std::fs::read_link(entry.ok()?.path()).ok());
        targets.filter(|target| target.starts_with(folder)).map(|target| target.display().to_string()).collect()
    }

    /// Returns the log so far.
    pub fn log(&self) -> String {
        self.program.stderr()
    }

    /// Returns the process.
    pub fn program(&mut self) -> &mut Program {
        &mut self.program
    }

    /// Returns a caller with a key.
    pub fn caller(&self, key: &str) -> Caller {
        Caller::new(&self.address, Some(key), &self.record)
    }

    /// Returns a caller without a key.
    pub fn keyless(&self) -> Caller {
        Caller::new(&self.address, None, &self.record)
    }

    /// Returns a caller of the admin listener.
    pub fn admin(&self) -> Caller {
        let address = logged_address(&self.program.stderr(), ADMIN_LISTENING).expect("an admin listener");
        Caller::new(&address, None, &self.record)
    }

    /// Returns the responses that all of its callers received.
    pub fn record(&self) -> &Record {
        &self.record
    }

    /// Returns the path of its configuration file.
    pub fn configuration_path(&self) -> &str {
        utf8(self.file.path())
    }

    /// Overwrites its configuration file, as an editor would. The gateway decides whether to use it.
    pub fn rewrite(&self, configuration: &Configuration) {
        std::fs::write(self.file.path(), configuration.text()).expect("the file can be written");
    }

    /// Sends SIGINT, as Ctrl-C does, and waits until the process has ended.
    pub async fn interrupt(self) -> Ended {
        self.program.interrupt();
        self.program.ended().await
    }

    /// Sends SIGTERM, and waits until the process has ended.
    pub async fn stop(self) -> Ended {
        self.program.terminate();
        self.ended().await
    }

    /// Waits until the process has ended.
    pub async fn ended(self) -> Ended {
        self.program.ended().await
    }
}

/// Returns the address in the log line about listening, once the line is there.
fn listening(log: &str) -> Option<String> {
    logged_address(log, "listening")
}

/// Returns the address in the first log line with a message.
fn logged_address(log: &str, message: &str) -> Option<String> {
    log.lines().find_map(|line| {
        let line: Value = serde_json::from_str(line).ok()?;
        (line["message"] == message).then(|| line["address"].as_str().map(str::to_owned))?
    })
}

/// Writes a text to a temporary file, which is deleted when the value is dropped.
pub(crate) fn write(text: &str) -> NamedTempFile {
    let mut file = NamedTempFile::with_suffix(".toml").expect("a temporary file can be made");
    file.write_all(text.as_bytes()).expect("a temporary file can be written");
    file
}

fn utf8(path: &Path) -> &str {
    path.to_str().expect("temporary paths are UTF-8")
}
