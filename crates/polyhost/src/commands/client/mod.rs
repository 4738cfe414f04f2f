//! The commands of callers: they call a gateway through its public API, and know nothing else of it.

mod browse;
mod change;
mod remote;
mod shell;
mod transfers;

use std::fmt::Display;
use std::process::ExitCode;

use polyhost_client::verbs::{login, whoami};
use polyhost_client::{Exit, Gateway, Interrupt, Location, Output, Session, connect};

use super::CommandError;
use crate::cli::{Call, ClientCommand as Command, Connection, Form};

/// Runs a command of a caller.
pub(super) async fn run(command: Command) -> Result<ExitCode, CommandError> {
    match command {
        Command::Login(Call { options, connection }) => remote::login(options, connection).await,
        Command::Logout(options) => Ok(code(login::log_out(output(&options.form)))),
        Command::Whoami(Call { connection, .. }) => Ok(code(whoami::run(&session(&connection)?).await)),
        Command::Ls(Call { options, connection }) => browse::ls(&options, &session(&connection)?).await,
        Command::Tree(Call { options, connection }) => browse::tree(&options, &session(&connection)?).await,
        Command::Stat(Call { options, connection }) => browse::stat(&options, &session(&connection)?).await,
        Command::Usage(Call { options, connection }) => browse::usage(&options, &session(&connection)?).await,
        Command::Cat(Call { options, connection }) => browse::cat(&options, &connection).await,
        Command::Link(Call { options, connection }) => browse::link(&options, &session(&connection)?).await,
        Command::Open(Call { options, connection }) => browse::open(&options, &session(&connection)?).await,
        Command::Upload(Call { options, connection }) => transfers::upload(options, &connection).await,
        Command::Download(Call { options, connection }) => transfers::download(options, &connection).await,
        Command::Cp(Call { options, connection }) => transfers::cp(options, &connection).await,
        Command::Sync(Call { options, connection }) => transfers::sync(options, &connection).await,
        Command::Mkdir(Call { options, connection }) => change::mkdir(&options, &session(&connection)?).await,
        Command::Mv(Call { options, connection }) => change::mv(&options, &session(&connection)?).await,
        Command::Rm(Call { options, connection }) => change::rm(&options, &session(&connection)?).await,
        Command::Fetch(Call { options, connection }) => remote::fetch(options, &session(&connection)?).await,
        Command::Watch(Call { options, connection }) => remote::watch(options, &session(&connection)?).await,
        Command::Cancel(Call { options, connection }) => remote::cancel(options, &session(&connection)?).await,
        Command::Completions(options) => shell::completions(&options),
        Command::Man(options) => shell::man(&options),
    }
}

/// Starts the session of a command.
fn session(connection: &Connection) -> Result<Session, CommandError> {
    let gateway = connect(connection.server.as_ref(), connection.key_file.as_deref()).map_err(invalid)?;
    start(gateway, output(&connection.form))
}

fn start(gateway: Gateway, output: Output) -> Result<Session, CommandError> {
    let interrupt = Interrupt::listen().map_err(|error| CommandError::failed("cannot listen for signals", error))?;
    Ok(Session::new(gateway, output, interrupt))
}

fn output(form: &Form) -> Output {
    match (form.json, form.quiet) {
        (true, _) => Output::Json,
        (false, true) => Output::Quiet,
        (false, false) => Output::People,
    }
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
