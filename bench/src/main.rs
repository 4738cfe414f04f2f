//! Measurements of the gateway and of alternatives. README.md says what is measured and how to repeat it.

mod caller;
mod catalogue;
mod content;
mod digests;
mod failure;
mod fleet;
mod gateway;
mod machine;
mod memory;
mod nginx;
mod process;
mod report;
mod setup;
mod site;
mod sizing;
mod soak;
mod speed;
mod times;
mod transfer;
mod transfers;
mod usage;
mod way;

use std::alloc::System;
use std::fmt::Display;
use std::io::{self, Write as _};
use std::net::SocketAddr;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use stats_alloc::{INSTRUMENTED_SYSTEM, StatsAlloc};
use tokio::signal::unix::{SignalKind, signal};

use crate::catalogue::Catalogue;
use crate::failure::Failure;
use crate::fleet::Fleet;
use crate::gateway::{Floor, Gateway, Instructions};
use crate::sizing::Sizing;
use crate::soak::Soak;
use crate::transfers::Transfers;

/// Counts the allocations of this process. `bench transfers` and `bench soak` run the gateway in another process.
#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// Measure the gateway and its alternatives on this machine
#[derive(Debug, Parser)]
#[command(name = "bench", arg_required_else_help = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Files up and down, directly, through nginx and through the gateway: their speed and memory
    Transfers(Transfers),
    /// Cached pages and cold listings: their time and allocations, and the memory of cached files
    Catalogue(Catalogue),
    /// The gateway in front of a site that fails at random: the resources it holds afterwards
    Soak(Soak),
    /// The memory for each account, connection, download and cached file, and the processor time for each request
    Sizing(Sizing),
    /// A Redis that gateways share: the processor time of a gateway with and without it, and the operations of Redis
    Fleet(Fleet),
    /// A request, beside peers: the processor time, the latency, and the memory
    Gateway(Gateway),
    /// The instructions of a request, compared with a record
    Instructions(Instructions),
    /// The servers that `bench gateway` compares the gateway with, which it starts itself
    Floor(Floor),
    /// The site of the measurements, which start it themselves
    Site {
        /// The address to listen on
        #[arg(long, value_name = "ADDRESS")]
        listen: SocketAddr,
    },
}

#[tokio::main]
async fn main() -> ExitCode {
    // Every outcome ends by returning, so that the started programs are ended by their destructors.
    let outcome = tokio::select! {
        outcome = run(Cli::parse().command) => outcome,
        outcome = termination_signal() => outcome.and(Err(Failure::new("stopped by a signal"))),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            progress(failure);
            ExitCode::FAILURE
        }
    }
}

async fn run(command: Command) -> Result<(), Failure> {
    match command {
        Command::Site { listen } => site::serve(listen).await,
        Command::Transfers(options) => print(&transfers::run(options).await?),
        Command::Catalogue(options) => print(&catalogue::run(options, ALLOCATOR).await?),
        Command::Soak(options) => print(&soak::run(options).await?),
        Command::Sizing(options) => print(&sizing::run(options).await?),
        Command::Fleet(options) => print(&fleet::run(options).await?),
        Command::Gateway(options) => print(&gateway::run(options).await?),
        Command::Instructions(options) => print(&gateway::count_instructions(options).await?),
        Command::Floor(options) => gateway::serve_floor(options).await,
    }
}

fn print(tables: &str) -> Result<(), Failure> {
    io::stdout().lock().write_all(tables.as_bytes()).map_err(Failure::of("cannot print"))
}

async fn termination_signal() -> Result<(), Failure> {
    let listen = |kind| signal(kind).map_err(Failure::of("cannot listen for signals"));
    let (mut interrupt, mut terminate) = (listen(SignalKind::interrupt())?, listen(SignalKind::terminate())?);
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
    Ok(())
}

/// Prints progress to standard error. Standard output is only for the results.
fn progress(text: impl Display) {
    // If standard error is closed, the failure cannot be reported.
    drop(writeln!(io::stderr(), "{text}"));
}
