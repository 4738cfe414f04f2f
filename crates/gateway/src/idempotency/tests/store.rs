//! [`Store`]: a store in memory that replicas share, and that a test makes unreachable. A replica then continues with a
//! memory of its own, as it does without Redis.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::FutureExt as _;
use polyhost_state::conformance::InterruptibleLeases;
use polyhost_state::{
    Entry, Exchange, KeyValue, Lease, Leases, LeasesOrAlone, Marks, MemoryKeyValue, Patience, Port, Replicas, State,
    StateError, StateErrorKind, StoreStatus,
};

use super::{Records, records};

/// The time that a call waits for the store.
const CALL: Duration = Duration::from_millis(1);

/// The store.
pub(super) struct Store(Arc<Shared>);

#[derive(Default)]
struct Shared {
    leases: Mutex<Arc<InterruptibleLeases>>,
    values: Mutex<Arc<MemoryKeyValue>>,
    marks: Mutex<Vec<String>>,
    is_away: AtomicBool,
}

impl Store {
    pub(super) fn new() -> Self {
        Self(Arc::default())
    }

    /// Returns the records of a new replica.
    pub(super) fn replica(&self) -> Records {
        let leases = LeasesOrAlone::new(Arc::new(SharedLeases(Arc::clone(&self.0))));
        let own = MemoryKeyValue::default();
        // No version of the replica is one of the store, as versions in Redis are random numbers.
        for _ in 0..1_000 {
            let _ = own.put("other", Bytes::new(), CALL).now_or_never();
        }
        let values = ReplicaValues { shared: Arc::clone(&self.0), own };
        records(&State {
            leases: Arc::new(leases),
            records: Arc::new(values),
            marks: Some(Arc::<Shared>::clone(&self.0)),
            replicas: Arc::<Shared>::clone(&self.0),
            ..State::in_memory()
        })
    }

    /// Makes the store unreachable.
    pub(super) fn interrupt(&self) {
        self.0.is_away.store(true, Ordering::SeqCst);
        self.0.leases().interrupt();
    }

    /// Makes the store answer again.
    pub(super) fn resume(&self) {
        self.0.is_away.store(false, Ordering::SeqCst);
        self.0.leases().resume();
    }

    /// Replaces the store by an empty one.
    pub(super) fn clear(&self) {
        *self.0.leases.lock().unwrap() = Arc::default();
        *self.0.values.lock().unwrap() = Arc::default();
    }
}

impl Shared {
    fn leases(&self) -> Arc<InterruptibleLeases> {
        Arc::clone(&self.leases.lock().unwrap())
    }

    fn check(&self) -> Result<(), StateError> {
        let is_away = self.is_away.load(Ordering::SeqCst);
        if is_away { Err(StateError::new(Port::Marks, StateErrorKind::Unavailable)) } else { wait() }
    }

    /// Returns the values, if they can be reached.
    fn values(&self) -> Option<Arc<MemoryKeyValue>> {
        self.check().is_ok().then(|| Arc::clone(&self.values.lock().unwrap()))
    }
}

impl Replicas for Shared {
    fn store(&self) -> StoreStatus {
        if self.is_away.load(Ordering::SeqCst) { StoreStatus::Away } else { StoreStatus::Connected }
    }

    fn count(&self) -> u32 {
        2
    }

    fn is_first(&self) -> bool {
        true
    }
}

#[async_trait]
impl Marks for Shared {
    async fn add(&self, _: &str, mark: &str) -> Result<(), StateError> {
        self.check()?;
        self.marks.lock().unwrap().push(mark.to_owned());
        Ok(())
    }

    async fn since(&self, _: &str, position: u64) -> Result<(Vec<String>, u64), StateError> {
        self.check()?;
        let marks = self.marks.lock().unwrap();
        Ok((marks[usize::try_from(position).unwrap()..].to_vec(), marks.len() as u64))
    }
}

/// Uses the patience of the current request.
fn wait() -> Result<(), StateError> {
    let patience = Patience::current();
    if patience.left().is_zero() {
        return Err(StateError::new(Port::Leases, StateErrorKind::Unavailable));
    }
    patience.spend(CALL);
    Ok(())
}

struct SharedLeases(Arc<Shared>);

#[async_trait]
impl Leases for SharedLeases {
    async fn acquire(&self, name: &str, life: Duration) -> Result<Option<Lease>, StateError> {
        wait()?;
        self.0.leases().acquire(name, life).await
    }

    async fn renew(&self, lease: &Lease, life: Duration) -> Result<bool, StateError> {
        wait()?;
        self.0.leases().renew(lease, life).await
    }

    async fn release(&self, lease: Lease) -> Result<bool, StateError> {
        wait()?;
        self.0.leases().release(lease).await
    }
}

/// The values of one replica.
struct ReplicaValues {
    shared: Arc<Shared>,
    own: MemoryKeyValue,
}

#[async_trait]
impl KeyValue for ReplicaValues {
    async fn get(&self, key: &str) -> Result<Option<Entry>, StateError> {
        let shared = match self.shared.values() {
            Some(values) => values.get(key).await?,
            None => None,
        };
        Ok(shared.or(self.own.get(key).await?))
    }

    async fn put(&self, _: &str, _: Bytes, _: Duration) -> Result<u64, StateError> {
        panic!("records are only changed by compare-and-set")
    }

    async fn compare_and_set(
        &self,
        key: &str,
        expected: Option<u64>,
        value: Bytes,
        ttl: Duration,
    ) -> Result<Exchange, StateError> {
        let own = self.own.get(key).await?;
        let Some(values) = self.shared.values() else {
            return self.own.compare_and_set(key, expected.filter(|_| own.is_some()), value, ttl).await;
        };
        let expected = match (expected, &own) {
            (None, Some(own)) => return Ok(Exchange::Conflict(Some(own.clone()))),
            (Some(version), Some(own)) if own.version == version => None,
            (expected, _) => expected,
        };
        match values.compare_and_set(key, expected, value, ttl).await? {
            Exchange::Done(version) => {
                self.own.remove(key).await?;
                Ok(Exchange::Done(version))
            }
            Exchange::Conflict(entry) => Ok(Exchange::Conflict(entry.or(own))),
        }
    }

    async fn remove(&self, _: &str) -> Result<bool, StateError> {
        panic!("records are only changed by compare-and-set")
    }

    async fn compare_and_remove(&self, key: &str, expected: u64) -> Result<bool, StateError> {
        let removed = self.own.compare_and_remove(key, expected).await?;
        match self.shared.values() {
            Some(values) => Ok(values.compare_and_remove(key, expected).await? || removed),
            None => Ok(removed),
        }
    }
}
