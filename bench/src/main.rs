//! Measurements of the gateway beside its peers. README.md says what is measured and how to repeat it.

mod catalogue;
mod content;
mod digests;
mod failure;
mod machine;
mod memory;
mod nginx;
mod process;
mod report;
mod site;
mod soak;
mod speed;
mod stage;
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
use crate::soak::Soak;
use crate::transfers::Transfers;

/// Counts what is allocated in this process. The gateway that files go through is another.
#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// Measure the gateway beside its peers, on this machine alone
#[derive(Debug, Parser)]
#[command(name = "bench", arg_required_else_help = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Files up and down: directly, through nginx, through the gateway; their speed and the memory they take
    Transfers(Transfers),
    /// Cached pages and cold listings: their time, their allocations, and the memory that cached files take
    Catalogue(Catalogue),
    /// The gateway in front of a site that fails at random: what it holds afterwards, at rest
    Soak(Soak),
    /// The site that takes and gives the bytes; started by the measurements themselves
    Site {
        /// Where it listens
        #[arg(long, value_name = "ADDRESS")]
        listen: SocketAddr,
    },
}

#[tokio::main]
async fn main() -> ExitCode {
    // Whatever ends this, it ends by returning, so that what was started is ended with it.
    let outcome = tokio::select! {
        outcome = run(Cli::parse().command) => outcome,
        outcome = asked_to_end() => outcome.and(Err(Failure::new("asked to end"))),
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
    }
}

fn print(tables: &str) -> Result<(), Failure> {
    io::stdout().lock().write_all(tables.as_bytes()).map_err(Failure::of("cannot print"))
}

async fn asked_to_end() -> Result<(), Failure> {
    let listen = |kind| signal(kind).map_err(Failure::of("cannot listen for signals"));
    let (mut interrupt, mut terminate) = (listen(SignalKind::interrupt())?, listen(SignalKind::terminate())?);
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
    Ok(())
}

/// Says what is going on to whoever waits; the results alone go to the standard output.
fn progress(text: impl Display) {
    // Where the standard error is gone, nobody is there to be told.
    drop(writeln!(io::stderr(), "{text}"));
}
