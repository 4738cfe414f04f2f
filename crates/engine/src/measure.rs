//! The metrics of this crate. Requests to sites are counted in `polyhost_upstream`, which sends them.

use ::metrics::{counter, gauge};
use polyhost_domain::{DialectName, Error};
use polyhost_upstream::measure;

/// Counter: errors of operations at sites.
pub const ERRORS: &str = "polyhost_upstream_errors_total";
/// Counter: lookups in the cache.
pub const CACHE: &str = "polyhost_cache_requests_total";
/// Counter: evictions from the cache.
pub const CACHE_EVICTIONS: &str = "polyhost_cache_evictions_total";
/// Gauge: the size of the cache in bytes.
pub const CACHE_BYTES: &str = "polyhost_cache_bytes";

/// Counts an error of an operation at a site. Errors that the site did not cause are not counted.
pub fn site_error(error: &Error) {
    let (Some(provider), Some(operation)) = (error.provider(), error.operation()) else { return };
    if error.is_of_the_site() {
        let kind = measure::kind_name(error.kind());
        counter!(ERRORS, "provider" => provider.to_string(), "operation" => operation, "kind" => kind).increment(1);
    }
}

/// Counts a lookup in the cache.
pub(crate) fn cache(kind: &'static str, result: &'static str) {
    counter!(CACHE, "kind" => kind, "result" => result).increment(1);
}

/// Counts an eviction from the cache.
pub(crate) fn cache_eviction(kind: &'static str, cause: &'static str) {
    counter!(CACHE_EVICTIONS, "kind" => kind, "cause" => cause).increment(1);
}

/// Sets the gauge of the cache's size in bytes.
pub(crate) fn cache_bytes(bytes: u64) {
    #[allow(clippy::cast_precision_loss, reason = "a gauge needs no more than the 52 bits of a double")]
    gauge!(CACHE_BYTES).set(bytes as f64);
}

/// Counts an upload for which the site has reported a digest other than that of the bytes.
pub(crate) fn doubtful_digest(dialect: DialectName) {
    let dialect = dialect.to_string();
    counter!(measure::DRIFT, "dialect" => dialect, "operation" => "upload", "field" => "digest").increment(1);
}
