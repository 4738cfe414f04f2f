//! [`RedisServer`]: a `redis-server` of a test, which can be frozen, killed, restarted empty, and searched.

use std::ops::Range;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use redis::aio::MultiplexedConnection;
use redis::{Client, Cmd, FromRedisValue, InfoDict, RedisResult, cmd};
use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

/// The ports below those that the system gives to connections and to other tests. So a port stays free while its server
/// is dead, and no connection to it can be connected to itself.
const PORTS: Range<u16> = 20_000..32_000;
/// The pause between two attempts to reach a server that starts.
const PAUSE: Duration = Duration::from_millis(10);

/// A running `redis-server`. Dropping it kills the process.
#[derive(Debug)]
pub(crate) struct RedisServer {
    folder: TempDir,
    port: u16,
    password: Option<&'static str>,
    process: Process,
}

/// The process. Dropping it kills it, even if it is frozen.
#[derive(Debug)]
struct Process(Child);

impl RedisServer {
    /// Starts an empty server on a free port.
    pub(crate) async fn start() -> Self {
        Self::start_with(None).await
    }

    /// Starts an empty server that may require a password.
    pub(crate) async fn start_with(password: Option<&'static str>) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let first = PORTS.start + u16::try_from(std::process::id() * 7 % u32::from(PORTS.end - PORTS.start)).unwrap();
        for port in (first..PORTS.end).chain(PORTS.start..first) {
            if let Some(process) = Process::start(folder.path(), port, password).await {
                return Self { folder, port, password, process };
            }
        }
        panic!("no port is free");
    }

    /// Returns the address, for a configuration.
    pub(crate) fn url(&self) -> String {
        url(self.port, self.password)
    }

    /// Returns the port.
    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// Freezes the server: connections stay open, and nothing is answered.
    pub(crate) fn freeze(&self) {
        self.process.signal(Signal::STOP);
    }

    /// Lets a frozen server go on. It then carries out the commands that it has received meanwhile.
    pub(crate) fn thaw(&self) {
        self.process.signal(Signal::CONT);
    }

    /// Kills the server. All data is lost.
    pub(crate) fn kill(&mut self) {
        self.process.kill();
    }

    /// Starts a killed server again, empty and at the same address.
    pub(crate) async fn restart(&mut self) {
        let process = Process::start(self.folder.path(), self.port, self.password).await;
        self.process = process.expect("the port is still free");
    }

    /// Sends a command over a connection of its own.
    pub(crate) async fn run<T: FromRedisValue>(&self, command: &Cmd) -> T {
        let mut connection = connect(self.port, self.password).await.expect("the server accepts");
        command.query_async(&mut connection).await.expect("an answer")
    }

    /// Returns all keys with their types and their serialized values as text. Bytes that are not UTF-8 are replaced.
    pub(crate) async fn dump(&self) -> String {
        let keys: Vec<Vec<u8>> = self.run(cmd("KEYS").arg("*")).await;
        let mut text = String::new();
        for key in keys {
            let kind: String = self.run(cmd("TYPE").arg(&key)).await;
            // Nothing, if the key has expired since it was listed.
            let value: Option<Vec<u8>> = self.run(cmd("DUMP").arg(&key)).await;
            let [key, value] =
                [key, value.unwrap_or_default()].map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
            text += &format!("{kind} {key}: {value}\n");
        }
        text
    }
}

impl Process {
    /// Starts a server and waits until it answers. `None` if it has ended: another process listens on the port.
    async fn start(folder: &Path, port: u16, password: Option<&str>) -> Option<Self> {
        let (port_text, password_text) = (port.to_string(), password.unwrap_or_default());
        let mut command = Command::new("redis-server");
        command.args(["--port", &port_text, "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]);
        command.args(["--requirepass", password_text, "--rdbcompression", "no"]).current_dir(folder);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let mut process = Self(command.spawn().expect("redis-server is installed"));
        loop {
            if process.0.try_wait().expect("the status of the process").is_some() {
                return None;
            }
            if process.answers(port, password).await.unwrap_or(false) {
                return Some(process);
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// Returns whether this process, and not another one, answers on a port.
    async fn answers(&self, port: u16, password: Option<&str>) -> RedisResult<bool> {
        let mut connection = connect(port, password).await?;
        let server: InfoDict = cmd("INFO").arg("server").query_async(&mut connection).await?;
        Ok(server.get::<u32>("process_id") == Some(self.0.id()))
    }

    fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.0), signal).expect("the process runs");
    }

    fn kill(&mut self) {
        // The process may have ended by itself; the error is then ignored.
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}

fn url(port: u16, password: Option<&str>) -> String {
    match password {
        Some(password) => format!("redis://:{password}@127.0.0.1:{port}"),
        None => format!("redis://127.0.0.1:{port}"),
    }
}

async fn connect(port: u16, password: Option<&str>) -> RedisResult<MultiplexedConnection> {
    Client::open(url(port, password))?.get_multiplexed_async_connection().await
}
