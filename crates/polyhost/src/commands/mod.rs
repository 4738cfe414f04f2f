//! What each command of the program does.

mod check;
mod healthcheck;
mod keygen;
mod openapi;
mod sandbox;
mod serve;
mod signals;
mod transfers;

use std::fmt::Display;
use std::io::{self, Write as _};
use std::process::ExitCode;

use crate::cli::{Cli, Command};

/// What a command ends with when the configuration is wrong.
const BAD_CONFIGURATION: u8 = 2;

/// Why a command could not do its work, in words for the one who started it.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CommandError {
    /// The configuration has faults; each is a line.
    #[error("{}", .0.join("\n"))]
    Configuration(Vec<String>),
    /// Anything else.
    #[error("{0}")]
    Failed(String),
}

impl CommandError {
    /// What could not be done, and why.
    pub(crate) fn failed(what: impl Display, cause: impl Display) -> Self {
        Self::Failed(format!("{what}: {cause}"))
    }
}

/// Does what the command line says.
pub async fn run(cli: Cli) -> ExitCode {
    let result = match cli.command {
        Command::Sandbox(options) => return ended(sandbox::run(options).await),
        Command::Serve(options) => return ended(serve::run(&options).await),
        Command::Check(options) => check::run(&options),
        Command::Openapi => openapi::run(),
        Command::Keygen => keygen::run(),
        Command::Healthcheck(options) => healthcheck::run(options.url).await,
        Command::Upload(options) => return ended(transfers::upload(options).await),
        Command::Download(options) => return ended(transfers::download(options).await),
        Command::Ls(options) => return ended(transfers::ls(options).await),
    };
    ended(result.map(|()| ExitCode::SUCCESS))
}

/// The exit code, after an error was told.
fn ended(result: Result<ExitCode, CommandError>) -> ExitCode {
    match result {
        Ok(code) => code,
        Err(error) => {
            // Where the standard error is gone, nobody is there to be told.
            drop(writeln!(io::stderr(), "{error}"));
            match error {
                CommandError::Configuration(_) => ExitCode::from(BAD_CONFIGURATION),
                CommandError::Failed(_) => ExitCode::FAILURE,
            }
        }
    }
}

/// Prints for the one who started the program.
pub(crate) fn print(text: impl Display) -> Result<(), CommandError> {
    let mut out = io::stdout().lock();
    writeln!(out, "{text}").and_then(|()| out.flush()).map_err(|error| CommandError::failed("cannot print", error))
}
