//! `polyhost login`: checks the address of a gateway and a key, and saves both.

use std::io::{BufRead as _, IsTerminal as _, stdin};

use serde_json::json;
use url::Url;

use crate::display::escaped;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::key::ApiKey;
use crate::report::Subject;
use crate::session::Session;
use crate::settings::Settings;

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
    ApiKey::read(&line).map(Some).ok_or_else(|| "a key is one line of visible ASCII characters".to_owned())
}

/// Runs `polyhost login`: saves the address and the key of the session, after the gateway has accepted them.
pub async fn run(session: &Session, server: &Url, key: Option<ApiKey>) -> Exit {
    session
        .run(async {
            let me = session.gateway.read(&["me"], &[]).await?;
            let settings = Settings { server: server.clone(), key };
            let path = settings.save().map_err(|error| {
                Failure::from_client("local_file", "The settings cannot be saved", error.to_string())
            })?;
            let path = path.to_string_lossy().into_owned();
            let client = me["name"].as_str().map_or_else(String::new, |name| format!(" as {}", escaped(name)));
            let line = format!("logged in to {}{client}; saved in {}", session.gateway.address(), escaped(&path));
            let fields = [("server", json!(server)), ("client", me["name"].clone())];
            session.report.succeeded(&Subject::path(path), &fields, Some(&line));
            Ok(())
        })
        .await
}
