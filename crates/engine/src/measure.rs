//! What is counted here, by the names of its metrics. What goes to sites is counted where it is sent.

use ::metrics::{counter, gauge};
use polyhost_domain::{DialectName, Error};
use polyhost_upstream::measure;

/// Errors of operations at sites.
pub const ERRORS: &str = "polyhost_upstream_errors_total";
/// Questions to the cache.
pub const CACHE: &str = "polyhost_cache_requests_total";
/// What the cache has let go.
pub const CACHE_EVICTIONS: &str = "polyhost_cache_evictions_total";
/// Bytes that the cache holds.
pub const CACHE_BYTES: &str = "polyhost_cache_bytes";

/// Counts an error of an operation at a site. What the site had no part in is none.
pub fn site_error(error: &Error) {
    let (Some(provider), Some(operation)) = (error.provider(), error.operation()) else { return };
    if error.is_of_the_site() {
        let kind = measure::kind_name(error.kind());
        counter!(ERRORS, "provider" => provider.to_string(), "operation" => operation, "kind" => kind).increment(1);
    }
}

/// Counts a question to the cache.
pub(crate) fn cache(kind: &'static str, result: &'static str) {
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
