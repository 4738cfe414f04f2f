//! The audit log: one line for every request that creates, changes or deletes something, or issues an address that
//! permits this. The line is written once the outcome is known. It names the client, the operation and the resource,
//! and never contains a file's or folder's name, a body or an API key.

use std::borrow::Cow;

use axum::http::header::LOCATION;
use axum::response::Response;
use percent_encoding::percent_decode_str;
use polyhost_domain::AccountName;
use polyhost_engine::problem::{Code, Problem};

use crate::context::RequestContext;
use crate::idempotency::Replayed;

/// The `tracing` target of audit lines, by which they can be separated from the rest of the log.
const TARGET: &str = "audit";
/// The maximum number of characters of a resource's path in a line. The caller chooses the path, so it may be long.
const MAX_PATH_CHARACTERS: usize = 100;

/// The entry of a write in progress. Its line is written when the entry is dropped, so that every write has one.
pub(crate) struct Entry {
    context: RequestContext,
    account: String,
    resource: String,
    outcome: &'static str,
    status: u16,
}

impl Entry {
    /// Begins the entry of a write.
    pub(crate) fn begin(context: &RequestContext) -> Self {
        let path = &context.occurrence.path;
        let resource = segments(path).skip(1).collect::<Vec<_>>().join("/");
        Self {
            account: account(path).into_owned(),
            resource: shortened(&resource),
            context: context.clone(),
            // `finish` replaces this outcome.
            outcome: "interrupted",
            status: 0,
        }
    }

    /// Records the outcome of the write and writes the line.
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
        // The path of a created resource is known only now.
        let made = response.headers().get(LOCATION).and_then(|value| value.to_str().ok());
        let below = format!("/v1/accounts/{}/", self.account);
        if let Some(made) = made.and_then(|path| path.strip_prefix(&below)) {
            self.resource = shortened(made);
        }
    }
}

impl Drop for Entry {
    fn drop(&mut self) {
        let Self { context, account, resource, outcome, status } = self;
        let (client, request_id) = (&context.client.name, &*context.occurrence.request_id);
        let operation = context.operation.as_ref().map_or("", |operation| &operation.id);
        let address = context.address.map(tracing::field::display);
        tracing::info!(
            target: TARGET, client, address, account, operation, resource, outcome, status, request_id, "write"
        );
    }
}

/// Returns the name of the account in a path; empty if there is none. A segment that is not a valid name may be anything,
/// so it is not logged.
pub(crate) fn account(path: &str) -> Cow<'_, str> {
    segments(path).next().filter(|name| name.parse::<AccountName>().is_ok()).unwrap_or_default()
}

/// Returns the segments of a path below `/v1/accounts/`.
fn segments(path: &str) -> impl Iterator<Item = Cow<'_, str>> {
    path.strip_prefix("/v1/accounts/").unwrap_or_default().split('/').map(decode_segment)
}

/// Returns a path segment percent-decoded, as the handlers read it. A segment with a slash or a control character stays
/// encoded, because it would be misread in a log line.
fn decode_segment(segment: &str) -> Cow<'_, str> {
    let decoded = percent_decode_str(segment).decode_utf8().ok();
    let is_plain = |text: &Cow<'_, str>| !text.contains(|letter: char| letter == '/' || letter.is_control());
    decoded.filter(is_plain).unwrap_or(Cow::Borrowed(segment))
}

fn shortened(text: &str) -> String {
    text.chars().take(MAX_PATH_CHARACTERS).collect()
}
