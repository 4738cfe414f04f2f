//! The audit log: one line for every request that makes, changes or deletes something, or hands out the right to, once
//! it is known what has become of it. It says who has done what to what; never with which name, body or key.

use std::borrow::Cow;

use axum::http::header::LOCATION;
use axum::response::Response;
use percent_encoding::percent_decode_str;
use polyhost_domain::AccountName;
use polyhost_engine::problem::{Code, Problem};

use crate::context::RequestContext;
use crate::idempotency::Replayed;

/// The target of the lines, by which a log can be parted from the rest.
const TARGET: &str = "audit";
/// How much of what a caller calls a thing is written down.
const LONGEST: usize = 100;

/// A write in progress. Its line is written when the entry is dropped, so that there is one in any case.
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
        let mut segments = context.occurrence.path.trim_start_matches("/v1/accounts/").split('/').map(plain);
        // A segment that is no account's name may be anything.
        let account = segments.next().filter(|name| name.parse::<AccountName>().is_ok()).unwrap_or_default();
        Self {
            account: account.into_owned(),
            resource: shortened(&segments.collect::<Vec<_>>().join("/")),
            context: context.clone(),
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
        let Self { context, account, resource, outcome, status } = self;
        let (client, request_id) = (&context.client.name, &*context.occurrence.request_id);
        let operation = context.operation.as_ref().map_or("", |operation| &operation.id);
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
