//! The audit log: one line for every request that makes, changes or deletes something, or hands out the right to, once
//! it is known what has become of it. It says who has done what to what; never with which name, body or key.

use std::borrow::Cow;
use std::sync::Arc;

use axum::extract::Request;
use axum::http::header::LOCATION;
use axum::response::Response;
use percent_encoding::percent_decode_str;
use polyhost_config::Client;
use polyhost_domain::AccountName;
use polyhost_engine::problem::{Code, Problem};

use crate::extract::RequestId;
use crate::idempotency::Replayed;
use crate::operation::Operation;

/// The target of the lines, by which a log can be parted from the rest.
const TARGET: &str = "audit";
/// How much of what a caller calls a thing is written down.
const LONGEST: usize = 100;

/// A write that is under way. Its line is written when this is dropped, so that there is one in any case.
pub(crate) struct Entry {
    client: Arc<Client>,
    operation: Arc<Operation>,
    account: String,
    resource: String,
    request_id: String,
    outcome: &'static str,
    status: u16,
}

impl Entry {
    /// Begins the entry of a write.
    #[must_use]
    pub(crate) fn begin(request: &Request, operation: Arc<Operation>, client: Arc<Client>) -> Self {
        let mut segments = request.uri().path().trim_start_matches("/v1/accounts/").split('/').map(plain);
        // What is no name is none of ours, and may be anything.
        let account = segments.next().filter(|name| name.parse::<AccountName>().is_ok()).unwrap_or_default();
        Self {
            account: account.into_owned(),
            resource: shortened(&segments.collect::<Vec<_>>().join("/")),
            request_id: request.extensions().get::<RequestId>().map_or("", RequestId::as_str).to_owned(),
            client,
            operation,
            // Unless it is finished.
            outcome: "interrupted",
            status: 0,
        }
    }

    /// Says what has become of it.
    pub(crate) fn finish(mut self, response: &Response) {
        let extensions = response.extensions();
        let code = extensions.get::<Problem>().map(Problem::code).or_else(|| extensions.get::<Code>().copied());
        self.status = response.status().as_u16();
        self.outcome = match code {
            _ if extensions.get::<Replayed>().is_some() => "replayed",
            Some(code) => code.as_str(),
            None if response.status().is_success() => "succeeded",
            None => "refused",
        };
        // What was made has a name only now.
        let made = response.headers().get(LOCATION).and_then(|value| value.to_str().ok());
        let below = format!("/v1/accounts/{}/", self.account);
        if let Some(made) = made.and_then(|path| path.strip_prefix(&below)) {
            self.resource = shortened(made);
        }
    }
}

impl Drop for Entry {
    fn drop(&mut self) {
        let Self { client, operation, account, resource, request_id, outcome, status } = self;
        let (client, operation) = (&client.name, &operation.id);
        tracing::info!(target: TARGET, client, account, operation, resource, outcome, status, request_id, "write");
    }
}

/// A segment of a path in its one way of being written, as the handlers read it. What would look like something else in
/// a line stays as it came.
fn plain(segment: &str) -> Cow<'_, str> {
    let decoded = percent_decode_str(segment).decode_utf8().ok();
    let is_plain = |text: &Cow<'_, str>| !text.contains(|letter: char| letter == '/' || letter.is_control());
    decoded.filter(is_plain).unwrap_or(Cow::Borrowed(segment))
}

fn shortened(text: &str) -> String {
    text.chars().take(LONGEST).collect()
}
