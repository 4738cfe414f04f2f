//! `polyhost watch`: follows remote uploads and conversions until they have ended.

use std::collections::HashMap;

use reqwest::{Method, Response, StatusCode};
use serde_json::{Value, json};
use tokio::time::timeout;

use crate::display::escaped;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::gateway::{IDLE, refused};
use crate::pace;
use crate::retry::Attempts;
use crate::session::Session;

/// The objects to watch.
#[derive(Debug, Clone)]
pub struct Watched {
    /// The account.
    pub account: String,
    /// The ids of remote uploads.
    pub remote_uploads: Vec<String>,
    /// The ids of files whose conversions are watched.
    pub conversions: Vec<String>,
}

/// Runs `polyhost watch`. Without ids, everything that has not ended is watched.
pub async fn run(session: &Session, watched: &Watched) -> Exit {
    session
        .run(async {
            if !watched.remote_uploads.is_empty() || !watched.conversions.is_empty() {
                return watch(session, watched).await;
            }
            let running = running(session, &watched.account).await?;
            if running.remote_uploads.is_empty() && running.conversions.is_empty() {
                session.report.say("Nothing is running.");
                return Ok(());
            }
            watch(session, &running).await
        })
        .await
}

/// Watches objects until all have ended.
///
/// # Errors
/// If the gateway rejects the request, or one of the objects has failed.
pub(super) async fn watch(session: &Session, watched: &Watched) -> Result<(), Failure> {
    let mut attempts = Attempts::default();
    let mut stream = Stream { session, watched, last_id: None, states: HashMap::new(), has_progress: false };
    while let Err(failure) = stream.follow().await {
        if std::mem::take(&mut stream.has_progress) {
            attempts.reset();
        }
        if !failure.is_temporary() || !session.gateway.may_retry(&mut attempts, &failure).await {
            return Err(failure);
        }
    }
    match stream.states.values().filter(|state| **state == State::Failed).count() {
        0 => Ok(()),
        failed => Err(Failure::from_client("remote_failed", "Not everything succeeded", format!("{failed} failed."))),
    }
}

/// Returns the remote uploads and conversions that have not ended.
async fn running(session: &Session, account: &str) -> Result<Watched, Failure> {
    let mut found = [("remote-uploads", "id"), ("conversions", "file_id")].map(|kind| (kind, Vec::new()));
    let mut unsupported = 0;
    for ((kind, field), ids) in &mut found {
        let answer = match session.gateway.read(&["accounts", account, kind], &[]).await {
            Err(failure) if failure.problem().code() == "capability_unsupported" => {
                unsupported += 1;
                continue;
            }
            answer => answer?,
        };
        let items = answer["items"].as_array().into_iter().flatten();
        let running = items.filter(|item| matches!(item["state"].as_str(), Some("queued" | "running")));
        ids.extend(running.filter_map(|item| item[*field].as_str().map(str::to_owned)));
    }
    if unsupported == found.len() {
        let detail = "The site does not list what it fetches; name the ids with --fetch.";
        return Err(Failure::from_client("capability_unsupported", "The site does not support this", detail));
    }
    let [(_, remote_uploads), (_, conversions)] = found;
    Ok(Watched { account: account.to_owned(), remote_uploads, conversions })
}

/// A stream of server-sent events, which is continued after a broken connection.
struct Stream<'a> {
    session: &'a Session,
    watched: &'a Watched,
    last_id: Option<String>,
    /// The last state of each object, by the kind and the id.
    states: HashMap<(String, String), State>,
    /// Whether an event has arrived since the last connection broke.
    has_progress: bool,
}

/// The state of a watched object, as far as the command needs it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Running,
    Succeeded,
    Failed,
}

impl State {
    fn read(object: &Value) -> Self {
        match object["state"].as_str() {
            Some("failed" | "cancelled") => Self::Failed,
            Some("succeeded") => Self::Succeeded,
            _ => Self::Running,
        }
    }
}

/// An event that is being received.
#[derive(Debug, Default, PartialEq, Eq)]
struct Event {
    name: String,
    data: String,
    id: Option<String>,
}

