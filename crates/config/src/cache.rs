//! `[cache]`: the size of the cache and the lifetimes of its entries.

use std::time::Duration;

use crate::section::Section;

/// The settings of `[cache]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CacheConfig {
    /// The maximum size of all cache entries together, in bytes.
    pub max_size: u64,
    /// The time for which an account and its limits are fresh.
    pub account_ttl: Duration,
    /// The time for which a listing is fresh.
    pub listing_ttl: Duration,
    /// The time for which a file is fresh.
    pub file_ttl: Duration,
    /// The time for which a walk through pages may pause and keep its snapshot.
    pub cursor_ttl: Duration,
    /// The time after its expiry for which an entry is still used while its site fails.
    pub stale_if_error: Duration,
}

impl Default for CacheConfig {
    fn default() -> Self {
        Self {
            max_size: 256 << 20,
            account_ttl: Duration::from_secs(5 * 60),
            listing_ttl: Duration::from_secs(30),
            file_ttl: Duration::from_secs(30),
            cursor_ttl: Duration::from_secs(15 * 60),
            stale_if_error: Duration::from_secs(10 * 60),
        }
    }
}

impl CacheConfig {
    pub(crate) fn read(mut section: Section<'_>) -> Self {
        let default = Self::default();
        let config = Self {
            max_size: section.size("max_size", default.max_size),
            account_ttl: section.duration("account_ttl", default.account_ttl),
            listing_ttl: section.duration("listing_ttl", default.listing_ttl),
            file_ttl: section.duration("file_ttl", default.file_ttl),
            cursor_ttl: section.duration("cursor_ttl", default.cursor_ttl),
            stale_if_error: section.duration("stale_if_error", default.stale_if_error),
        };
        section.finish();
        config
    }
}
