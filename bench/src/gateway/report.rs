//! The results of `bench gateway`, as tables for users and as JSON for programs.

use std::fmt::{self, Display, Formatter, Write as _};

use serde::Serialize;

use super::calls::Calls;
use super::candidates::{Candidate, Candidates, FORWARD, PREPARED};
use super::costs::Cost;
use super::growth::Growth;
use super::latency::Latency;
use super::rows::Row;
use crate::machine::Machine;
use crate::{progress, usage};

/// The results of one run.
#[derive(Debug, Serialize)]
pub(super) struct Report {
    pub(super) machine: Machine,
    /// The day of the run.
    pub(super) date: String,
    /// The versions of the gateway and of other programs.
    pub(super) programs: Vec<String>,
    /// Remarks, such as about programs that are left out.
    pub(super) remarks: Vec<String>,
    pub(super) rounds: u64,
    /// The number of requests for a cached file in each round.
    pub(super) requests: u64,
    /// Whether the processes under measure have a core of their own.
    pub(super) pinned: bool,
    /// The lengths of the cached file's and the cached page's body.
    pub(super) lengths: [usize; 2],
    pub(super) costs: Vec<Cost>,
    pub(super) latencies: Vec<Latency>,
    pub(super) growth: Vec<Growth>,
    pub(super) memory: Vec<Memory>,
    pub(super) calls: Vec<Calls>,
}

/// The sizes of a candidate, in bytes.
#[derive(Debug, Serialize)]
pub(super) struct Memory {
    pub(super) candidate: String,
    /// The size of the program's file.
    pub(super) program: Option<u64>,
    /// The memory before the first request.
    pub(super) idle: u64,
    /// The memory at the end of the run.
    pub(super) after: u64,
}

impl Memory {
    /// Returns the sizes of a candidate at this time.
    pub(super) fn of(candidate: &Candidate) -> Self {
        Self {
            candidate: candidate.title.clone(),
            program: candidate.program_size,
            idle: candidate.idle,
            after: usage::memory(&candidate.process.ids()),
        }
    }
}

impl Report {
    /// Returns a report of a number of rounds, and of requests for a cached file in each, without figures.
    pub(super) fn empty(machine: Machine, rounds: u64, requests: u64) -> Self {
        Self {
            machine,
            date: jiff::Timestamp::now().strftime("%Y-%m-%d").to_string(),
            programs: Vec::new(),
            remarks: Vec::new(),
            rounds,
            requests,
            pinned: false,
            lengths: [0; 2],
            costs: Vec::new(),
            latencies: Vec::new(),
            growth: Vec::new(),
            memory: Vec::new(),
            calls: Vec::new(),
        }
    }

    /// Adds the programs of the candidates.
    pub(super) fn describe(&mut self, candidates: &Candidates, polyhost: String) {
        self.programs = std::iter::once(polyhost).chain(candidates.programs.iter().cloned()).collect();
        self.remarks.clone_from(&candidates.remarks);
        self.lengths = [0, 1].map(|place| candidates.recorded.get(place).map_or(0, |answer| answer.body.len()));
        if cfg!(debug_assertions) {
            self.remark("`bench` is a debug build, so the servers with hyper take too much time");
        }
    }

    /// Adds a remark, such as that something is not measured.
    pub(super) fn remark(&mut self, message: &str) {
        progress(message);
        self.remarks.push(message.to_owned());
    }

    /// Returns a table of the processor times.
    pub(super) fn costs_table(&self) -> String {
        let mut text = "| request | candidate | µs | user | system | of the first | lowest to highest |\n\
                        |---|---|---:|---:|---:|---:|---:|\n"
            .to_owned();
        for Cost { request, candidate, times, .. } in &self.costs {
            let ([total, user, system], [ratio, lowest, highest]) = (times.medians(), times.ratio());
            // Writing to a `String` cannot fail.
            let _ = writeln!(
                text,
                "| {request} | {candidate} | {total:.1} | {user:.1} | {system:.1} | {ratio:.2} | \
                 {lowest:.2} to {highest:.2} |"
            );
        }
        text
    }

