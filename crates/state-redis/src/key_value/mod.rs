//! Sealed values in Redis. While Redis does not answer, this replica's memory takes their place.

mod sealed;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use moka::sync::Cache;
use polyhost_state::{Entry, Exchange, KeyValue, MemoryKeyValue, Port, StateError, StateErrorKind};

pub(crate) use self::sealed::Room;
use self::sealed::{Expected, SealedValues, Stored, Write};
use crate::failure::Failure;
use crate::fallback::Fallback;
use crate::link::Link;
use crate::sealing::Keyring;

/// The most values whose fate in Redis is remembered. Beyond it, a change of such a value may be a conflict.
const MOST_UNCONFIRMED: u64 = 10_000;

/// The [`KeyValue`] that replicas share.
///
/// Without Redis, this replica alone keeps what is written. Afterwards these values stay in its memory until they
/// expire; it answers with them where Redis has none.
pub(crate) struct RedisKeyValue {
    shared: SealedValues,
    own: MemoryKeyValue,
    /// The versions of values that Redis may have stored although it did not answer, by key. This replica's memory has
    /// the same values with other versions.
    unconfirmed: Cache<String, u64>,
    fallback: Fallback,
}

impl RedisKeyValue {
    pub(crate) fn new(link: Arc<Link>, keyring: Arc<Keyring>, prefix: &str, room: Room) -> Self {
        let own = match room {
            Room::Unlimited => MemoryKeyValue::default(),
            Room::ByOwner => MemoryKeyValue::shared_by_owners(MemoryKeyValue::DEFAULT_CAPACITY),
        };
        let fallback = Fallback::new(if room == Room::ByOwner { "records" } else { "values" });
        let unconfirmed = Cache::new(MOST_UNCONFIRMED);
        Self { shared: SealedValues::new(link, keyring, prefix, room), own, unconfirmed, fallback }
    }

    /// Writes a value to this replica's memory.
    ///
    /// The memory lacks what Redis has stored. Of several callers that expect the same version in Redis, the first one
    /// succeeds here, too: its value has another version.
    async fn set_own(
        &self,
        key: &str,
        expected: Expected,
        value: Bytes,
        ttl: Duration,
    ) -> Result<Exchange, StateError> {
        self.fallback.count();
        let expected = match expected {
            Expected::Any => return Ok(Exchange::Done(self.own.put(key, value, ttl).await?)),
            Expected::Version(version) if self.own.get(key).await?.is_some() => Some(version),
            Expected::Version(_) | Expected::None => None,
        };
        self.own.compare_and_set(key, expected, value, ttl).await
    }

    async fn set(&self, key: &str, expected: Expected, value: Bytes, ttl: Duration) -> Result<Exchange, StateError> {
        let own = self.own.get(key).await?;
        if expected == Expected::None && own.is_some() {
            return self.conflict(key, own).await;
        }
        let is_own = own.as_ref().is_some_and(|own| expected == Expected::Version(own.version));
        let write = Write { version: rand::random(), value: &value, ttl };
        let stored =
            if is_own { self.move_own(key, &write).await } else { self.shared.set(key, expected, &write).await };
        match stored {
            Ok(Stored::Done) => {
                self.own.remove(key).await?;
                self.unconfirmed.invalidate(key);
                Ok(Exchange::Done(write.version))
            }
            Ok(Stored::Conflict(entry)) => Ok(Exchange::Conflict(entry.or(own))),
            Ok(Stored::Full) | Err(Failure::OutOfMemory) => Err(StateError::new(Port::Values, StateErrorKind::Full)),
            Err(failure) if failure.is_outage() => {
                if failure.is_ambiguous() {
                    self.unconfirmed.insert(key.to_owned(), write.version);
                }
                self.set_own(key, expected, value, ttl).await
            }
            Err(failure) => Err(failure.into_error(Port::Values)),
        }
    }

    /// Writes the next version of a value that this replica alone has.
    async fn move_own(&self, key: &str, write: &Write<'_>) -> Result<Stored, Failure> {
        // Redis may have stored the value without an answer.
        if let Some(unconfirmed) = self.unconfirmed.get(key) {
            let stored = self.shared.set(key, Expected::Version(unconfirmed), write).await?;
            if !matches!(stored, Stored::Conflict(None)) {
                return Ok(stored);
            }
        }
        self.shared.set(key, Expected::None, write).await
    }

    /// Returns the conflict of a value that is stored by this replica alone, or in Redis as well.
    async fn conflict(&self, key: &str, own: Option<Entry>) -> Result<Exchange, StateError> {
        let shared = self.shared.get(key).await.unwrap_or_default();
        Ok(Exchange::Conflict(shared.or(own)))
    }

    async fn take(&self, key: &str, expected: Expected) -> Result<bool, StateError> {
        let removed_own = match expected {
            Expected::Version(version) => self.own.compare_and_remove(key, version).await?,
            Expected::Any | Expected::None => self.own.remove(key).await?,
        };
        let unconfirmed = self.unconfirmed.get(key).filter(|_| removed_own && expected != Expected::Any);
        let expected_there = unconfirmed.map_or(expected, Expected::Version);
        match self.shared.remove(key, expected_there).await {
            Ok(removed) => Ok(removed || removed_own),
            Err(failure) if removed_own && failure.is_outage() => {
                self.fallback.count();
                Ok(true)
            }
            Err(failure) => Err(failure.into_error(Port::Values)),
        }
    }
}

#[async_trait]
impl KeyValue for RedisKeyValue {
    async fn get(&self, key: &str) -> Result<Option<Entry>, StateError> {
        match self.shared.get(key).await {
            Ok(Some(entry)) => Ok(Some(entry)),
            Ok(None) => self.own.get(key).await,
            Err(failure) if failure.is_outage() => {
                self.fallback.count();
                self.own.get(key).await
            }
            Err(failure) => Err(failure.into_error(Port::Values)),
        }
    }

    async fn put(&self, key: &str, value: Bytes, ttl: Duration) -> Result<u64, StateError> {
        match self.set(key, Expected::Any, value, ttl).await? {
            Exchange::Done(version) => Ok(version),
            Exchange::Conflict(_) => Err(StateError::new(Port::Values, StateErrorKind::Unavailable)),
        }
    }

    async fn compare_and_set(
        &self,
        key: &str,
        expected: Option<u64>,
        value: Bytes,
        ttl: Duration,
    ) -> Result<Exchange, StateError> {
        self.set(key, expected.map_or(Expected::None, Expected::Version), value, ttl).await
    }

    async fn remove(&self, key: &str) -> Result<bool, StateError> {
        self.take(key, Expected::Any).await
    }

    async fn compare_and_remove(&self, key: &str, expected: u64) -> Result<bool, StateError> {
        self.take(key, Expected::Version(expected)).await
    }
}
