//! The metrics of the gateway's own requests. Requests to sites are counted where they are sent.

use std::fmt;
use std::sync::OnceLock;
use std::time::Duration;

use ::metrics::{Counter, Histogram, counter, histogram};
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

/// The statuses whose counters are kept.
const FREQUENT: [u16; 5] = [200, 201, 204, 206, 304];

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
        Meter::new(self.route, self.method).count(self);
    }
}

/// The metrics of one route and method, looked up once.
pub(crate) struct Meter {
    route: String,
    method: &'static str,
    seconds: Histogram,
    own_seconds: Histogram,
    frequent: [OnceLock<Counter>; FREQUENT.len()],
}

impl Meter {
    pub(crate) fn new(route: &str, method: &Method) -> Self {
        let route = if route.is_empty() { UNMATCHED } else { route }.to_owned();
        let method = known_method(method).unwrap_or(UNKNOWN_METHOD);
        Self {
            seconds: histogram!(REQUEST_SECONDS, "route" => route.clone(), "method" => method),
            own_seconds: histogram!(OWN_SECONDS, "route" => route.clone(), "method" => method),
            frequent: Default::default(),
            route,
            method,
        }
    }

    /// Counts an answer.
    pub(crate) fn count(&self, answered: &Answered<'_>) {
        let Answered { status, took, waited, .. } = *answered;
        self.seconds.record(took);
        self.own_seconds.record(took.saturating_sub(waited));
        match FREQUENT.iter().position(|frequent| *frequent == status) {
            Some(place) => self.frequent[place].get_or_init(|| self.counter(status)).increment(1),
            None => self.counter(status).increment(1),
        }
    }

    fn counter(&self, status: u16) -> Counter {
        counter!(REQUESTS, "route" => self.route.clone(), "method" => self.method, "status" => status.to_string())
    }
}

impl fmt::Debug for Meter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Meter").field("route", &self.route).field("method", &self.method).finish_non_exhaustive()
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