    /// Returns a table of the parts of the gateway's processor time.
    pub(super) fn parts_table(&self) -> String {
        let mut text = "| request | µs | kernel | HTTP and JSON, as the minimal server | the gateway's own work |\n\
                        |---|---:|---:|---:|---:|\n"
            .to_owned();
        for (row, floor) in [(Row::Hit, PREPARED), (Row::Page, PREPARED), (Row::Miss, FORWARD)] {
            let cost = |candidate: &str| {
                let is_it = |cost: &&Cost| cost.request == row.title() && cost.candidate == candidate;
                self.costs.iter().find(is_it).map(|cost| cost.times.medians())
            };
            if let (Some([total, user, system]), Some([_, floor, _])) = (cost("gateway"), cost(floor)) {
                let own = user - floor;
                let _ = writeln!(text, "| {} | {total:.1} | {system:.1} | {floor:.1} | {own:.1} |", row.title());
            }
        }
        text
    }

    /// Returns a table of the latencies.
    pub(super) fn latencies_table(&self) -> String {
        let mut text = "| request | candidate | p50, µs | p99, µs | added to p50 | added to p99 |\n\
                        |---|---|---:|---:|---:|---:|\n"
            .to_owned();
        for latency in &self.latencies {
            let ([p50, p99], [more_p50, more_p99]) = (latency.medians(), latency.added());
            let Latency { request, candidate, .. } = latency;
            let _ = writeln!(text, "| {request} | {candidate} | {p50:.0} | {p99:.0} | {more_p50:.0} | {more_p99:.0} |");
        }
        text
    }

    /// Returns a table of the memory of programs, and of their sizes.
    pub(super) fn memory_table(&self) -> String {
        let mut text = "| candidate | memory before the first request | at the end | size of the program |\n\
                        |---|---:|---:|---:|\n"
            .to_owned();
        for Memory { candidate, program, idle, after } in &self.memory {
            let program = program.map(size).unwrap_or_default();
            let _ = writeln!(text, "| {candidate} | {} | {} | {program} |", size(*idle), size(*after));
        }
        text
    }

    /// Returns a table of the memory for each object.
    pub(super) fn growth_table(&self) -> String {
        let mut text = "| object | measured with | memory for each |\n|---|---:|---:|\n".to_owned();
        for Growth { object, count, each } in &self.growth {
            let _ = writeln!(text, "| {object} | {count} | {} |", size(*each));
        }
        text
    }

    /// Returns a table of the system calls. Rarer calls are those of background tasks.
    pub(super) fn calls_table(&self) -> String {
        let mut text = "| request | candidate | system calls | of these |\n|---|---|---:|---|\n".to_owned();
        for Calls { request, candidate, each } in &self.calls {
            let mut named: Vec<(&String, &f64)> = each.iter().filter(|(_, calls)| **calls >= 0.05).collect();
            named.sort_by(|one, other| other.1.total_cmp(one.1));
            let named: Vec<String> = named.iter().map(|(name, calls)| format!("`{name}` {calls:.2}")).collect();
            let total: f64 = each.values().sum();
            let _ = writeln!(text, "| {request} | {candidate} | {total:.2} | {} |", named.join(", "));
        }
        text
    }
}

impl Display for Report {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}; {}; {}.\n", self.date, self.machine, self.programs.join(", "))?;
        writeln!(f, "The processor time of a program for each request: median of {} rounds.\n", self.rounds)?;
        let costs = (!self.costs.is_empty()).then(|| [self.costs_table(), self.parts_table()]);
        let tables = [
            (!self.latencies.is_empty()).then(|| self.latencies_table()),
            (!self.growth.is_empty()).then(|| self.growth_table()),
            (!self.calls.is_empty()).then(|| self.calls_table()),
            Some(self.memory_table()),
        ];
        costs.into_iter().flatten().chain(tables.into_iter().flatten()).try_for_each(|table| writeln!(f, "{table}"))
    }
}

fn size(bytes: u64) -> String {
    bytesize::ByteSize::b(bytes).display().iec().to_string()
}
