//! The commands of the program.

mod check;
mod client;
mod config_file;
mod healthcheck;
mod init;
mod keygen;
mod openapi;
mod sandbox;
mod serve;
mod signals;

use std::error::Error;
use std::fmt::Display;
use std::io::{self, Write as _};
use std::process::ExitCode;

use polyhost_config::Fault;

use crate::cli::{Cli, Command};

/// The exit code of a command with an invalid configuration.
const INVALID_CONFIGURATION: u8 = 2;

/// The error of a command, as a message for its user.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CommandError {
    /// The configuration has faults; each is a line. They may be printed already.
    #[error("{}", .0.join("\n"))]
    Configuration(Vec<String>),
    /// Anything else.
    #[error("{0}")]
    Failed(String),
}

impl CommandError {
    /// Creates the error for faults that are not in a file.
    pub(crate) fn faults(faults: &[Fault]) -> Self {
        Self::Configuration(faults.iter().map(ToString::to_string).collect())
    }

    /// Creates an error from the failed action, its cause and the causes of that.
    pub(crate) fn failed(what: impl Display, cause: impl Error + 'static) -> Self {
        let causes = std::iter::successors(Some(&cause as &(dyn Error + 'static)), |cause| (*cause).source());
        let causes: Vec<String> = causes.map(ToString::to_string).collect();
        Self::Failed(format!("{what}: {}", causes.join(": ")))
    }
}

/// Runs the command of the command line.
pub async fn run(cli: Cli) -> ExitCode {
    let result = match cli.command {
        Command::Sandbox(options) => return ended(sandbox::run(options).await),
        Command::Serve(options) => return ended(serve::run(&options).await),
        Command::Check(options) => check::run(&options),
        Command::Init(options) => return ended(init::run(options).await),
        Command::Openapi => openapi::run(),
        Command::Keygen => keygen::run(),
        Command::Healthcheck(options) => healthcheck::run(options.url).await,
        Command::Client(command) => return ended(client::run(command).await),
    };
    ended(result.map(|()| ExitCode::SUCCESS))
}

/// Prints the error, if any, and returns the exit code.
fn ended(result: Result<ExitCode, CommandError>) -> ExitCode {
    match result {
        Ok(code) => code,
        Err(error) => {
            // The message is the last line.
            polyhost_log::finish();
            // If the standard error is closed, the message is lost.
            let text = error.to_string();
            if !text.is_empty() {
                drop(writeln!(io::stderr(), "{text}"));
            }
            match error {
                CommandError::Configuration(_) => ExitCode::from(INVALID_CONFIGURATION),
                CommandError::Failed(_) => ExitCode::FAILURE,
            }
        }
    }
}

/// Prints a line to the standard output.
pub(crate) fn print(text: impl Display) -> Result<(), CommandError> {
    let mut out = io::stdout().lock();
    writeln!(out, "{text}").and_then(|()| out.flush()).map_err(|error| CommandError::failed("cannot print", error))
}
