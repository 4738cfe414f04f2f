//! The `polyhost` program.

use std::io;
use std::process::ExitCode;
use std::time::Duration;

use clap::Parser as _;
use mimalloc::MiMalloc;
use polyhost::cli::Cli;
use polyhost::commands;
use tokio::runtime::Runtime;

/// Releases memory to the system after a load. The C library's allocator would keep the memory of large bodies.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

/// The time for which the program waits for threads at its end. A thread that hangs in a file system does not keep the
/// process alive.
const THREAD_GRACE: Duration = Duration::from_secs(1);

fn main() -> io::Result<ExitCode> {
    let arguments = Cli::parse();
    let runtime = Runtime::new()?;
    let code = runtime.block_on(commands::run(arguments));
    runtime.shutdown_timeout(THREAD_GRACE);
    polyhost_log::finish();
    Ok(code)
}
