//! The answers of the catalogue: a value, its source and its age.

use std::time::Duration;

use bytes::Bytes;

use super::ListQuery;

/// A request for one page of a listing.
#[derive(Debug, Clone)]
pub struct PageRequest {
    /// The selection of items and their order.
    pub query: ListQuery,
    /// The maximum number of items in the page.
    pub limit: usize,
    /// The `next_cursor` of the previous page.
    pub cursor: Option<String>,
    /// Whether a cached listing is accepted.
    pub freshness: Freshness,
    /// The secret that seals the caller's cursors.
    pub secret: Vec<u8>,
}

/// The cached answers that a caller accepts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Freshness {
    /// A fresh answer; if the site fails, a stale one.
    #[default]
    Cached,
    /// Only a fresh answer, because a decision depends on it.
    Fresh,
    /// No cached answer: a request to the site is required.
    NoCache,
}

/// The source of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// The cache. The answer is fresh, or is pinned by a walk.
    Hit {
        /// The remaining seconds for which the answer is fresh. Negative if only a walk's pin keeps it in the cache.
        ttl_seconds: i64,
    },
    /// The cache, with a stale answer, because the site failed.
    Stale {
        /// The seconds since the answer became stale, as a negative number.
        ttl_seconds: i64,
    },
    /// The site. The answer was stored.
    Miss,
    /// The site, through another caller's request for the same answer.
    Collapsed,
    /// The site, because the caller accepts no cached answer. Several such callers may share one request.
    Requested {
        /// Whether another caller made the request.
        collapsed: bool,
    },
}

impl Source {
    /// Returns the label value in the cache metrics.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Hit { .. } => "hit",
            Self::Stale { .. } => "stale",
            Self::Miss => "miss",
            Self::Collapsed => "collapsed",
            Self::Requested { .. } => "requested",
        }
    }

    /// Returns the source of an answer that is combined from two answers. It is the site if either answer came from the
    /// site. Else it is the cache, with the smaller remaining freshness.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        let rank = |source: Self| match source {
            Self::Hit { ttl_seconds } => (0, -ttl_seconds),
            Self::Stale { ttl_seconds } => (1, -ttl_seconds),
            Self::Collapsed => (2, 0),
            Self::Miss => (3, 0),
            Self::Requested { collapsed } => (4, i64::from(!collapsed)),
        };
        if rank(self) >= rank(other) { self } else { other }
    }
}

/// A value with its age and source.
#[derive(Debug, Clone)]
pub struct Known<T> {
    /// The value.
    pub value: T,
    /// The time since the site answered.
    pub age: Duration,
    /// The source of the value.
    pub source: Source,
}

impl<T> Known<T> {
    /// Converts the value and keeps its age and source.
    pub fn map<U>(self, make: impl FnOnce(T) -> U) -> Known<U> {
        Known { value: make(self.value), age: self.age, source: self.source }
    }
}

/// One page of a folder's items, ready to send.
#[derive(Debug, Clone)]
pub struct Page {
    /// The answer's body, `{"items": […], "next_cursor": …, "unreadable": …}`, in pieces: the items share the memory of
    /// the cache entry.
    pub json: [Bytes; 3],
    /// A strong entity tag of those bytes, without its quotes.
    pub etag: String,
}
