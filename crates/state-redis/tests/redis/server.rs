//! A `redis-server` of a test's own: in memory, on a free port of the loopback interface, in a temporary folder.

use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use redis::{Client, Cmd, FromRedisValue};
use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;
use tokio::time::sleep;

/// The server. It is killed when it is dropped.
pub(crate) struct Server {
    port: u16,
    folder: TempDir,
    process: Child,
}

impl Server {
    pub(crate) async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        loop {
            // Another process may take the port before the server does. Then the server ends, and another port is tried.
            let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
            let mut process = spawn(port, &folder);
            if answers(port, &mut process).await {
                return Self { port, folder, process };
            }
        }
    }

    pub(crate) fn url(&self) -> String {
        url(self.port)
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// Sends a command over a connection of its own.
    pub(crate) async fn run<T: FromRedisValue>(&self, command: &Cmd) -> T {
        let client = Client::open(self.url()).unwrap();
        let mut connection = client.get_multiplexed_async_connection().await.unwrap();
        command.query_async(&mut connection).await.unwrap()
    }

    /// Sends a command without arguments that contain spaces.
    pub(crate) async fn run_line(&self, line: &str) {
        let mut command = Cmd::new();
        for word in line.split(' ') {
            command.arg(word);
        }
        let _: redis::Value = self.run(&command).await;
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
            self.process = spawn(self.port, &self.folder);
            if answers(self.port, &mut self.process).await {
                return;
            }
        }
    }

    fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.process), signal).unwrap();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn url(port: u16) -> String {
    format!("redis://127.0.0.1:{port}/")
}

fn spawn(port: u16, folder: &TempDir) -> Child {
    Command::new("redis-server")
        .args(["--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--port"])
        .arg(port.to_string())
        .arg("--dir")
        .arg(folder.path())
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .spawn()
        .expect("redis-server is installed (Debian's package redis-server)")
}

/// Waits until a server answers. Returns `false` if its process has ended.
async fn answers(port: u16, process: &mut Child) -> bool {
    let client = Client::open(url(port)).unwrap();
    loop {
        if process.try_wait().unwrap().is_some() {
            return false;
        }
        if let Ok(mut connection) = client.get_multiplexed_async_connection().await
            && let Ok(server) = redis::cmd("INFO").arg("server").query_async::<redis::InfoDict>(&mut connection).await
            && server.get("process_id") == Some(process.id())
        {
            return true;
        }
        sleep(Duration::from_millis(5)).await;
    }
}
