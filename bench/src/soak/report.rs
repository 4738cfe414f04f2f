//! The results of `bench soak`, as tables for users and as JSON for programs.

use std::fmt::{self, Display, Formatter};

use serde::ser::SerializeMap as _;
use serde::{Serialize, Serializer};

use super::idle::IdleState;
use super::load::Outcomes;
use super::places::Places;
use crate::machine::Machine;

const MEBIBYTE: f64 = (1_u64 << 20) as f64;

/// The results of one soak test.
#[derive(Debug, Serialize)]
pub(crate) struct Report {
    pub(crate) machine: Machine,
    pub(crate) programs: Vec<String>,
    /// How long the site failed.
    pub(crate) seconds: u64,
    pub(crate) callers: u16,
    pub(crate) outcomes: Outcomes,
    pub(crate) rests: Vec<IdleState>,
    pub(crate) places: Places,
}

impl Serialize for Outcomes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let all = self.by_request();
        let mut map = serializer.serialize_map(Some(all.len()))?;
        all.iter().try_for_each(|(request_name, outcomes)| map.serialize_entry(request_name, outcomes))?;
        map.end()
    }
}

impl Display for Report {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}; {}.\n", self.machine, self.programs.join(", "))?;
        writeln!(f, "{} s of failures, {} callers.\n", self.seconds, self.callers)?;
        self.write_outcomes(f)?;
        self.write_rests(f)?;
        let Places { places, under_way, waiting, answered, asked } = &self.places;
        let word = if self.places.all_there() { "all there" } else { "NOT all there" };
        writeln!(
            f,
            "Places afterwards: {under_way} of {places} in use at once, {waiting} more waiting, {answered} of {asked} \
             answered: {word}."
        )
    }
}

impl Report {
    fn write_outcomes(&self, f: &mut Formatter<'_>) -> fmt::Result {
        writeln!(f, "| request | count | outcomes |")?;
        writeln!(f, "|---|---:|---|")?;
        for (request_name, outcomes) in self.outcomes.by_request() {
            let counts: Vec<String> = outcomes.iter().map(|(outcome, count)| format!("{outcome}: {count}")).collect();
            writeln!(f, "| {request_name} | {} | {} |", outcomes.values().sum::<u64>(), counts.join(", "))?;
        }
        writeln!(f)
    }

    fn write_rests(&self, f: &mut Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "| at rest | `VmRSS`, MiB | file descriptors | threads | in progress | waiting | spooled | circuits open |"
        )?;
        writeln!(f, "|---|---:|---:|---:|---:|---:|---:|---:|")?;
        for rest in &self.rests {
            let IdleState { when, memory, file_descriptors, threads, in_flight, waiting, spooled, circuits_open } =
                rest;
            let memory = *memory as f64 / MEBIBYTE;
            writeln!(
                f,
                "| {when} | {memory:.1} | {file_descriptors} | {threads} | {in_flight} | {waiting} | {spooled} | \
                 {circuits_open} |"
            )?;
        }
        writeln!(f)
    }
}
