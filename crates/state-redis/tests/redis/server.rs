//! A `redis-server` of a test's own: in memory, on a free port of the loopback interface, in a temporary folder.

use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use redis::{Client, Cmd, FromRedisValue, InfoDict, RedisResult, cmd};
use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;
use tokio::time::sleep;

use crate::fleet::eventually;

/// The environment variable with the program, such as that of Valkey. By default, it is `redis-server`.
const PROGRAM_VARIABLE: &str = "POLYHOST_REDIS_SERVER";

/// The server. It is killed when it is dropped.
pub(crate) struct Server {
    settings: Settings,
    folder: TempDir,
    port: u16,
    process: Child,
}

/// The settings of a server, beside its port.
#[derive(Default)]
pub(crate) struct Settings {
    /// The lines of its configuration.
    pub(crate) lines: Vec<String>,
    pub(crate) password: Option<&'static str>,
    /// Whether it is a Sentinel.
    pub(crate) is_sentinel: bool,
}

impl Server {
    pub(crate) async fn start() -> Self {
        Self::start_with(Settings::default).await
    }

    /// Starts a server. The settings may name more ports, so each attempt gets new ones.
    pub(crate) async fn start_with(settings: impl Fn() -> Settings) -> Self {
        loop {
            // Another process may take a port before the server does. Then the server ends, and other ports are tried.
            let (settings, port, folder) = (settings(), free_port(), tempfile::tempdir().unwrap());
            let process = spawn(&settings, port, folder.path());
            let mut server = Self { settings, folder, port, process };
            if server.answers().await {
                return server;
            }
        }
    }

    pub(crate) fn url(&self) -> String {
        let credentials = self.settings.password.map(|password| format!(":{password}@")).unwrap_or_default();
        format!("redis://{credentials}127.0.0.1:{}/", self.port)
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// Sends a command over a connection of its own.
    pub(crate) async fn run<T: FromRedisValue>(&self, command: &Cmd) -> T {
        self.try_run(command).await.unwrap()
    }

    /// Sends a command without arguments that contain spaces.
    pub(crate) async fn run_line(&self, line: &str) {
        let mut command = Cmd::new();
        for word in line.split(' ') {
            command.arg(word);
        }
        let _: redis::Value = self.run(&command).await;
    }

    /// Returns a section of INFO.
    pub(crate) async fn info(&self, section: &str) -> InfoDict {
        self.run(cmd("INFO").arg(section)).await
    }

    /// Waits until the server has all data of its primary.
    pub(crate) async fn until_replicating(&self) {
        eventually(async || self.info("replication").await.get("master_link_status") == Some("up".to_owned())).await;
    }

    async fn try_run<T: FromRedisValue>(&self, command: &Cmd) -> RedisResult<T> {
        let mut connection = Client::open(self.url())?.get_multiplexed_async_connection().await?;
        command.query_async(&mut connection).await
    }

    /// Stops the process without ending it: connections stay open, and nothing is answered.
    pub(crate) fn pause(&self) {
        self.signal(Signal::STOP);
    }

    pub(crate) fn resume(&self) {
        self.signal(Signal::CONT);
    }

    /// Kills the process, and with it all data.
    pub(crate) fn kill(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }

    /// Starts a killed server again at the same port.
    pub(crate) async fn restart(&mut self) {
        loop {
            self.process = spawn(&self.settings, self.port, self.folder.path());
            if self.answers().await {
                return;
            }
        }
    }

    fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.process), signal).unwrap();
    }

    /// Waits until the server answers. Returns `false` if its process has ended.
    async fn answers(&mut self) -> bool {
        while self.process.try_wait().unwrap().is_none() {
            let server = self.try_run::<InfoDict>(cmd("INFO").arg("server")).await;
            if server.is_ok_and(|server| server.get("process_id") == Some(self.process.id())) {
                return true;
            }
            sleep(Duration::from_millis(5)).await;
        }
        false
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Returns a port that is free now.
pub(crate) fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

fn spawn(settings: &Settings, port: u16, folder: &Path) -> Child {
    let mut lines = vec![format!("port {port}\nbind 127.0.0.1\ndir {}", folder.display())];
    lines.extend(settings.password.map(|password| format!("requirepass {password}")));
    if !settings.is_sentinel {
        lines.push("save \"\"\nappendonly no".into());
    }
    lines.extend_from_slice(&settings.lines);
    let path = folder.join("server.conf");
    std::fs::write(&path, lines.join("\n")).unwrap();

    let program = std::env::var(PROGRAM_VARIABLE).unwrap_or("redis-server".into());
    Command::new(&program)
        .arg(path)
        .args(settings.is_sentinel.then_some("--sentinel"))
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .spawn()
        .unwrap_or_else(|error| panic!("cannot start {program} (Debian's package redis-server): {error}"))
}
