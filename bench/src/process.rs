//! A child process that is measured. It is always ended when its value is dropped.

use std::fs::File;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process_group};
use tokio::net::TcpStream;

use crate::failure::Failure;

/// How long a program may take until it listens. Under callgrind it takes tens of times as long as without.
const START_TIMEOUT: Duration = Duration::from_secs(60);
/// How long a program may take to end after SIGTERM.
const END_TIMEOUT: Duration = Duration::from_secs(3);
const POLL_INTERVAL: Duration = Duration::from_millis(10);

/// A running program. It has a process group of its own, so that its child processes are ended with it.
#[derive(Debug)]
pub(crate) struct Process {
    name: &'static str,
    child: Child,
    address: SocketAddr,
    log: PathBuf,
}

impl Process {
    /// Starts a program that listens on an address, and waits until it does. Its log goes to a file.
    ///
    /// # Errors
    /// Fails if it cannot be started, ends, or does not listen. The failure has the end of its log.
    pub(crate) async fn start(
        name: &'static str,
        command: &mut Command,
        address: SocketAddr,
        folder: &Path,
    ) -> Result<Self, Failure> {
        let log = folder.join(format!("{name}-{}.log", address.port()));
        let file = File::create(&log).map_err(Failure::of("cannot write a log"))?;
        let command = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(file).process_group(0);
        let child = command.spawn().map_err(Failure::of(format_args!("cannot start {name}")))?;
        let mut process = Self { name, child, address, log };
        process.wait_until_listening().await?;
        Ok(process)
    }

    /// Returns the address that it listens on.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Returns the ids of the process and of its children.
    pub(crate) fn ids(&self) -> Vec<u32> {
        let id = self.child.id();
        let children = std::fs::read_to_string(format!("/proc/{id}/task/{id}/children")).unwrap_or_default();
        let children = children.split_whitespace().filter_map(|id| id.parse().ok());
        std::iter::once(id).chain(children).collect()
    }

    /// Fails if the program has ended, with the end of its log.
    pub(crate) fn check(&mut self) -> Result<(), Failure> {
        let ended = self.child.try_wait().map_err(Failure::of(format_args!("cannot check {}", self.name)))?;
        ended.map_or(Ok(()), |status| Err(self.failed(format_args!("has ended ({status})"))))
    }

    async fn wait_until_listening(&mut self) -> Result<(), Failure> {
        let deadline = Instant::now() + START_TIMEOUT;
        while TcpStream::connect(self.address).await.is_err() {
            self.check()?;
            if Instant::now() > deadline {
                return Err(self.failed(format_args!("does not listen after {START_TIMEOUT:?}")));
            }
            tokio::time::sleep(POLL_INTERVAL).await;
        }
        Ok(())
    }

    fn failed(&self, what: std::fmt::Arguments<'_>) -> Failure {
        let log = std::fs::read_to_string(&self.log).unwrap_or_default();
        let lines: Vec<&str> = log.lines().collect();
        let last = lines[lines.len().saturating_sub(5)..].join("\n");
        Failure::new(format_args!("{} {what}\n{last}", self.name))
    }

    fn signal(&self, signal: Signal) {
        if let Some(group) = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw) {
            // The group may have ended by itself, which is fine.
            let _ = kill_process_group(group, signal);
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // After the child was waited for, its id may belong to another process.
        if !matches!(self.child.try_wait(), Ok(None)) {
            return;
        }
        self.signal(Signal::TERM);
        let deadline = Instant::now() + END_TIMEOUT;
        while Instant::now() < deadline && matches!(self.child.try_wait(), Ok(None)) {
            std::thread::sleep(POLL_INTERVAL);
        }
        if matches!(self.child.try_wait(), Ok(None)) {
            self.signal(Signal::KILL);
            drop(self.child.wait());
        }
    }
}

/// Returns a free local address, for a program that cannot choose a port itself.
///
/// # Errors
/// Fails if no port is free.
pub(crate) fn free_address() -> Result<SocketAddr, Failure> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).and_then(|listener| listener.local_addr());
    listener.map_err(Failure::of("no port is free"))
}