impl Stream<'_> {
    /// Reads the stream until all objects have ended.
    ///
    /// # Errors
    /// If the stream cannot be opened, or ends before.
    async fn follow(&mut self) -> Result<(), Failure> {
        let Some(mut response) = self.open().await? else { return Ok(()) };
        let (mut buffer, mut event) = (Vec::new(), Event::default());
        loop {
            let chunk = timeout(IDLE, response.chunk()).await.map_err(|_| Failure::silent(IDLE))?;
            let address = self.session.gateway.address();
            let Some(chunk) = chunk.map_err(|error| Failure::transport(address, &error))? else { return self.ended() };
            buffer.extend_from_slice(&chunk);
            while let Some(end) = buffer.iter().position(|byte| *byte == b'\n') {
                let line: Vec<u8> = buffer.drain(..=end).collect();
                if let Some(event) = event.line(String::from_utf8_lossy(&line).trim_end_matches(['\r', '\n'])) {
                    self.handle(event)?;
                }
            }
        }
    }

    /// Checks at the end of the stream that all objects have ended. A proxy or a restart may also end the stream.
    fn ended(&self) -> Result<(), Failure> {
        let is_running = self.states.values().any(|state| *state == State::Running);
        let is_known = |id: &String| self.states.keys().any(|(_, known)| known == id);
        // A file without conversions has no event.
        if !is_running && self.watched.remote_uploads.iter().all(is_known) {
            return Ok(());
        }
        Err(Failure::connection("The stream of events ended before everything had ended."))
    }

    /// Opens the stream; `None` if all objects have ended.
    async fn open(&self) -> Result<Option<Response>, Failure> {
        let remote = self.watched.remote_uploads.iter().map(|id| ("remote_upload", id.as_str()));
        let query: Vec<_> =
            remote.chain(self.watched.conversions.iter().map(|id| ("conversion", id.as_str()))).collect();
        let gateway = &self.session.gateway;
        let mut request = gateway.request(Method::GET, &["accounts", &self.watched.account, "events"], &query)?;
        if let Some(id) = &self.last_id {
            request = request.header("last-event-id", id);
        }
        let response = gateway.send(request, pace::READ).await?;
        match response.status() {
            StatusCode::NO_CONTENT => Ok(None),
            status if status.is_success() => Ok(Some(response)),
            _ => Err(refused(response).await),
        }
    }

    fn handle(&mut self, event: Event) -> Result<(), Failure> {
        self.last_id = event.id.or(self.last_id.take());
        let data: Value = serde_json::from_str(&event.data).unwrap_or_default();
        if event.name == "error" {
            let failure = Failure::answered(502, data);
            if failure.problem().is_retryable() {
                self.session.report.say(&failure.to_string());
                return Ok(());
            }
            return Err(failure);
        }
        self.has_progress = true;
        let id = data["id"].as_str().or(data["file_id"].as_str()).unwrap_or_default();
        self.states.insert((event.name.clone(), id.to_owned()), State::read(&data));
        let object = json!({"event": event.name, "object": data});
        self.session.report.show(&object, || vec![line(&event.name, &data)])
    }
}

impl Event {
    /// Adds a line. Returns the event, if the line ends one.
    fn line(&mut self, line: &str) -> Option<Self> {
        if line.is_empty() {
            return Some(std::mem::take(self)).filter(|event| !event.data.is_empty());
        }
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "event" => value.clone_into(&mut self.name),
            "data" => self.data.push_str(value),
            "id" => self.id = Some(value.to_owned()),
            _ => {}
        }
        None
    }
}

/// Formats the state of an object: `fetch 3  running  78.4%  https://…`.
fn line(event: &str, object: &Value) -> String {
    let text = |field: &str| object[field].as_str().map(escaped);
    let (kind, id) = match event.strip_suffix(".updated") {
        Some("conversion") => ("conversion", text("file_id")),
        _ => ("fetch", text("id")),
    };
    let progress = object["progress_percent"].as_f64().map_or_else(String::new, |percent| format!("{percent:.1}%"));
    let about = text("error").or(text("name")).or(text("source_url")).unwrap_or_default();
    let state = text("state").unwrap_or_default();
    format!("{kind} {}  {state:<9} {progress:>6}  {about}", id.unwrap_or_default()).trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn event_ends_with_an_empty_line() {
        let mut event = Event::default();
        for line in
            [": comment", "retry: 3000", "", "event: remote_upload.updated", "id:7", "data: {\"a\":", "data: 1}"]
        {
            assert_eq!(event.line(line), None, "{line}");
        }
        let ended = event.line("").unwrap();
        assert_eq!(ended.name, "remote_upload.updated");
        assert_eq!((ended.data.as_str(), ended.id.as_deref()), ("{\"a\":1}", Some("7")));
        assert_eq!(event, Event::default());
    }

    #[test]
    fn line_shows_state_and_progress() {
        let object = json!({"id": "3", "state": "running", "progress_percent": 78.41, "source_url": "https://a/b"});
        assert_eq!(line("remote_upload.updated", &object), "fetch 3  running    78.4%  https://a/b");
    }
}
