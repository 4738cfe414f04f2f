//! The commands that make completions and manual pages from the definitions of the command line.

use std::io::{self, Write as _};
use std::process::ExitCode;

use clap::CommandFactory as _;

use super::CommandError;
use crate::cli::{Cli, Completions, Man};

pub(super) fn completions(options: &Completions) -> Result<ExitCode, CommandError> {
    let mut script = Vec::new();
    clap_complete::generate(options.shell, &mut Cli::command(), "polyhost", &mut script);
    io::stdout().write_all(&script).map_err(|error| CommandError::failed("cannot print", error))?;
    Ok(ExitCode::SUCCESS)
}

pub(super) fn man(options: &Man) -> Result<ExitCode, CommandError> {
    let failed = |error| CommandError::failed(format!("cannot write to {}", options.directory.display()), error);
    std::fs::create_dir_all(&options.directory).map_err(failed)?;
    clap_mangen::generate_to(Cli::command(), &options.directory).map_err(failed)?;
    Ok(ExitCode::SUCCESS)
}
