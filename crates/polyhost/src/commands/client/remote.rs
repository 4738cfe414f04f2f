//! The commands for the login, and for the work that sites do by themselves.

use std::process::ExitCode;

use polyhost_client::verbs::{fetch, login, watch};
use polyhost_client::{ApiKey, Gateway, Interrupt, Output, Session, parse_server};

use super::{CommandError, code, invalid, location, session};
use crate::cli::{Fetch, Login, Watch};

/// The address of a gateway on this machine.
const THIS_MACHINE: &str = "http://127.0.0.1:8080";

pub(super) async fn login(options: Login) -> Result<ExitCode, CommandError> {
    let connection = options.connection;
    let server = match options.address.or(connection.server) {
        Some(server) => server,
        None => parse_server(THIS_MACHINE).map_err(invalid)?,
    };
    let key = match ApiKey::find(connection.key_file.as_deref()).map_err(invalid)? {
        Some(key) => Some(key),
        None => login::ask_for_key().map_err(invalid)?,
    };
    let gateway = Gateway::new(&server, key.clone()).map_err(invalid)?;
    let interrupt = Interrupt::listen().map_err(|error| CommandError::failed("cannot listen for signals", error))?;
    let output = if connection.json { Output::Json } else { Output::People };
    Ok(code(login::run(&Session::new(gateway, output, interrupt), &server, key).await))
}

pub(super) async fn fetch(options: Fetch) -> Result<ExitCode, CommandError> {
    let header = |text: &String| match text.split_once(':') {
        Some((name, value)) => Ok((name.trim().to_owned(), value.trim().to_owned())),
        None => Err(invalid(format!("\"{text}\" is not a header field; write \"NAME: VALUE\""))),
    };
    let fetch = fetch::Fetch {
        to: location(&options.to)?,
        headers: options.headers.iter().map(header).collect::<Result<_, _>>()?,
        urls: options.urls,
        watch: options.watch,
    };
    Ok(code(fetch::run(&session(&options.connection)?, &fetch).await))
}

pub(super) async fn watch(options: Watch) -> Result<ExitCode, CommandError> {
    let account = options.account.trim_end_matches(['/', ':']).to_owned();
    let Watch { remote_uploads, conversions, connection, .. } = options;
    let watched = watch::Watched { account, remote_uploads, conversions };
    Ok(code(watch::run(&session(&connection)?, &watched).await))
}
