//! What is counted here, by the names of its metrics. What goes to sites is counted where it is sent.

use std::time::Duration;

use ::metrics::{counter, gauge, histogram};
use axum::http::Method;
use polyhost_domain::{DialectName, Error};
use polyhost_upstream::measure;

use crate::catalogue::Source;

/// Requests that were answered.
pub const REQUESTS: &str = "polyhost_http_requests_total";
/// How long they took.
pub const REQUEST_SECONDS: &str = "polyhost_http_request_duration_seconds";
/// The part of it in which no site was waited for.
pub const OWN_SECONDS: &str = "polyhost_gateway_own_duration_seconds";
/// Errors of operations at sites.
pub const ERRORS: &str = "polyhost_upstream_errors_total";
/// Questions to the cache.
pub const CACHE: &str = "polyhost_cache_requests_total";
/// What the cache has let go.
pub const CACHE_EVICTIONS: &str = "polyhost_cache_evictions_total";
/// Bytes that the cache holds.
pub const CACHE_BYTES: &str = "polyhost_cache_bytes";

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

/// Counts an error of an operation at a site. What the site had no part in is none.
pub fn site_error(error: &Error) {
    let (Some(provider), Some(operation)) = (error.provider(), error.operation()) else { return };
    if error.is_of_the_site() {
        let kind = measure::kind_name(error.kind());
        counter!(ERRORS, "provider" => provider.to_string(), "operation" => operation, "kind" => kind).increment(1);
    }
}

/// Counts a question to the cache.
pub(crate) fn cache(kind: &'static str, source: Source) {
    let result = match source {
        Source::Hit { .. } => "hit",
        Source::Stale { .. } => "stale",
        Source::Miss => "miss",
        Source::Collapsed => "collapsed",
        Source::Requested { .. } => "requested",
    };
    counter!(CACHE, "kind" => kind, "result" => result).increment(1);
}

/// Counts what the cache has let go.
pub(crate) fn cache_eviction(kind: &'static str, cause: &'static str) {
    counter!(CACHE_EVICTIONS, "kind" => kind, "cause" => cause).increment(1);
}

/// Tells how many bytes the cache holds.
pub(crate) fn cache_bytes(bytes: u64) {
    #[allow(clippy::cast_precision_loss, reason = "a gauge needs no 53rd bit")]
    gauge!(CACHE_BYTES).set(bytes as f64);
}

/// Counts an upload whose digest the site has told otherwise than it should.
pub(crate) fn doubtful_digest(dialect: DialectName) {
    let dialect = dialect.to_string();
    counter!(measure::DRIFT, "dialect" => dialect, "operation" => "upload", "field" => "digest").increment(1);
}
