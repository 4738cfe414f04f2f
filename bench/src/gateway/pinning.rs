//! The cores: one for the process under measure, the others for the load and the site.

use std::path::Path;
use std::process::Command;
use std::thread::available_parallelism;

use crate::failure::Failure;
use crate::progress;

/// The core of the processes under measure. Only one of them works at a time.
const MEASURED: &str = "0";

/// Whether processes are pinned to cores.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Pinning {
    /// The processes under measure use one core; the load and the site use the others.
    Separate,
    /// There is only one core, or no `taskset`: every process runs on any core.
    Shared,
}

impl Pinning {
    /// Moves this process, and with it the children that it starts, to the cores of the load.
    pub(super) fn of_this_process() -> Self {
        let cores = available_parallelism().map_or(1, usize::from);
        if cores < 2 {
            progress("this machine has one core: the load takes time from the processes under measure");
            return Self::Shared;
        }
        let others = format!("1-{}", cores - 1);
        let id = std::process::id().to_string();
        match Command::new("taskset").args(["--all-tasks", "--cpu-list", "--pid", &others, &id]).output() {
            Ok(output) if output.status.success() => Self::Separate,
            _ => {
                progress("taskset cannot pin processes to cores: the load takes time from the processes under measure");
                Self::Shared
            }
        }
    }

    /// Returns a command that runs a program on the core of the processes under measure.
    pub(super) fn command(self, program: &Path) -> Command {
        match self {
            Self::Separate => {
                let mut command = Command::new("taskset");
                command.args(["--cpu-list", MEASURED]).arg(program);
                command
            }
            Self::Shared => Command::new(program),
        }
    }
}

/// Raises the limit of file descriptors of this process and its children as far as possible, and returns it.
///
/// # Errors
/// Fails if the limit cannot be changed.
pub(super) fn raise_descriptor_limit() -> Result<u64, Failure> {
    use rustix::process::{Resource, getrlimit, setrlimit};
    let mut limit = getrlimit(Resource::Nofile);
    limit.current = limit.maximum;
    setrlimit(Resource::Nofile, limit).map_err(Failure::of("cannot raise the limit of file descriptors"))?;
    Ok(limit.current.unwrap_or(u64::MAX))
}
