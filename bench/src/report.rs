//! The results of `bench transfers`, as tables for users and as JSON for programs.

use std::fmt::{self, Display, Formatter};

use serde::Serialize;

use crate::machine::Machine;
use crate::memory::{Memory, Receiver};
use crate::speed::Speed;

const MEBIBYTE: f64 = (1_u64 << 20) as f64;

/// The results of one run.
#[derive(Debug, Serialize)]
pub(crate) struct Report {
    pub(crate) machine: Machine,
    /// The versions of the gateway and of nginx, if it is installed.
    pub(crate) programs: Vec<String>,
    /// The size of the files of the first table, in bytes.
    pub(crate) size: u64,
    pub(crate) rounds: usize,
    pub(crate) speeds: Vec<Speed>,
    pub(crate) memory: Vec<Memory>,
}

impl Display for Report {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}; {}.\n", self.machine, self.programs.join(", "))?;
        if !self.speeds.is_empty() {
            self.write_speeds(f)?;
        }
        if !self.memory.is_empty() {
            self.write_memory(f)?;
        }
        Ok(())
    }
}

impl Report {
    fn write_speeds(&self, f: &mut Formatter<'_>) -> fmt::Result {
        writeln!(f, "Transfers of {}; median of {} rounds.\n", size(self.size), self.rounds)?;
        writeln!(f, "| | way | MiB/s | slowest to fastest | of direct | of nginx | of nginx, 256 KiB | CPU s/GiB |")?;
        writeln!(f, "|---|---|---:|---:|---:|---:|---:|---:|")?;
        for speed in &self.speeds {
            let cell = |figure: Option<f64>| figure.map_or("".to_owned(), |figure| format!("{figure:.2}"));
            writeln!(
                f,
                "| {} | {} | {:.0} | {:.0} to {:.0} | {} | {} | {} | {} |",
                speed.direction.title(),
                speed.way.title(),
                speed.mib_per_second,
                speed.slowest_mib_per_second,
                speed.fastest_mib_per_second,
                cell(speed.of_direct),
                cell(speed.of_nginx),
                cell(speed.of_nginx_large_buffers),
                cell(speed.processor_seconds_per_gib),
            )?;
        }
        writeln!(f)
    }

    fn write_memory(&self, f: &mut Formatter<'_>) -> fmt::Result {
        writeln!(f, "Memory (`VmRSS`), in MiB.\n")?;
        writeln!(f, "| | way | at rest | peak, first half | peak, second half | above rest | goal |")?;
        writeln!(f, "|---|---|---:|---:|---:|---:|---:|")?;
        for memory in &self.memory {
            writeln!(
                f,
                "| {} | {} | {:.1} | {:.1} | {:.1} | {:.1} | {} |",
                case(memory),
                memory.way.title(),
                mebibytes(memory.at_rest),
                mebibytes(memory.peak_of_first_half),
                mebibytes(memory.peak_of_second_half),
                mebibytes(memory.above_rest),
                memory.goal.map_or("".to_owned(), |goal| verdict(memory.above_rest, goal)),
            )?;
        }
        Ok(())
    }
}

fn case(memory: &Memory) -> String {
    let case = memory.case;
    let slow = match case.receiver {
        Receiver::Fast => "",
        Receiver::Slow => ", slow receiver",
    };
    format!("{} x {} {}{slow}", case.count, size(case.size), case.direction.title())
}

fn verdict(above_rest: u64, goal: u64) -> String {
    let word = if above_rest <= goal { "met" } else { "missed" };
    format!("{:.0}: {word}", mebibytes(goal))
}

fn size(bytes: u64) -> String {
    bytesize::ByteSize::b(bytes).display().iec().to_string()
}

fn mebibytes(bytes: u64) -> f64 {
    bytes as f64 / MEBIBYTE
}
