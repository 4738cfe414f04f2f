//! The exported span of a caller's request. Its attributes have the names of OpenTelemetry's semantic conventions for
//! HTTP servers. They contain no path, query, header field or body, except the request's id.

use axum::http::uri::Scheme;
use axum::http::{Method, StatusCode};
use polyhost_engine::accounts::Account;
use polyhost_engine::problem::Code;
use polyhost_upstream::TraceParent;
use polyhost_upstream::trace::{Span, TracePosition};

use crate::context::RequestId;
use crate::measure::known_method;
use crate::operation::Operation;

/// The method of a request whose method is unknown, in the words of the conventions.
const UNKNOWN_METHOD: &str = "_OTHER";

/// The span of a request. It ends as abandoned if it is dropped before [`ServerSpan::finish`].
pub(crate) struct ServerSpan(Span);

/// The properties of a request that its span describes.
pub(crate) struct Described<'a> {
    pub(crate) id: &'a RequestId,
    pub(crate) method: &'a Method,
    /// The pattern of the route; empty if no route matches.
    pub(crate) route: &'a str,
    pub(crate) operation: Option<&'a Operation>,
    pub(crate) scheme: Scheme,
}

impl ServerSpan {
    /// Starts the span, below the span of the caller if the request names one.
    pub(crate) fn start(request: &Described<'_>, caller: Option<TraceParent<'_>>) -> Self {
        let Described { id, method, route, operation, scheme } = request;
        let name = || match (known_method(method).unwrap_or("HTTP"), *route) {
            (method, "") => method.into(),
            (method, route) => format!("{method} {route}").into(),
        };
        let span = Span::server(&TracePosition::of_caller(caller), name);
        span.position().describe(|span| {
            span.set("http.request.method", known_method(method).unwrap_or(UNKNOWN_METHOD));
            span.set("url.scheme", scheme.to_string());
            span.set("polyhost.request_id", id.as_str().to_owned());
            if !route.is_empty() {
                span.set("http.route", (*route).to_owned());
            }
            if let Some(operation) = operation {
                span.set("polyhost.operation", operation.id.clone());
            }
        });
        Self(span)
    }

    /// Returns the position below the span.
    pub(crate) fn position(&self) -> &TracePosition {
        self.0.position()
    }

    /// Returns the trace id; `None` if traces are off.
    pub(crate) fn trace_id(&self) -> Option<String> {
        self.0.trace_id()
    }

    /// Ends the span with the answer. Only a fault on the gateway's side, or the site's, marks it as failed.
    pub(crate) fn finish(self, status: StatusCode, code: Option<&Code>) {
        self.0.finish(|span| {
            span.set("http.response.status_code", i64::from(status.as_u16()));
            code.into_iter().for_each(|code| span.set_error(code.as_str()));
            if status.is_server_error() {
                span.fail();
            }
        });
    }
}

/// Adds the account that a request uses to its span.
pub(crate) fn name_account(position: &TracePosition, account: &Account) {
    position.describe(|span| {
        span.set("polyhost.account", account.name().to_string());
        span.set("polyhost.provider", account.profile().origin.provider.to_string());
    });
}
