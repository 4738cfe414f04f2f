//! The results of `bench gateway`, as tables for users and as JSON for programs.

use std::fmt::{self, Display, Formatter};

use serde::Serialize;

use super::candidates::Candidates;
use super::costs::Cost;
use crate::machine::Machine;

/// The results of one run.
#[derive(Debug, Serialize)]
pub(super) struct Report {
    pub(super) machine: Machine,
    /// The versions of the gateway and of other programs.
    pub(super) programs: Vec<String>,
    /// The messages about the programs that are left out.
    pub(super) left_out: Vec<String>,
    pub(super) rounds: u64,
    pub(super) costs: Vec<Cost>,
}

impl Report {
    pub(super) fn new(machine: Machine, candidates: &Candidates, polyhost: String) -> Self {
        let programs = std::iter::once(polyhost).chain(candidates.programs.iter().cloned()).collect();
        Self { machine, programs, left_out: candidates.left_out.clone(), rounds: 0, costs: Vec::new() }
    }

    fn write_costs(&self, f: &mut Formatter<'_>) -> fmt::Result {
        writeln!(f, "| request | candidate | µs | user | system | of the gateway | lowest to highest |")?;
        writeln!(f, "|---|---|---:|---:|---:|---:|---:|")?;
        for Cost { request, candidate, times, .. } in &self.costs {
            let ([total, user, system], [ratio, lowest, highest]) = (times.medians(), times.ratio());
            writeln!(
                f,
                "| {request} | {candidate} | {total:.1} | {user:.1} | {system:.1} | {ratio:.2} | \
                 {lowest:.2} to {highest:.2} |"
            )?;
        }
        writeln!(f)
    }
}

impl Display for Report {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}; {}.\n", self.machine, self.programs.join(", "))?;
        writeln!(f, "The processor time of a program for each request: median of {} rounds.\n", self.rounds)?;
        self.write_costs(f)
    }
}
