//! The metrics of the gateway's own requests. Requests to sites are counted where they are sent.

use std::time::Duration;

use ::metrics::{counter, histogram};
use axum::http::Method;

/// The number of requests that were answered.
pub const REQUESTS: &str = "polyhost_http_requests_total";
/// The duration of requests.
pub const REQUEST_SECONDS: &str = "polyhost_http_request_duration_seconds";
/// The duration of requests without the time spent waiting for sites.
pub const OWN_SECONDS: &str = "polyhost_gateway_own_duration_seconds";
/// The value of the label `route` for every path without a route.
const UNMATCHED: &str = "unmatched";
/// The value of the label `method` for every unknown method.
const UNKNOWN_METHOD: &str = "other";

/// A request that was answered.
#[derive(Debug)]
pub struct Answered<'a> {
    /// The pattern of its route; empty if no route matches.
    pub route: &'a str,
    /// Its method.
    pub method: &'a Method,
    /// The status of the response.
    pub status: u16,
    /// The time from the request's head to the response's head.
    pub took: Duration,
    /// The part of `took` spent waiting for sites.
    pub waited: Duration,
}

impl Answered<'_> {
    /// Updates the metrics.
    pub fn count(&self) {
        let route = if self.route.is_empty() { UNMATCHED } else { self.route }.to_owned();
        let (method, own) =
            (known_method(self.method).unwrap_or(UNKNOWN_METHOD), self.took.saturating_sub(self.waited));
        histogram!(REQUEST_SECONDS, "route" => route.clone(), "method" => method).record(self.took);
        histogram!(OWN_SECONDS, "route" => route.clone(), "method" => method).record(own);
        let status = self.status.to_string();
        counter!(REQUESTS, "route" => route, "method" => method, "status" => status).increment(1);
    }
}

/// Returns the name of a method; `None` if it is unknown. A caller may send any word as a method.
pub(crate) fn known_method(method: &Method) -> Option<&'static str> {
    match *method {
        Method::GET => Some("GET"),
        Method::HEAD => Some("HEAD"),
        Method::POST => Some("POST"),
        Method::PUT => Some("PUT"),
        Method::PATCH => Some("PATCH"),
        Method::DELETE => Some("DELETE"),
        Method::OPTIONS => Some("OPTIONS"),
        _ => None,
    }
}
