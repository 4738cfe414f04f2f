//! What the catalogue answers with: something known, where it came from, and how old it is.

use std::time::Duration;

use bytes::Bytes;

use super::ListQuery;

/// Which page a caller wants.
#[derive(Debug, Clone)]
pub struct PageRequest {
    /// Which items, in which order.
    pub query: ListQuery,
    /// At most so many.
    pub limit: usize,
    /// Where the page before it ended.
    pub cursor: Option<String>,
    /// Whether a cached listing will do.
    pub freshness: Freshness,
    /// What the caller's cursors are sealed with.
    pub secret: Vec<u8>,
}

/// Whether a cached answer will do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Freshness {
    /// One that is fresh; where the site fails, one that lately was.
    #[default]
    Cached,
    /// One that is fresh, and nothing else: something is to be decided by it.
    Fresh,
    /// The site must be asked.
    Anew,
}

/// Where an answer came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// The cache; it is fresh for so much longer, or pinned by a walk.
    Hit {
        /// How long it is fresh; negative where it is pinned beyond that.
        ttl_seconds: i64,
    },
    /// The cache, although it is no longer fresh, because the site fails.
    Stale {
        /// How long it was fresh, as a negative number.
        ttl_seconds: i64,
    },
    /// The site, and it was stored.
    Miss,
    /// The site, for somebody else who had asked for the same.
    Collapsed,
    /// The site, because the caller insisted; perhaps for several who did so together.
    Requested {
        /// Whether it was asked for somebody else.
        collapsed: bool,
    },
}

impl Source {
    /// The word that it is counted under.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Hit { .. } => "hit",
            Self::Stale { .. } => "stale",
            Self::Miss => "miss",
            Self::Collapsed => "collapsed",
            Self::Requested { .. } => "requested",
        }
    }

    /// Where an answer came from that is made of two: the site, if one of them did; else the cache, and no longer fresh
    /// than either.
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

/// Something that is known.
#[derive(Debug, Clone)]
pub struct Known<T> {
    /// What is known.
    pub value: T,
    /// How old it is.
    pub age: Duration,
    /// Where it came from.
    pub source: Source,
}

impl<T> Known<T> {
    /// The same of something made from it.
    pub fn map<U>(self, make: impl FnOnce(T) -> U) -> Known<U> {
        Known { value: make(self.value), age: self.age, source: self.source }
    }
}

/// A page of a folder's items, ready to be sent.
#[derive(Debug, Clone)]
pub struct Page {
    /// The answer's body: `{"items": […], "next_cursor": …, "unreadable": …}`.
    pub json: Bytes,
    /// A strong entity tag of those bytes, without its quotes.
    pub etag: String,
}
