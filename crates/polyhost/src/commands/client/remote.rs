//! The commands for the login, and for the work that sites do by themselves.

use std::process::ExitCode;

use polyhost_client::verbs::{cancel, fetch, login, watch};
use polyhost_client::{ApiKey, Session, connect_for_login};

use super::{CommandError, code, invalid, location, output, start};
use crate::cli::{Cancel, Connection, Fetch, Login, Watch};

pub(super) async fn login(options: Login, connection: Connection) -> Result<ExitCode, CommandError> {
    let server = options.address.or(connection.server);
    let key = match ApiKey::find(connection.key_file.as_deref()).map_err(invalid)? {
        Some(key) => Some(key),
        None => login::ask_for_key().map_err(invalid)?,
    };
    let gateway = connect_for_login(server.as_ref(), key).map_err(invalid)?;
    Ok(code(login::run(&start(gateway, output(&connection.form))?).await))
}

pub(super) async fn fetch(options: Fetch, session: &Session) -> Result<ExitCode, CommandError> {
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
    Ok(code(fetch::run(session, &fetch).await))
}

pub(super) async fn watch(options: Watch, session: &Session) -> Result<ExitCode, CommandError> {
    let account = account(&options.account)?;
    let Watch { remote_uploads, conversions, .. } = options;
    let watched = watch::Watched { account, remote_uploads, conversions };
    Ok(code(watch::run(session, &watched).await))
}

pub(super) async fn cancel(options: Cancel, session: &Session) -> Result<ExitCode, CommandError> {
    let account = account(&options.account)?;
    let cancellation = cancel::Cancellation { account, remote_uploads: options.remote_uploads };
    Ok(code(cancel::run(session, &cancellation).await))
}

/// Reads an account, which may have a colon as in a location.
fn account(text: &str) -> Result<String, CommandError> {
    let location = if text.contains(':') { location(text)? } else { location(&format!("{text}:"))? };
    if !location.is_root() {
        return Err(invalid(format!("{location} is not an account; name ids in arguments of their own")));
    }
    Ok(location.account().to_owned())
}
