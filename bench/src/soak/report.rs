//! What a soak has found, as tables for people and as JSON for programs.

use std::fmt::{self, Display, Formatter};

use serde::ser::SerializeMap as _;
use serde::{Serialize, Serializer};

use super::load::Outcomes;
use super::places::Places;
use super::rest::Rest;
use crate::machine::Machine;

const MEBIBYTE: f64 = (1_u64 << 20) as f64;

/// Everything that one soak has found.
#[derive(Debug, Serialize)]
pub(crate) struct Report {
    pub(crate) machine: Machine,
    pub(crate) programs: Vec<String>,
    /// For which the site was in trouble.
    pub(crate) seconds: u64,
    pub(crate) callers: u16,
    pub(crate) outcomes: Outcomes,
    pub(crate) rests: Vec<Rest>,
    pub(crate) places: Places,
}

impl Serialize for Outcomes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let all = self.by_question();
        let mut map = serializer.serialize_map(Some(all.len()))?;
        all.iter().try_for_each(|(asked, outcomes)| map.serialize_entry(asked, outcomes))?;
        map.end()
    }
}

impl Display for Report {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}; {}.\n", self.machine, self.programs.join(", "))?;
        writeln!(f, "{} s of trouble, {} callers.\n", self.seconds, self.callers)?;
        self.write_outcomes(f)?;
        self.write_rests(f)?;
        let Places { places, under_way, waiting, answered, asked } = &self.places;
        let word = if self.places.all_there() { "all there" } else { "NOT all there" };
        writeln!(
            f,
            "Places afterwards: {under_way} of {places} taken at once, {waiting} more waiting, {answered} of {asked} \
             answered: {word}."
        )
    }
}

impl Report {
    fn write_outcomes(&self, f: &mut Formatter<'_>) -> fmt::Result {
        writeln!(f, "| asked for | how often | with what outcome |")?;
        writeln!(f, "|---|---:|---|")?;
        for (asked, outcomes) in self.outcomes.by_question() {
            let told: Vec<String> = outcomes.iter().map(|(outcome, count)| format!("{outcome}: {count}")).collect();
            writeln!(f, "| {asked} | {} | {} |", outcomes.values().sum::<u64>(), told.join(", "))?;
        }
        writeln!(f)
    }

    fn write_rests(&self, f: &mut Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "| at rest | `VmRSS`, MiB | file descriptors | threads | under way | waiting | spooled | circuits open |"
        )?;
        writeln!(f, "|---|---:|---:|---:|---:|---:|---:|---:|")?;
        for rest in &self.rests {
            let Rest { when, memory, file_descriptors, threads, in_flight, waiting, spooled, circuits_open } = rest;
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
