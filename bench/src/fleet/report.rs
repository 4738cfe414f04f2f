//! The results of `bench fleet`, as tables for users and as JSON for programs.

use std::fmt::{self, Display, Formatter};

use serde::Serialize;

use super::counts::{Operations, Stored};
use super::times::RequestTimes;
use crate::machine::Machine;

/// The results of one run.
#[derive(Debug, Serialize)]
pub(super) struct Report {
    pub(super) machine: Machine,
    /// The versions of the gateway and of Redis, if it is installed.
    pub(super) programs: Vec<String>,
    pub(super) times: Vec<RequestTimes>,
    pub(super) operations: Vec<Operations>,
    pub(super) memory: Vec<Stored>,
}

impl Report {
    pub(super) fn new(machine: Machine, polyhost: String) -> Self {
        Self { machine, programs: vec![polyhost], times: Vec::new(), operations: Vec::new(), memory: Vec::new() }
    }

    fn write_times(&self, f: &mut Formatter<'_>) -> fmt::Result {
        writeln!(f, "The processor time of a gateway for each request: median of {} rounds.\n", self.rounds())?;
        writeln!(f, "| request | gateway | µs | user | system | of the first | lowest to highest |")?;
        writeln!(f, "|---|---|---:|---:|---:|---:|---:|")?;
        for RequestTimes { request, gateway, times } in &self.times {
            let ([total, user, system], [ratio, lowest, highest]) = (times.medians(), times.ratio());
            writeln!(
                f,
                "| {request} | {gateway} | {total:.1} | {user:.1} | {system:.1} | {ratio:.2} | \
                 {lowest:.2} to {highest:.2} |"
            )?;
        }
        writeln!(f)
    }

    fn rounds(&self) -> usize {
        self.times.first().map_or(0, |row| row.times.rounds.len())
    }

    fn write_operations(&self, f: &mut Formatter<'_>) -> fmt::Result {
        writeln!(f, "What Redis does for each request. Commands within scripts count as commands.\n")?;
        writeln!(f, "| request | gateway | count | round trips | scripts | commands | µs of Redis | of these |")?;
        writeln!(f, "|---|---|---:|---:|---:|---:|---:|---|")?;
        for Operations { request, gateway, count, counters } in &self.operations {
            let each = |number: u64| number as f64 / *count as f64;
            let scripts = counters.commands.get("evalsha").copied().unwrap_or_default();
            // Rarer commands are those of background tasks.
            let commands = counters.commands.iter().filter(|(_, calls)| each(**calls) >= 0.05);
            let commands: Vec<String> = commands.map(|(name, calls)| format!("{name} {:.1}", each(*calls))).collect();
            writeln!(
                f,
                "| {request} | {gateway} | {count} | {:.2} | {:.2} | {:.1} | {:.0} | {} |",
                each(counters.round_trips),
                each(scripts),
                each(counters.total()),
                counters.seconds * 1e6 / *count as f64,
                commands.join(", "),
            )?;
        }
        writeln!(f)
    }

    fn write_memory(&self, f: &mut Formatter<'_>) -> fmt::Result {
        writeln!(f, "The memory of Redis (`MEMORY USAGE`).\n")?;
        writeln!(f, "| object | keys | members | bytes for each member |\n|---|---:|---:|---:|")?;
        for Stored { what, memory } in &self.memory {
            let each = memory.bytes / memory.members.max(1);
            writeln!(f, "| {what} | {} | {} | {each} |", memory.keys, memory.members)?;
        }
        Ok(())
    }
}

impl Display for Report {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}; {}.\n", self.machine, self.programs.join(", "))?;
        if !self.times.is_empty() {
            self.write_times(f)?;
        }
        if !self.operations.is_empty() {
            self.write_operations(f)?;
            self.write_memory(f)?;
        }
        Ok(())
    }
}
