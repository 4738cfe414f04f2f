//! The exported span of one request to a site. Its attributes have the names of OpenTelemetry's semantic conventions for
//! HTTP clients. The address is that of the server only: a path or a query may contain credentials and ids.

use polyhost_domain::{Error, Origin};

use crate::trace::Span;
use crate::{Call, measure, scope};

/// The span of one attempt. It ends as abandoned if it is dropped before [`ClientSpan::finish`].
pub(crate) struct ClientSpan(Span);

impl ClientSpan {
    /// Starts the span below the work in progress. `resends` is the number of attempts before this one.
    pub(crate) fn start(origin: &Origin, call: &Call, resends: u32) -> Self {
        let span = Span::client(&scope::trace(), || format!("{} {}", call.method, call.operation).into());
        span.position().describe(|span| {
            let url = call.url.expose();
            span.set("http.request.method", call.method.to_string());
            span.set("url.scheme", url.scheme().to_owned());
            span.set("server.address", url.host_str().unwrap_or_default().to_owned());
            url.port_or_known_default().into_iter().for_each(|port| span.set("server.port", i64::from(port)));
            span.set("polyhost.provider", origin.provider.to_string());
            span.set("polyhost.account", origin.account.to_string());
            span.set("polyhost.operation", call.operation);
            if resends > 0 {
                span.set("http.request.resend_count", i64::from(resends));
            }
        });
        Self(span)
    }

    /// Sets `traceparent` in the request, if the configuration allows it.
    pub(crate) fn propagate(&self, headers: &mut http::HeaderMap) {
        self.0.propagate(headers);
    }

    /// Ends the span with the status of the answer, if there is one, and the outcome: `None` is a success, `Some(None)` a
    /// refused session.
    pub(crate) fn finish(self, status: Option<u16>, error: Option<Option<&Error>>) {
        self.0.finish(|span| {
            if let Some(status) = status {
                span.set("http.response.status_code", i64::from(status));
            }
            if let Some(error) = error {
                span.set_error(measure::failure(error));
                span.fail();
            }
        });
    }
}
