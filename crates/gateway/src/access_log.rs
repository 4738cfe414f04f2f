//! The access log: one line for every answered request, with everything that a person or a program needs to find the
//! request again. It never contains a query, a header field or a body, which may hold secrets.

use std::time::Duration;

use axum::http::{Method, StatusCode};
use polyhost_engine::problem::{Code, Occurrence};

use crate::audit;

/// The `tracing` target of access lines, by which they can be separated from the rest of the log.
pub const TARGET: &str = "access";
/// The maximum number of characters of a path in a line. The caller chooses the path, so it may be long.
const MAX_PATH_CHARACTERS: usize = 200;

/// The line of one request.
pub(crate) struct Line<'a> {
    pub(crate) occurrence: &'a Occurrence,
    /// The pattern of the route; empty if no route matches.
    pub(crate) route: &'a str,
    pub(crate) method: &'a Method,
    pub(crate) status: StatusCode,
    /// The code of the problem in the answer, if there is one.
    pub(crate) code: Option<&'a Code>,
    /// The time from the request's head to the answer's head.
    pub(crate) took: Duration,
    /// The client's name; empty if the client is not known.
    pub(crate) client: &'a str,
    /// The id of the trace; empty without one.
    pub(crate) trace_id: &'a str,
}

impl Line<'_> {
    /// Writes the line. Successful probes would fill the log with equal lines, so theirs have the level `debug`.
    pub(crate) fn write(&self) {
        macro_rules! write_at {
            ($level:ident) => {{
                let (method, path, status) = (self.method.as_str(), self.path(), self.status.as_u16());
                let (account, code) = (audit::account(&self.occurrence.path), self.code.map_or("", |code| code.as_str()));
                let (milliseconds, client) = (milliseconds(self.took), self.client);
                let (route, request_id, trace_id) = (self.route, &*self.occurrence.request_id, self.trace_id);
                tracing::$level!(
                    target: TARGET, parent: None,
                    method, path, route, status, milliseconds, client, account = &*account, code, request_id, trace_id,
                    "answered"
                );
            }};
        }
        if self.is_probe() && self.status.is_success() { write_at!(debug) } else { write_at!(info) }
    }

    fn is_probe(&self) -> bool {
        matches!(self.route, "/livez" | "/readyz")
    }

    fn path(&self) -> &str {
        let path = &self.occurrence.path;
        path.char_indices().nth(MAX_PATH_CHARACTERS).map_or(path, |(end, _)| &path[..end])
    }
}

/// Returns a duration in milliseconds, rounded to one decimal.
fn milliseconds(took: Duration) -> f64 {
    (took.as_secs_f64() * 1e4).round() / 10.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn milliseconds_have_one_decimal() {
        let of = |microseconds| milliseconds(Duration::from_micros(microseconds)).to_string();
        assert_eq!([of(2031), of(49), of(51), of(1_234_567)], ["2", "0", "0.1", "1234.6"]);
    }
}
