//! Values under keys, with a time to live and compare-and-set.

use std::fmt;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;

use crate::StateError;

/// A store of small values under keys.
///
/// A value stays until it expires, is replaced or is removed. A full store rejects new values and never evicts. Changes
/// of one key are serialized.
///
/// Every write gets a version that its key never had before, not even before the key was removed or expired. A caller
/// with an old version therefore cannot mistake a new value for the one that it read.
#[async_trait]
pub trait KeyValue: Send + Sync {
    /// Returns the value under a key with its version.
    ///
    /// - `None`: there is no value under the key, or it was removed or has expired.
    ///
    /// # Errors
    /// `Unavailable`.
    async fn get(&self, key: &str) -> Result<Option<Entry>, StateError>;

    /// Puts a value under a key, replacing any old value, and returns the new version.
    ///
    /// - The value expires `ttl` from now. The expiry of the old value is ignored.
    /// - A value with a `ttl` of zero expires at once.
    ///
    /// # Errors
    /// `Full`: the old value is unchanged. `Unavailable`: the value may have been put.
    async fn put(&self, key: &str, value: Bytes, ttl: Duration) -> Result<u64, StateError>;

    /// Puts a value under a key if the key's version is `expected`; `None` means that the key has no value.
    ///
    /// - Of any number of callers that expect the same version, at most one succeeds.
    /// - A conflict changes nothing, not even the value's expiry, and returns the current value.
    ///
    /// # Errors
    /// `Full`: the old value is unchanged. `Unavailable`: the value may have been put.
    async fn compare_and_set(
        &self,
        key: &str,
        expected: Option<u64>,
        value: Bytes,
        ttl: Duration,
    ) -> Result<Exchange, StateError>;

    /// Removes the value under a key. Returns `false` if there was no value.
    ///
    /// # Errors
    /// `Unavailable`: the value may have been removed.
    async fn remove(&self, key: &str) -> Result<bool, StateError>;

    /// Removes the value under a key if its version is the expected one. Returns `false` if the version is another one,
    /// or there is no value.
    ///
    /// # Errors
    /// `Unavailable`: the value may have been removed.
    async fn compare_and_remove(&self, key: &str, expected: u64) -> Result<bool, StateError>;
}

/// A value with its version, which [`KeyValue::compare_and_set`] expects.
///
/// `Debug` prints only the value's length, because values contain tokens.
#[derive(Clone, PartialEq, Eq)]
pub struct Entry {
    /// The value.
    pub value: Bytes,
    /// The version of the write.
    pub version: u64,
}

/// The result of [`KeyValue::compare_and_set`].
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use = "the value may not have been put"]
pub enum Exchange {
    /// The value was put, with this version.
    Done(u64),
    /// The key did not have the expected version. This is the key's current value.
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
