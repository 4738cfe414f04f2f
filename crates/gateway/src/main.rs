//! The `polyhost` program.

use std::io;
use std::process::ExitCode;
use std::time::Duration;

use clap::Parser as _;
use polyhost_gateway::cli::Cli;
use polyhost_gateway::commands;
use tokio::runtime::Runtime;

/// How long threads are waited for once all is done. One that hangs in a file system keeps no process from its end.
const LEFTOVERS: Duration = Duration::from_secs(1);

fn main() -> io::Result<ExitCode> {
    let arguments = Cli::parse();
    let runtime = Runtime::new()?;
    let code = runtime.block_on(commands::run(arguments));
    runtime.shutdown_timeout(LEFTOVERS);
    Ok(code)
}
