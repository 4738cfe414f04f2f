//! The commands of callers: they call a gateway through its public API, and know nothing else of it.

mod browse;
mod change;
mod remote;
mod shell;
mod transfers;

use std::fmt::Display;
use std::process::ExitCode;

use polyhost_client::{Exit, Interrupt, Location, Output, Session, connect};

use super::CommandError;
use crate::cli::{ClientCommand as Command, Connection};

/// Runs a command of a caller.
pub(super) async fn run(command: Command) -> Result<ExitCode, CommandError> {
    match command {
        Command::Login(options) => remote::login(options).await,
        Command::Whoami(options) => browse::whoami(&options).await,
        Command::Ls(options) => browse::ls(&options).await,
        Command::Tree(options) => browse::tree(&options).await,
        Command::Stat(options) => browse::stat(&options).await,
        Command::Usage(options) => browse::usage(&options).await,
        Command::Cat(options) => browse::cat(&options).await,
        Command::Link(options) => browse::link(&options).await,
        Command::Open(options) => browse::open(&options).await,
        Command::Upload(options) => transfers::upload(options).await,
        Command::Download(options) => transfers::download(options).await,
        Command::Cp(options) => transfers::cp(options).await,
        Command::Sync(options) => transfers::sync(options).await,
        Command::Mkdir(options) => change::mkdir(&options).await,
        Command::Mv(options) => change::mv(&options).await,
        Command::Rm(options) => change::rm(&options).await,
        Command::Fetch(options) => remote::fetch(options).await,
        Command::Watch(options) => remote::watch(options).await,
        Command::Completions(options) => shell::completions(&options),
        Command::Man(options) => shell::man(&options),
    }
}

/// Starts the session of a command.
fn session(connection: &Connection) -> Result<Session, CommandError> {
    let gateway = connect(connection.server.as_ref(), connection.key_file.as_deref()).map_err(invalid)?;
    let output = match (connection.json, connection.quiet) {
        (true, _) => Output::Json,
        (false, true) => Output::Quiet,
        (false, false) => Output::People,
    };
    let interrupt = Interrupt::listen().map_err(|error| CommandError::failed("cannot listen for signals", error))?;
    Ok(Session::new(gateway, output, interrupt))
}

fn location(text: &str) -> Result<Location, CommandError> {
    Location::parse(text).map_err(invalid)
}

fn locations(texts: &[String]) -> Result<Vec<Location>, CommandError> {
    texts.iter().map(|text| location(text)).collect()
}

/// Creates the error for an invalid command line. It has the same exit code as an invalid configuration.
fn invalid(fault: impl Display) -> CommandError {
    CommandError::Configuration(vec![format!("error: {fault}")])
}

fn code(exit: Exit) -> ExitCode {
    ExitCode::from(exit.code())
}
