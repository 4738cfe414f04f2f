//! The system calls of a program for each request, as `strace` counts them.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use serde::Serialize;
use tokio::time::sleep;

use super::candidates::{Candidate, Candidates, World};
use super::load;
use super::rows::Row;
use crate::failure::Failure;
use crate::progress;

/// The number of counted requests.
const COUNT: u64 = 3200;
/// How long `strace` may take to attach to a program, and to end.
const TIMEOUT: Duration = Duration::from_secs(10);
const POLL_INTERVAL: Duration = Duration::from_millis(20);

/// The system calls of one candidate.
#[derive(Debug, Serialize)]
pub(super) struct Calls {
    pub(super) request: &'static str,
    pub(super) candidate: String,
    /// The number of each call, for each request.
    pub(super) each: BTreeMap<String, f64>,
}

/// A running `strace`, which is ended when the value is dropped.
struct Trace(Child);

/// Counts the system calls of all candidates for hits and misses.
///
/// # Errors
/// Fails if a request fails, or `strace` cannot attach to a program.
pub(super) async fn measure(world: &World, candidates: &Candidates) -> Result<Vec<Calls>, Failure> {
    let mut all = Vec::new();
    for row in [Row::Hit, Row::Miss] {
        for candidate in candidates.all.iter().filter(|candidate| candidate.requests(row).is_some()) {
            progress(format_args!("system calls, {}, {}", row.title(), candidate.title));
            all.extend(one(world, candidate, row).await?);
        }
    }
    Ok(all)
}

/// Returns whether `strace` is installed.
pub(super) fn is_possible() -> bool {
    Command::new("strace").arg("-V").stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok()
}

async fn one(world: &World, candidate: &Candidate, row: Row) -> Result<Option<Calls>, Failure> {
    let Some(requests) = candidate.requests(row) else { return Ok(None) };
    let open = load::connect(candidate.process.address(), load::THREADS).await?;
    let open = load::send(open, &requests, load::THREADS).await?;
    let file = world.folder().join("calls");
    let mut trace = Trace::attach(&candidate.process.ids(), &file).await?;
    let open = load::send(open, &requests, COUNT).await?;
    trace.end().await?;
    drop(open);
    let table = fs::read_to_string(&file).map_err(Failure::of("no system calls"))?;
    let each = table.lines().filter_map(calls).map(|(name, calls)| (name, calls as f64 / COUNT as f64));
    Ok(Some(Calls { request: row.title(), candidate: candidate.title.clone(), each: each.collect() }))
}

impl Trace {
    async fn attach(ids: &[u32], file: &Path) -> Result<Self, Failure> {
        let mut command = Command::new("strace");
        command.args(["-c", "-f", "-o"]).arg(file);
        for id in ids {
            command.args(["-p", &id.to_string()]);
        }
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let mut trace = Self(command.spawn().map_err(Failure::of("cannot start strace"))?);
        let deadline = Instant::now() + TIMEOUT;
        while !is_traced(ids) {
            if Instant::now() > deadline || !matches!(trace.0.try_wait(), Ok(None)) {
                return Err(Failure::new("strace cannot attach to a program"));
            }
            sleep(POLL_INTERVAL).await;
        }
        Ok(trace)
    }

    /// Detaches from the program and writes the table.
    async fn end(&mut self) -> Result<(), Failure> {
        let id = i32::try_from(self.0.id()).ok().and_then(Pid::from_raw);
        let id = id.ok_or_else(|| Failure::new("strace has ended"))?;
        kill_process(id, Signal::INT).map_err(Failure::of("cannot end strace"))?;
        let deadline = Instant::now() + TIMEOUT;
        while matches!(self.0.try_wait(), Ok(None)) {
            if Instant::now() > deadline {
                return Err(Failure::new("strace does not end"));
            }
            sleep(POLL_INTERVAL).await;
        }
        Ok(())
    }
}

impl Drop for Trace {
    fn drop(&mut self) {
        // A program that is no longer traced continues.
        if matches!(self.0.try_wait(), Ok(None)) {
            drop(self.0.kill());
            drop(self.0.wait());
        }
    }
}

/// Returns whether all threads of some processes are traced.
fn is_traced(ids: &[u32]) -> bool {
    let mut tasks = ids.iter().filter_map(|id| fs::read_dir(format!("/proc/{id}/task")).ok()).flatten().flatten();
    tasks.all(|task| {
        let status = fs::read_to_string(task.path().join("status")).unwrap_or_default();
        status.lines().any(|line| line.strip_prefix("TracerPid:").is_some_and(|id| id.trim() != "0"))
    })
}

/// Reads a line of the table: the share, the seconds, the microseconds of a call, the calls, the errors (if there are
/// any), the name.
fn calls(line: &str) -> Option<(String, u64)> {
    let fields: Vec<&str> = line.split_whitespace().collect();
    let calls = fields.get(3)?.parse().ok()?;
    let name = fields.last().filter(|name| **name != "total" && fields.len() >= 5)?;
    Some(((*name).to_owned(), calls))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn table_of_strace_is_read() {
        assert_eq!(
            calls(" 50.00    0.000100           1       100         7 recvfrom"),
            Some(("recvfrom".into(), 100))
        );
        assert_eq!(calls(" 50.00    0.000100           1       100           sendto"), Some(("sendto".into(), 100)));
        assert_eq!(calls("100.00    0.000200           1       200         7 total"), None);
        assert_eq!(calls("------ ----------- ----------- --------- --------- ----------------"), None);
        assert_eq!(calls("% time     seconds  usecs/call     calls    errors syscall"), None);
    }
}
