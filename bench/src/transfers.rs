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
use crate::setup::Setup;
use crate::{memory, nginx, progress, speed};

/// The load average above which the machine counts as busy.
const BUSY: f64 = 0.5;

/// The options of `bench transfers`.
#[derive(Debug, Args)]
pub(crate) struct Transfers {
    /// The size of the files that are timed
    #[arg(long, default_value = "4GiB", value_parser = size)]
    size: u64,
    /// The number of rounds; each measures every way
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u16).range(1..=100))]
    rounds: u16,
    /// The number of parallel transfers while memory is measured
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u16).range(2..=200))]
    side_by_side: u16,
    /// The size of each file of the parallel transfers
    #[arg(long, default_value = "64MiB", value_parser = size)]
    size_side_by_side: u64,
    /// What to measure
    #[arg(long, value_enum, default_value_t = Part::All)]
    part: Part,
    /// The polyhost program [default: polyhost, in the folder of this program]
    #[arg(long, value_name = "FILE")]
    polyhost: Option<PathBuf>,
    /// Also write the figures to this file as JSON
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Part {
    All,
    Speed,
    Memory,
}

/// Runs the measurements and returns the tables to print.
///
/// # Errors
/// Fails if a program does not start or a transfer fails.
pub(crate) async fn run(options: Transfers) -> Result<String, Failure> {
    let polyhost = options.polyhost.clone().map_or_else(default_polyhost, Ok)?;
    let nginx = nginx::installed();
    if nginx.is_none() {
        progress("nginx is not installed and is left out; on Debian: apt-get install nginx-light");
    }
    let machine = Machine::this();
    if machine.load_before > BUSY {
        progress("the machine is busy: the figures include the effect of its other work");
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
    let mut setup = Setup::start(polyhost, nginx).await?;
    let mut speeds = Vec::new();
    if options.part != Part::Memory {
        speed::verify(&mut setup, options.size).await?;
        speeds = speed::measure(&mut setup, options.size, rounds).await?;
    }
    let mut memory = Vec::new();
    if options.part != Part::Speed {
        let many = (usize::from(options.side_by_side), options.size_side_by_side);
        memory = memory::measure(&mut setup, nginx, options.size, many).await?;
    }
    Ok(Report { machine, programs, size: options.size, rounds, speeds, memory })
}

fn size(text: &str) -> Result<u64, String> {
    let size = text.parse::<ByteSize>()?.as_u64();
    if size > 0 { Ok(size) } else { Err("the size must be greater than 0".to_owned()) }
}

/// Writes the figures as JSON, if a path is given.
///
/// # Errors
/// Fails if the file cannot be written.
pub(crate) fn write_json(path: Option<&Path>, report: &impl Serialize) -> Result<(), Failure> {
    let Some(path) = path else { return Ok(()) };
    let json = serde_json::to_string_pretty(report).map_err(Failure::of("no JSON"))?;
    fs::write(path, json + "\n").map_err(Failure::of(path.display()))
}

/// Returns the path of the polyhost program in the folder of this program.
///
/// # Errors
/// Fails if there is none.
pub(crate) fn default_polyhost() -> Result<PathBuf, Failure> {
    let this = std::env::current_exe().map_err(Failure::of("cannot find the path of this program"))?;
    let path = this.with_file_name("polyhost");
    if path.is_file() {
        return Ok(path);
    }
    let advice = "build it with \"cargo build --release -p polyhost -p polyhost-bench\"";
    Err(Failure::new(format_args!("{} does not exist: {advice}", path.display())))
}

/// Returns the name and version that a polyhost program reports.
///
/// # Errors
/// Fails if it does not start.
pub(crate) fn version(polyhost: &Path) -> Result<String, Failure> {
    let output = Command::new(polyhost).arg("--version").output().map_err(Failure::of("cannot start polyhost"))?;
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}
