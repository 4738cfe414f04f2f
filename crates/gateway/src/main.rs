//! The `polyhost` program.

use std::process::ExitCode;

use clap::Parser as _;
use polyhost_gateway::cli::Cli;
use polyhost_gateway::commands;

#[tokio::main]
async fn main() -> ExitCode {
    commands::run(Cli::parse()).await
}
