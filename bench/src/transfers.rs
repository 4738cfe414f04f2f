//! `bench transfers`: files up and down, directly, through nginx and through the gateway, in one run.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use bytesize::ByteSize;
use clap::{Args, ValueEnum};
use serde::Serialize;

use crate::failure::Failure;
use crate::machine::Machine;
use crate::report::Report;
use crate::stage::Stage;
use crate::{memory, nginx, progress, speed};

/// The load from which on a machine has something else to do.
const BUSY: f64 = 0.5;

/// `bench transfers`
#[derive(Debug, Args)]
pub(crate) struct Transfers {
    /// The size of the files whose time is taken
    #[arg(long, default_value = "4GiB", value_parser = size)]
    size: u64,
    /// How often each way is gone
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u16).range(1..=100))]
    rounds: u16,
    /// How many transfers there are side by side while memory is watched
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u16).range(2..=200))]
    side_by_side: u16,
    /// The size of each of the files side by side
    #[arg(long, default_value = "64MiB", value_parser = size)]
    size_side_by_side: u64,
    /// What is measured
    #[arg(long, value_enum, default_value_t = Part::All)]
    part: Part,
    /// The gateway's program [default: polyhost, beside this program]
    #[arg(long, value_name = "FILE")]
    polyhost: Option<PathBuf>,
    /// Write the figures to a file as JSON, too
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Part {
    All,
    Speed,
    Memory,
}

/// Measures, and answers the tables to be printed.
///
/// # Errors
/// Where a program does not start or a transfer fails.
pub(crate) async fn run(options: Transfers) -> Result<String, Failure> {
    let polyhost = options.polyhost.clone().map_or_else(beside, Ok)?;
    let nginx = nginx::installed();
    if nginx.is_none() {
        progress("nginx is not there and is left out; on Debian: apt-get install nginx-light");
    }
    let machine = Machine::this();
    if machine.load_before > BUSY {
        progress("the machine is busy, so the figures are of it and of all that it does");
    }
    let report = measure(&options, machine, &polyhost, nginx.as_deref()).await?;
    write_json(options.json.as_deref(), &report)?;
    Ok(report.to_string())
}

async fn measure(
    options: &Transfers,
    machine: Machine,
    polyhost: &Path,
    nginx: Option<&Path>,
) -> Result<Report, Failure> {
    let rounds = usize::from(options.rounds);
    let mut programs = vec![version(polyhost)?];
    programs.extend(nginx.map(nginx::version).transpose()?);
    let mut stage = Stage::set(polyhost, nginx).await?;
    let mut speeds = Vec::new();
    if options.part != Part::Memory {
        speed::verify(&mut stage, options.size).await?;
        speeds = speed::measure(&mut stage, options.size, rounds).await?;
    }
    let mut memory = Vec::new();
    if options.part != Part::Speed {
        let many = (usize::from(options.side_by_side), options.size_side_by_side);
        memory = memory::measure(&mut stage, nginx, options.size, many).await?;
    }
    Ok(Report { machine, programs, size: options.size, rounds, speeds, memory })
}

fn size(text: &str) -> Result<u64, String> {
    let size = text.parse::<ByteSize>()?.as_u64();
    if size > 0 { Ok(size) } else { Err("nothing cannot be measured".to_owned()) }
}

/// The figures for programs, where they are wanted.
///
/// # Errors
/// Where the file cannot be written.
pub(crate) fn write_json(path: Option<&Path>, report: &impl Serialize) -> Result<(), Failure> {
    let Some(path) = path else { return Ok(()) };
    let json = serde_json::to_string_pretty(report).map_err(Failure::of("no JSON"))?;
    fs::write(path, json + "\n").map_err(Failure::of(path.display()))
}

/// The gateway's program, where it is built together with this one.
///
/// # Errors
/// Where it is not.
pub(crate) fn beside() -> Result<PathBuf, Failure> {
    let this = std::env::current_exe().map_err(Failure::of("this program does not know where it is"))?;
    let path = this.with_file_name("polyhost");
    if path.is_file() {
        return Ok(path);
    }
    let advice = "build it with \"cargo build --release -p polyhost -p polyhost-bench\"";
    Err(Failure::new(format_args!("{} is not there: {advice}", path.display())))
}

/// What a gateway's program says that it is.
///
/// # Errors
/// Where it does not start.
pub(crate) fn version(polyhost: &Path) -> Result<String, Failure> {
    let output = Command::new(polyhost).arg("--version").output().map_err(Failure::of("cannot start polyhost"))?;
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}
