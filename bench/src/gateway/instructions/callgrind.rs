//! A gateway that runs under callgrind, which counts its instructions.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use tokio::time::sleep;

use super::super::candidates::World;
use super::super::load::{self, Requests};
use crate::failure::Failure;
use crate::process::Process;

/// The requests before those that are counted. They fill the cache and the pools of the allocator.
const WARM_UP: u64 = 300;
/// The number of counted requests: enough that timers and other work in the background are below 0.1 % of the count.
const COUNT: u64 = 1500;
/// The time for work that a request leaves to the background, such as writing the log.
const REST: Duration = Duration::from_millis(300);

/// What makes the counts alike on different machines and in different runs.
const ENVIRONMENT: [(&str, &str); 3] = [
    // The C library chooses its functions for memory and strings by the processor. These are the plain ones.
    ("GLIBC_TUNABLES", "glibc.cpu.hwcaps=-ERMS,-FSRM,-RTM,-AVX2,-AVX512F,-AVX512VL,-AVX512BW,-AVX_Fast_Unaligned_Load"),
    // The allocator returns unused memory after a time, which depends on the speed of the machine.
    ("MIMALLOC_PURGE_DELAY", "-1"),
    ("TOKIO_WORKER_THREADS", "1"),
];

/// A gateway under callgrind.
pub(super) struct Callgrind {
    gateway: Process,
    /// The beginning of the names of the files of counts. The number of the file follows.
    counts: PathBuf,
    files: u32,
    /// The beginning of the names of the pipes to callgrind.
    pipes: PathBuf,
}

impl Callgrind {
    /// Starts a gateway.
    ///
    /// # Errors
    /// Fails if it does not start.
    pub(super) async fn start(world: &World, polyhost: &Path) -> Result<Self, Failure> {
        let (counts, pipes) = (world.folder().join("counts"), world.folder().join("pipe"));
        let mut command = Command::new("valgrind");
        command.args(["--quiet", "--tool=callgrind", "--fair-sched=try"]).envs(ENVIRONMENT);
        command.arg(format!("--callgrind-out-file={}", counts.display()));
        command.arg(format!("--vgdb-prefix={}", pipes.display())).arg(polyhost);
        Ok(Self { gateway: world.gateway_by(command, 1).await?, counts, files: 0, pipes })
    }

    /// Returns the instructions of one request: the mean of many over one connection, one after the other.
    ///
    /// # Errors
    /// Fails if a request fails, or callgrind does not obey.
    pub(super) async fn count(&mut self, requests: &Requests) -> Result<u64, Failure> {
        let open = load::connect(self.gateway.address(), 1).await?;
        let open = load::send(open, requests, WARM_UP).await?;
        sleep(REST).await;
        self.control("zero")?;
        let open = load::send(open, requests, COUNT).await?;
        sleep(REST).await;
        self.control("dump")?;
        drop(open);
        self.files += 1;
        let file = format!("{}.{}", self.counts.display(), self.files);
        let text = fs::read_to_string(&file).map_err(Failure::of("callgrind has written no counts"))?;
        let total = total(&text).ok_or_else(|| Failure::new("a file of callgrind has no total"))?;
        Ok(total / COUNT)
    }

    /// Sends callgrind a command.
    fn control(&self, command: &str) -> Result<(), Failure> {
        let mut vgdb = Command::new("vgdb");
        vgdb.arg(format!("--vgdb-prefix={}", self.pipes.display())).arg(command).stdin(Stdio::null());
        let output = vgdb.output().map_err(Failure::of("cannot start vgdb"))?;
        if output.status.success() {
            return Ok(());
        }
        Err(Failure::new(format_args!("vgdb {command}: {}", String::from_utf8_lossy(&output.stderr).trim())))
    }
}

/// Returns the total of a file of counts.
fn total(text: &str) -> Option<u64> {
    let mut totals = text.lines().filter_map(|line| line.strip_prefix("totals: "));
    totals.next_back()?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn total_is_read_from_a_file_of_callgrind() {
        assert_eq!(total("summary: 7\n\nfn=(1) main\n16 40\n\ntotals: 1200\n"), Some(1200));
        assert_eq!(total("fn=(1) main\n16 40\n"), None);
    }
}
