//! `polyhost login` and `polyhost logout`: save the address of a gateway and a key, and remove the key.

use std::io::{BufRead as _, IsTerminal as _, stdin};

use serde_json::json;

use crate::display::escaped;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::key::{ApiKey, KeySource};
use crate::report::{Output, Report, Subject};
use crate::session::Session;
use crate::settings::{Settings, SettingsError};

/// Reads a key from the terminal, where it is not shown, or from a line of the standard input. An empty line is no key.
///
/// # Errors
/// If the line is not a key, or cannot be read; the message says why.
pub fn ask_for_key() -> Result<Option<ApiKey>, String> {
    let line = if stdin().is_terminal() {
        let terminal = console::Term::stderr();
        let asked = terminal.write_str("API key (not shown; empty for a gateway without keys): ");
        asked.and_then(|()| terminal.read_secure_line())
    } else {
        let mut line = String::new();
        stdin().lock().read_line(&mut line).map(|_| line)
    };
    let line = line.map_err(|error| format!("the key cannot be read: {error}"))?;
    if line.trim().is_empty() {
        return Ok(None);
    }
    ApiKey::read(&line, KeySource::Input).map(Some).map_err(|error| error.to_string())
}

/// Runs `polyhost login`: saves the address and the key of the session, after the gateway has accepted them.
pub async fn run(session: &Session) -> Exit {
    session
        .run(async {
            let gateway = &session.gateway;
            let target = gateway.target();
            let me = gateway.read(&["me"], &[]).await?;
            let settings = Settings { server: target.server.clone(), key: target.key.clone() };
            let path = settings.save().map_err(|error| not_saved(&error))?.to_string_lossy().into_owned();
            let client = me["name"].as_str().map_or_else(String::new, |name| format!(" as {}", escaped(name)));
            let source = target.key.as_ref().map(|key| key.source().to_string());
            let saved = match &source {
                Some(source) => format!("The address and the key from {} are", escaped(source)),
                None => "There is no key; the address is".to_owned(),
            };
            let line = format!("logged in to {}{client}\n{saved} saved in {}", gateway.address(), escaped(&path));
            let fields =
                [("server", json!(settings.server)), ("client", me["name"].clone()), ("key_from", json!(source))];
            session.report.succeeded(&Subject::path(path), &fields, Some(&line));
            Ok(())
        })
        .await
}

/// Runs `polyhost logout`: removes the saved key from this machine. It stays valid at the gateway.
#[must_use]
pub fn log_out(output: Output) -> Exit {
    let report = Report::new(output);
    match Settings::remove_key() {
        Ok(Some((settings, path))) => {
            let path = path.to_string_lossy().into_owned();
            let line = format!("removed the key for {} from {}", settings.server, escaped(&path));
            let fields = [("server", json!(settings.server))];
            report.succeeded(&Subject::path(path), &fields, Some(&line));
        }
        Ok(None) => report.succeeded(&Subject::default(), &[("server", json!(null))], Some("no key is saved")),
        Err(error) => report.failed(&Subject::default(), &not_saved(&error)),
    }
    report.exit()
}

fn not_saved(error: &SettingsError) -> Failure {
    Failure::from_client("local_file", "The settings cannot be saved", error.to_string())
}
