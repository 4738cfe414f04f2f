//! What is counted here, by the names of its metrics. What goes to sites is counted where it is sent.

use std::time::Duration;

use ::metrics::{counter, histogram};
use axum::http::Method;

/// Requests that were answered.
pub const REQUESTS: &str = "polyhost_http_requests_total";
/// How long they took.
pub const REQUEST_SECONDS: &str = "polyhost_http_request_duration_seconds";
/// The part of it in which no site was waited for.
pub const OWN_SECONDS: &str = "polyhost_gateway_own_duration_seconds";
/// Stands for every path that is none of the API's.
const UNMATCHED: &str = "unmatched";

/// A request that was answered.
#[derive(Debug)]
pub struct Answered<'a> {
    /// The pattern of its route; nothing where there is none.
    pub route: &'a str,
    /// Its method.
    pub method: &'a Method,
    /// The status of the answer.
    pub status: u16,
    /// From its head to the head of the answer.
    pub took: Duration,
    /// The part of it in which sites were waited for.
    pub waited: Duration,
}

impl Answered<'_> {
    /// Counts it.
    pub fn count(&self) {
        let route = if self.route.is_empty() { UNMATCHED } else { self.route }.to_owned();
        let (method, own) = (method_name(self.method), self.took.saturating_sub(self.waited));
        histogram!(REQUEST_SECONDS, "route" => route.clone(), "method" => method).record(self.took);
        histogram!(OWN_SECONDS, "route" => route.clone(), "method" => method).record(own);
        let status = self.status.to_string();
        counter!(REQUESTS, "route" => route, "method" => method, "status" => status).increment(1);
    }
}

/// A caller may send any word for a method.
fn method_name(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        _ => "other",
    }
}
