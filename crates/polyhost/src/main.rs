//! The `polyhost` program.

use std::io;
use std::process::ExitCode;
use std::time::Duration;

use clap::Parser as _;
use mimalloc::MiMalloc;
use polyhost::cli::Cli;
use polyhost::commands;
use tokio::runtime::Runtime;

/// Gives memory back to the system after a load. The C library's allocator keeps what large bodies needed.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

/// How long threads are waited for once all is done. One that hangs in a file system keeps no process from its end.
const LEFTOVERS: Duration = Duration::from_secs(1);

fn main() -> io::Result<ExitCode> {
    let arguments = Cli::parse();
    let runtime = Runtime::new()?;
    let code = runtime.block_on(commands::run(arguments));
    runtime.shutdown_timeout(LEFTOVERS);
    Ok(code)
}
