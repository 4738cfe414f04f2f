//! Leases: each has one holder at a time.

use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::Instant;

use super::{Fleet, LIFE, assert_until, patient};
use crate::{Lease, Leases};

const LONG: Duration = Duration::from_secs(600);

async fn acquired(leases: &Arc<dyn Leases>, name: &str, life: Duration) -> Lease {
    leases.acquire(name, life).await.unwrap().unwrap()
}

async fn assert_free(leases: &Arc<dyn Leases>, name: &str) {
    assert!(leases.acquire(name, LONG).await.unwrap().is_some(), "{name} is not free");
}

/// A held lease is refused to all callers, its holder included. Other names are free.
pub async fn held_lease_is_refused_to_everybody(fleet: &impl Fleet) {
    let [one, two] = fleet.replicas();
    let held = acquired(&one.leases, "a", LONG).await;

    assert_eq!(one.leases.acquire("a", LONG).await.unwrap(), None);
    assert_eq!(two.leases.acquire("a", LONG).await.unwrap(), None);
    assert!(two.leases.acquire("b", LONG).await.unwrap().is_some());
    assert_eq!(held.name(), "a");
    assert!(one.leases.release(held).await.unwrap());
    assert_free(&two.leases, "a").await;
}

/// A lease ends after its life, and the next one has a greater token.
pub async fn lease_ends_by_itself_and_not_earlier<F: Fleet>(fleet: &F) {
    let [one, two] = fleet.replicas();
    let end = Instant::now() + LIFE;
    let first = acquired(&one.leases, "a", LIFE).await;

    fleet.advance(LIFE - F::GRAIN).await;
    let early = two.leases.acquire("a", LIFE).await.unwrap();
    assert_until(end, early.is_none(), "the lease ended early");
    fleet.advance(LIFE).await;
    let second = acquired(&two.leases, "a", LIFE).await;
    assert!(second.token() > first.token());
}

/// A holder whose lease has ended cannot change the next one.
pub async fn late_holder_cannot_release_or_renew_the_next_lease(fleet: &impl Fleet) {
    let [one, two] = fleet.replicas();
    let late = acquired(&one.leases, "a", LIFE).await;
    fleet.advance(LIFE).await;
    let held = acquired(&two.leases, "a", LONG).await;

    assert!(!one.leases.renew(&late, LIFE).await.unwrap());
    assert!(!one.leases.release(late).await.unwrap());
    assert_eq!(one.leases.acquire("a", LIFE).await.unwrap(), None);
    assert!(two.leases.release(held).await.unwrap());
    assert_free(&one.leases, "a").await;
}

/// A renewed lease lasts from its renewal, longer or shorter than before.
pub async fn renewed_lease_lasts_from_the_renewal<F: Fleet>(fleet: &F) {
    let [one, two] = fleet.replicas();
    let held = acquired(&one.leases, "a", LONG).await;
    let end = Instant::now() + LIFE;
    assert!(one.leases.renew(&held, LIFE).await.unwrap());

    fleet.advance(LIFE - F::GRAIN).await;
    let early = two.leases.acquire("a", Duration::ZERO).await.unwrap();
    assert_until(end, early.is_none(), "the renewed lease ended early");
    fleet.advance(F::GRAIN).await;
    assert!(!one.leases.renew(&held, LIFE).await.unwrap());
    assert_free(&two.leases, "a").await;
}

/// Only the token releases a lease.
pub async fn lease_with_a_wrong_token_releases_nothing(fleet: &impl Fleet) {
    let [one, _] = fleet.replicas();
    let held = acquired(&one.leases, "a", LONG).await;

    let forged = Lease::new("a", held.token() + 1);
    assert!(!one.leases.release(forged).await.unwrap());
    assert_eq!(one.leases.acquire("a", LONG).await.unwrap(), None);
}

/// The longest life is no error.
pub async fn lease_may_have_the_longest_possible_life(fleet: &impl Fleet) {
    let [one, two] = fleet.replicas();
    let held = acquired(&one.leases, "a", Duration::MAX).await;
    assert_eq!(two.leases.acquire("a", LIFE).await.unwrap(), None);
    assert!(one.leases.release(held).await.unwrap());
}

/// Of many callers at several replicas, one gets the lease.
pub async fn one_of_many_concurrent_callers_gets_the_lease(fleet: &impl Fleet) {
    for round in 0..50 {
        let mut callers = JoinSet::new();
        for caller in 0..64 {
            let leases = Arc::clone(&fleet.replicas()[caller % 2].leases);
            callers.spawn(patient(async move { leases.acquire(&format!("login {round}"), LONG).await.unwrap() }));
        }
        assert_eq!(callers.join_all().await.into_iter().flatten().count(), 1);
    }
}

/// At no time are there two holders. The tokens of later holders are greater.
pub async fn holders_never_overlap_and_their_tokens_rise(fleet: &impl Fleet) {
    let inside = Arc::new(AtomicUsize::new(0));
    let tokens = Arc::new(Mutex::new(Vec::new()));
    let mut callers = JoinSet::new();
    for caller in 0..16 {
        let leases = Arc::clone(&fleet.replicas()[caller % 2].leases);
        callers.spawn(patient(take_turns(leases, Arc::clone(&inside), Arc::clone(&tokens))));
    }
    callers.join_all().await;

    let tokens = tokens.lock().unwrap();
    assert_eq!(tokens.len(), 16 * 50);
    assert!(tokens.is_sorted_by(|earlier, later| earlier < later));
}

async fn take_turns(leases: Arc<dyn Leases>, inside: Arc<AtomicUsize>, tokens: Arc<Mutex<Vec<u64>>>) {
    let mut turns = 0;
    while turns < 50 {
        let Some(lease) = leases.acquire("login", LONG).await.unwrap() else {
            tokio::task::yield_now().await;
            continue;
        };
        assert_eq!(inside.fetch_add(1, Ordering::SeqCst), 0);
        tokens.lock().unwrap().push(lease.token());
        tokio::task::yield_now().await;
        inside.fetch_sub(1, Ordering::SeqCst);
        assert!(leases.release(lease).await.unwrap());
        turns += 1;
    }
}
