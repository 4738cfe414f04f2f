//! [`Listener`]: a reader of a stream of server-sent events, which parses it as browsers do.

use std::time::Duration;

use polyhost_end_to_end::{Caller, body};
use serde_json::Value;
use tokio::time::timeout;

/// The time limit for an event. It is longer than the gateway's interval between two polls of a site.
const TIME_LIMIT: Duration = Duration::from_secs(20);

/// An open stream.
pub(crate) struct Listener {
    response: reqwest::Response,
    unread: String,
    /// The value of the field `retry`.
    pub(crate) retry: Option<String>,
}

/// A received event.
#[derive(Debug)]
pub(crate) struct Event {
    pub(crate) event: String,
    pub(crate) id: Option<String>,
    pub(crate) data: Value,
}

impl Listener {
    /// Opens a stream, and checks that no cache may store it.
    pub(crate) async fn open(caller: &Caller, path: &str) -> Self {
        Self::resume(caller, path, None).await
    }

    /// Opens a stream that resumes after the event with this id.
    pub(crate) async fn resume(caller: &Caller, path: &str, last: Option<&str>) -> Self {
        let request = caller.request("GET", path);
        let request = last.into_iter().fold(request, |request, id| request.header("last-event-id", id));
        let response = request.send().await.unwrap();
        assert_eq!(response.status().as_u16(), 200, "{path}");
        for (name, value) in
            [("content-type", "text/event-stream"), ("cache-control", "no-store"), ("x-accel-buffering", "no")]
        {
            assert_eq!(response.headers()[name], value);
        }
        Self { response, unread: String::new(), retry: None }
    }

    /// Returns the header field `X-Request-Id` of the answer.
    pub(crate) fn request_id(&self) -> String {
        self.response.headers()["x-request-id"].to_str().unwrap().to_owned()
    }

    /// Returns the next event, or `None` at the end of the stream.
    pub(crate) async fn next(&mut self) -> Option<Event> {
        loop {
            while let Some((block, rest)) = self.unread.split_once("\n\n") {
                let (block, rest) = (block.to_owned(), rest.to_owned());
                self.unread = rest;
                if let Some(event) = self.read(&block) {
                    return Some(event);
                }
            }
            let chunk = timeout(TIME_LIMIT, self.response.chunk()).await.expect("an event arrives").unwrap();
            let Some(chunk) = chunk else {
                assert_eq!(self.unread, "", "the stream ends after an event");
                return None;
            };
            self.unread += std::str::from_utf8(&chunk).unwrap();
        }
    }

    /// Returns the next event, and checks its name and its object.
    pub(crate) async fn object(&mut self, name: &str) -> Event {
        let event = self.next().await.expect("an event");
        assert_eq!(event.event, name, "{event:?}");
        match name {
            "remote_upload.updated" => body::remote_upload(&event.data),
            "conversion.updated" => body::conversion(&event.data),
            _ => body::problem(&event.data),
        }
        assert_eq!(event.id.is_some(), name != "error", "{event:?}");
        event
    }

    /// Returns the id and the state of the next event, which must be about a remote upload.
    pub(crate) async fn state(&mut self) -> (String, String) {
        let Event { data, .. } = self.object("remote_upload.updated").await;
        (data["id"].as_str().unwrap().to_owned(), data["state"].as_str().unwrap().to_owned())
    }

    /// Returns whether no event arrives for a moment.
    pub(crate) async fn is_silent(&mut self) -> bool {
        timeout(Duration::from_millis(50), self.next()).await.is_err()
    }

    fn read(&mut self, block: &str) -> Option<Event> {
        let (mut event, mut id, mut data) = (None, None, None);
        for line in block.lines() {
            match line.split_once(": ").unwrap() {
                ("event", text) => event = Some(text.to_owned()),
                ("id", text) => id = Some(text.to_owned()),
                ("data", text) => assert!(data.replace(serde_json::from_str(text).unwrap()).is_none(), "{block}"),
                ("retry", text) => self.retry = Some(text.to_owned()),
                ("", _) => {}
                other => panic!("an unknown field: {other:?}"),
            }
        }
        Some(Event { event: event?, id, data: data? })
    }
}
