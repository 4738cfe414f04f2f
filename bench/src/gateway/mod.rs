//! `bench gateway`: the processor time, the latency and the memory of the gateway for requests, beside those of other
//! programs in the same run. `bench instructions`: the instructions of the same requests.

mod calls;
mod candidates;
mod chart;
mod costs;
mod document;
mod floor;
mod growth;
mod instructions;
mod latency;
mod load;
mod peers;
mod pinning;
mod polyhost;
mod report;
mod rows;

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum as _};

use self::candidates::{Candidates, World};
pub(crate) use self::floor::{Floor, run as serve_floor};
pub(crate) use self::instructions::{Instructions, run as count_instructions};
use self::pinning::Pinning;
use self::report::{Memory, Report};
use self::rows::{CONNECTIONS, Row};
use crate::failure::Failure;
use crate::machine::Machine;
use crate::progress;
use crate::transfers::{default_polyhost, version, write_json};

/// The descriptors of a program that no connection of a caller needs.
const SPARE_DESCRIPTORS: u64 = 200;

/// The options of `bench gateway`.
#[derive(Debug, Args)]
pub(crate) struct Gateway {
    /// The number of rounds; each measures every candidate with every row
    #[arg(long, default_value_t = 7, value_parser = clap::value_parser!(u64).range(1..=100))]
    rounds: u64,
    /// The number of requests for a cached file in each round; there are fewer of other kinds
    #[arg(long, default_value_t = 20_000, value_parser = clap::value_parser!(u64).range(320..=1_000_000))]
    requests: u64,
    /// The rows to measure, separated by commas [default: all]
    #[arg(long, value_enum, value_delimiter = ',', value_name = "ROWS")]
    rows: Vec<Row>,
    /// Also measure a gateway with 1,000,000 cached files, which takes minutes
    #[arg(long)]
    large: bool,
    /// The polyhost program [default: polyhost, in the folder of this program]
    #[arg(long, value_name = "FILE")]
    polyhost: Option<PathBuf>,
    /// Another polyhost program, such as an earlier version
    #[arg(long, value_name = "FILE")]
    other: Option<PathBuf>,
    /// Also write the figures to this file as JSON
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Also write the document with the figures to this file, and its charts to the folder "images" beside it
    #[arg(long, value_name = "FILE")]
    write: Option<PathBuf>,
}

/// Measures everything and returns the tables to print.
///
/// # Errors
/// Fails if a program does not start or ends, or a request fails.
pub(crate) async fn run(options: Gateway) -> Result<String, Failure> {
    let polyhost = options.polyhost.clone().map_or_else(default_polyhost, Ok)?;
    let (machine, pinning) = (Machine::this(), Pinning::of_this_process());
    let most_connections = most_connections(&options)?;
    let world = World::start(pinning).await?;
    progress("starting the candidates");
    let mut candidates = Candidates::start(&world, &polyhost, options.other.as_deref()).await?;
    candidates.verify(&world)?;
    let mut report = Report::empty(machine, options.rounds, options.requests);
    report.describe(&candidates, version(&polyhost)?);
    report.pinned = pinning == Pinning::Separate;
    measure(&options, &world, &polyhost, &candidates, most_connections, &mut report).await?;
    report.memory = candidates.all.iter().map(Memory::of).collect();
    write_json(options.json.as_deref(), &report)?;
    if let Some(path) = &options.write {
        document::write(path, &report)?;
    }
    Ok(report.to_string())
}

async fn measure(
    options: &Gateway,
    world: &World,
    polyhost: &Path,
    candidates: &Candidates,
    most_connections: u64,
    report: &mut Report,
) -> Result<(), Failure> {
    let rows = options.rows();
    let mut grown = Vec::new();
    for row in rows.iter().filter(|row| matches!(row, Row::Accounts | Row::Files)) {
        grown.push(growth::start(world, polyhost, &candidates.all[0].process, *row).await?);
    }
    let mut groups = costs::groups(&candidates.all, &rows, options.requests, most_connections);
    groups.extend(grown.iter().map(|grown| growth::group(grown, &candidates.all[0].process, options.requests)));
    report.costs = costs::measure(&groups, options.rounds).await?;
    report.growth = grown.into_iter().map(|grown| grown.growth).collect();
    if rows.contains(&Row::Latency) {
        report.latencies = latency::measure(world, candidates, options.rounds).await?;
    }
    if rows.contains(&Row::SystemCalls) {
        if calls::is_possible() {
            report.calls = calls::measure(world, candidates).await?;
        } else {
            report.remark("strace is not installed, so system calls are left out; on Debian: apt-get install strace");
        }
    }
    Ok(())
}

impl Gateway {
    /// Returns the rows to measure.
    fn rows(&self) -> Vec<Row> {
        let rows = if self.rows.is_empty() { Row::value_variants() } else { &self.rows };
        rows.iter().copied().filter(|row| self.large || *row != Row::Files).collect()
    }
}

/// Raises the limit of file descriptors, and returns the number of connections that it permits.
fn most_connections(options: &Gateway) -> Result<u64, Failure> {
    let most = pinning::raise_descriptor_limit()?.saturating_sub(SPARE_DESCRIPTORS);
    if options.rows().contains(&Row::Connections) && CONNECTIONS.iter().any(|count| *count > most) {
        progress(format_args!("the limit of file descriptors permits only {most} connections"));
    }
    Ok(most)
}
