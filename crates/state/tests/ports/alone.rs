//! Tests of the leases of a replica that continues without the store.

use std::sync::Arc;
use std::time::Duration;

use polyhost_state::conformance::InterruptibleLeases;
use polyhost_state::{Leases, LeasesOrAlone};

const LIFE: Duration = Duration::from_secs(30);

/// Returns a store, and two replicas that use it.
fn replicas() -> (Arc<InterruptibleLeases>, LeasesOrAlone, LeasesOrAlone) {
    let store = Arc::new(InterruptibleLeases::default());
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
    store.interrupt();

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
    store.interrupt();
    assert!(one.acquire("a", LIFE).await.unwrap().is_none());

    // The lease stays in the store until it ends by itself, but this process is free to begin anew.
    assert!(one.release(shared).await.is_err());
    let alone = one.acquire("a", LIFE).await.unwrap().unwrap();
    store.resume();
    assert!(one.acquire("a", LIFE).await.unwrap().is_none());
    assert!(one.release(alone).await.unwrap());
}

#[tokio::test]
async fn lease_without_the_store_is_acquired_there_later() {
    let (store, one, other) = replicas();
    store.interrupt();
    let alone = one.acquire("a", LIFE).await.unwrap().unwrap();
    let alone = one.reacquire(alone, LIFE).await.unwrap().unwrap();
    assert!(alone.is_alone());

    store.resume();
    let shared = one.reacquire(alone, LIFE).await.unwrap().unwrap();
    assert!(!shared.is_alone());
    assert!(other.acquire("a", LIFE).await.unwrap().is_none());
    assert!(one.release(shared).await.unwrap());
    assert!(other.acquire("a", LIFE).await.unwrap().is_some());
}

#[tokio::test(start_paused = true)]
async fn ended_lease_is_acquired_again_unless_it_has_another_holder() {
    let (store, one, other) = replicas();
    let ended = one.acquire("a", LIFE).await.unwrap().unwrap();
    tokio::time::advance(LIFE).await;
    let again = one.reacquire(ended, LIFE).await.unwrap().unwrap();
    assert!(other.acquire("a", LIFE).await.unwrap().is_none());

    // The store does not get the renewals, but this process does.
    store.interrupt();
    tokio::time::advance(LIFE / 2).await;
    assert!(one.renew(&again, LIFE).await.is_err());
    store.resume();
    tokio::time::advance(LIFE / 2).await;
    assert!(other.acquire("a", LIFE).await.unwrap().is_some());
    assert!(one.reacquire(again, LIFE).await.unwrap().is_none());
}
