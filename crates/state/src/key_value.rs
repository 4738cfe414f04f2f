//! Values under keys, with a time to live and compare-and-set.

use std::fmt;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;

use crate::StateError;

/// Small values under keys.
///
/// What was put is there until it expires, is replaced or is removed: a store that is full refuses what is new and
/// never drops what it has promised to keep. Changes of one key happen one after the other.
///
/// Every write has a version that its key never had before, not even before the key was removed or expired: whoever
/// holds an old version cannot take a new value for the one it read.
#[async_trait]
pub trait KeyValue: Send + Sync {
    /// What is under a key.
    ///
    /// - `None`: nothing was put there, or it was removed or has expired.
    ///
    /// # Errors
    /// `Unavailable`.
    async fn get(&self, key: &str) -> Result<Option<Entry>, StateError>;

    /// Puts a value under a key, whatever was there, and answers its version.
    ///
    /// - It expires `ttl` from now; how long the old value would have lived does not matter.
    /// - A `ttl` of zero has expired at once.
    ///
    /// # Errors
    /// `Full`: what was there is there still. `Unavailable`: the value may have been put.
    async fn put(&self, key: &str, value: Bytes, ttl: Duration) -> Result<u64, StateError>;

    /// Puts a value under a key if the key's version is the expected one; `None` expects no value at all.
    ///
    /// - Of any number of callers that expect the same version, at most one succeeds.
    /// - A conflict changes nothing, not even when the value expires, and tells what is there instead.
    ///
    /// # Errors
    /// `Full`: what was there is there still. `Unavailable`: the value may have been put.
    async fn compare_and_set(
        &self,
        key: &str,
        expected: Option<u64>,
        value: Bytes,
        ttl: Duration,
    ) -> Result<Exchange, StateError>;

    /// Removes what is under a key; `false` if there was nothing.
    ///
    /// # Errors
    /// `Unavailable`: the value may have been removed.
    async fn remove(&self, key: &str) -> Result<bool, StateError>;

    /// Removes what is under a key if its version is the expected one; `false` if it is not, or there is nothing.
    ///
    /// # Errors
    /// `Unavailable`: the value may have been removed.
    async fn compare_and_remove(&self, key: &str, expected: u64) -> Result<bool, StateError>;
}

/// A value and the version by which it can be replaced.
///
/// `Debug` shows the value's length only, because values hold tokens.
#[derive(Clone, PartialEq, Eq)]
pub struct Entry {
    /// What was put.
    pub value: Bytes,
    /// The version that the write was given.
    pub version: u64,
}

/// The answer to [`KeyValue::compare_and_set`].
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use = "the value may not have been put"]
pub enum Exchange {
    /// The value was put, under this version.
    Done(u64),
    /// The key did not have the expected version. This is what it has.
    Conflict(Option<Entry>),
}

impl fmt::Debug for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Entry")
            .field("value", &format_args!("{} bytes", self.value.len()))
            .field("version", &self.version)
            .finish()
    }
}
