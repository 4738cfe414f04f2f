//! Tests of the leases of a replica that continues without the store.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use polyhost_state::{Lease, Leases, LeasesOrAlone, MemoryLeases, Port, StateError, StateErrorKind};

const LIFE: Duration = Duration::from_secs(30);

/// A store that can be switched off.
#[derive(Default)]
struct Store {
    leases: MemoryLeases,
    is_away: AtomicBool,
}

impl Store {
    fn check(&self) -> Result<(), StateError> {
        match self.is_away.load(Ordering::SeqCst) {
            true => Err(StateError::new(Port::Leases, StateErrorKind::Unavailable)),
            false => Ok(()),
        }
    }
}

#[async_trait]
impl Leases for Store {
    async fn acquire(&self, name: &str, life: Duration) -> Result<Option<Lease>, StateError> {
        self.check()?;
        self.leases.acquire(name, life).await
    }

    async fn renew(&self, lease: &Lease, life: Duration) -> Result<bool, StateError> {
        self.check()?;
        self.leases.renew(lease, life).await
    }

    async fn release(&self, lease: Lease) -> Result<bool, StateError> {
        self.check()?;
        self.leases.release(lease).await
    }
}

/// Returns a store, and two replicas that use it.
fn replicas() -> (Arc<Store>, LeasesOrAlone, LeasesOrAlone) {
    let store = Arc::new(Store::default());
    let replica = || LeasesOrAlone::new(Arc::clone(&store) as Arc<dyn Leases>);
    (Arc::clone(&store), replica(), replica())
}

#[tokio::test]
async fn replicas_exclude_each_other_while_the_store_answers() {
    let (_, one, other) = replicas();
    let lease = one.acquire("a", LIFE).await.unwrap().unwrap();
    assert!(!lease.is_alone());
    assert!(other.acquire("a", LIFE).await.unwrap().is_none());
    assert!(one.renew(&lease, LIFE).await.unwrap());
    assert!(one.release(lease).await.unwrap());

    let next = other.acquire("a", LIFE).await.unwrap().unwrap();
    assert!(one.acquire("a", LIFE).await.unwrap().is_none());
    assert!(other.release(next).await.unwrap());
    assert!(one.acquire("a", LIFE).await.unwrap().is_some());
}

#[tokio::test]
async fn lease_without_the_store_is_granted_alone() {
    let (store, one, other) = replicas();
    store.is_away.store(true, Ordering::SeqCst);

    let lease = one.acquire("a", LIFE).await.unwrap().unwrap();
    assert!(lease.is_alone());
    assert!(other.acquire("a", LIFE).await.unwrap().unwrap().is_alone());
    assert!(one.acquire("a", LIFE).await.unwrap().is_none());
    assert!(one.renew(&lease, LIFE).await.unwrap());
    assert!(one.release(lease).await.unwrap());
    assert!(one.acquire("a", LIFE).await.unwrap().is_some());
}

#[tokio::test]
async fn lease_in_the_store_excludes_one_without_it() {
    let (store, one, _) = replicas();
    let shared = one.acquire("a", LIFE).await.unwrap().unwrap();
    store.is_away.store(true, Ordering::SeqCst);
    assert!(one.acquire("a", LIFE).await.unwrap().is_none());

    // The lease stays in the store until it ends by itself, but this process is free to begin anew.
    assert!(one.release(shared).await.is_err());
    let alone = one.acquire("a", LIFE).await.unwrap().unwrap();
    store.is_away.store(false, Ordering::SeqCst);
    assert!(one.acquire("a", LIFE).await.unwrap().is_none());
    assert!(one.release(alone).await.unwrap());
}
