//! Somebody who listens to a stream of server-sent events, and takes it apart as browsers do.

use std::time::Duration;

use polyhost_end_to_end::{Caller, body};
use serde_json::Value;
use tokio::time::timeout;

/// Longer than the gateway waits before it asks a site again, wherever something has moved.
const PATIENCE: Duration = Duration::from_secs(20);

/// A stream that is being read.
pub(crate) struct Listener {
    response: reqwest::Response,
    unread: String,
    /// What `retry` has said.
    pub(crate) retry: Option<String>,
}

/// An event.
#[derive(Debug)]
pub(crate) struct Told {
    pub(crate) event: String,
    pub(crate) id: Option<String>,
    pub(crate) data: Value,
}

impl Listener {
    /// Opens a stream, of which nothing may be kept by anybody on the way.
    pub(crate) async fn open(caller: &Caller, path: &str) -> Self {
        Self::resume(caller, path, None).await
    }

    /// Opens a stream behind the event that had this id.
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

    /// The header field `X-Request-Id` of the answer.
    pub(crate) fn request_id(&self) -> String {
        self.response.headers()["x-request-id"].to_str().unwrap().to_owned()
    }

    /// The next event; `None` at the end of the stream.
    pub(crate) async fn next(&mut self) -> Option<Told> {
        loop {
            while let Some((block, rest)) = self.unread.split_once("\n\n") {
                let (block, rest) = (block.to_owned(), rest.to_owned());
                self.unread = rest;
                if let Some(told) = self.read(&block) {
                    return Some(told);
                }
            }
            let chunk = timeout(PATIENCE, self.response.chunk()).await.expect("something comes").unwrap();
            let Some(chunk) = chunk else {
                assert_eq!(self.unread, "", "the stream ends behind an event");
                return None;
            };
            self.unread += std::str::from_utf8(&chunk).unwrap();
        }
    }

    /// The next event, which must be one of this name about an object of this kind.
    pub(crate) async fn object(&mut self, event: &str) -> Told {
        let told = self.next().await.expect("an event");
        assert_eq!(told.event, event, "{told:?}");
        match event {
            "remote_upload.updated" => body::remote_upload(&told.data),
            "conversion.updated" => body::conversion(&told.data),
            _ => body::problem(&told.data),
        }
        assert_eq!(told.id.is_some(), event != "error", "{told:?}");
        told
    }

    /// The next event, which must be about a remote upload: its id and its state.
    pub(crate) async fn state(&mut self) -> (String, String) {
        let Told { data, .. } = self.object("remote_upload.updated").await;
        (data["id"].as_str().unwrap().to_owned(), data["state"].as_str().unwrap().to_owned())
    }

    /// Whether nothing comes for a moment.
    pub(crate) async fn is_silent(&mut self) -> bool {
        timeout(Duration::from_millis(50), self.next()).await.is_err()
    }

    fn read(&mut self, block: &str) -> Option<Told> {
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
        Some(Told { event: event?, id, data: data? })
    }
}
