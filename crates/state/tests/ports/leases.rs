//! Tests of leases: each has one holder at a time.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use polyhost_state::{Lease, State};
use tokio::task::JoinSet;
use tokio::time::advance;

const LIFE: Duration = Duration::from_secs(30);

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn one_of_many_concurrent_callers_gets_the_lease() {
    let state = State::in_memory();
    for round in 0..50 {
        let mut callers = JoinSet::new();
        for _ in 0..64 {
            let leases = Arc::clone(&state.leases);
            callers.spawn(async move {
                let name = format!("login {round}");
                leases.acquire(&name, LIFE).await.unwrap()
            });
        }
        let granted = callers.join_all().await.into_iter().flatten().count();
        assert_eq!(granted, 1);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn holders_never_overlap_and_their_tokens_rise() {
    let state = State::in_memory();
    let inside = Arc::new(AtomicUsize::new(0));
    let tokens = Arc::new(std::sync::Mutex::new(Vec::new()));
    let mut callers = JoinSet::new();
    for _ in 0..16 {
        let (leases, inside, tokens) = (Arc::clone(&state.leases), Arc::clone(&inside), Arc::clone(&tokens));
        callers.spawn(async move {
            let mut turns = 0;
            while turns < 50 {
                let Some(lease) = leases.acquire("login", LIFE).await.unwrap() else {
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
        });
    }
    callers.join_all().await;

    let tokens = tokens.lock().unwrap();
    assert_eq!(tokens.len(), 16 * 50);
    assert!(tokens.is_sorted_by(|earlier, later| earlier < later));
}

#[tokio::test]
async fn second_call_of_the_holder_gets_no_lease() {
    let leases = State::in_memory().leases;
    let held = leases.acquire("a", LIFE).await.unwrap().unwrap();

    assert_eq!(leases.acquire("a", LIFE).await.unwrap(), None);
    assert!(leases.acquire("b", LIFE).await.unwrap().is_some());
    assert_eq!(held.name(), "a");
}

#[tokio::test(start_paused = true)]
async fn lease_ends_by_itself_and_not_earlier() {
    let leases = State::in_memory().leases;
    let first = leases.acquire("a", LIFE).await.unwrap().unwrap();

    advance(LIFE - Duration::from_millis(1)).await;
    assert_eq!(leases.acquire("a", LIFE).await.unwrap(), None);
    advance(Duration::from_millis(1)).await;
    let second = leases.acquire("a", LIFE).await.unwrap().unwrap();
    assert!(second.token() > first.token());
}

#[tokio::test(start_paused = true)]
async fn late_holder_cannot_release_or_renew_the_next_lease() {
    let leases = State::in_memory().leases;
    let late = leases.acquire("a", LIFE).await.unwrap().unwrap();
    advance(LIFE).await;
    let held = leases.acquire("a", LIFE).await.unwrap().unwrap();

    assert!(!leases.renew(&late, LIFE).await.unwrap());
    assert!(!leases.release(late).await.unwrap());
    assert_eq!(leases.acquire("a", LIFE).await.unwrap(), None);
    assert!(leases.release(held).await.unwrap());
    assert!(leases.acquire("a", LIFE).await.unwrap().is_some());
}

#[tokio::test(start_paused = true)]
async fn renewed_lease_lasts_from_the_renewal() {
    let leases = State::in_memory().leases;
    let held = leases.acquire("a", LIFE).await.unwrap().unwrap();
    advance(LIFE / 2).await;
    assert!(leases.renew(&held, LIFE).await.unwrap());

    advance(LIFE - Duration::from_millis(1)).await;
    assert_eq!(leases.acquire("a", LIFE).await.unwrap(), None);
    advance(Duration::from_millis(1)).await;
    assert!(!leases.renew(&held, LIFE).await.unwrap());
    assert!(leases.acquire("a", LIFE).await.unwrap().is_some());
}

#[tokio::test]
async fn lease_with_a_wrong_token_releases_nothing() {
    let leases = State::in_memory().leases;
    let held = leases.acquire("a", LIFE).await.unwrap().unwrap();

    let forged = Lease::new("a", held.token() + 1);
    assert!(!leases.release(forged).await.unwrap());
    assert_eq!(leases.acquire("a", LIFE).await.unwrap(), None);
}

#[tokio::test]
async fn lease_may_have_the_longest_possible_life() {
    let leases = State::in_memory().leases;
    assert!(leases.acquire("a", Duration::MAX).await.unwrap().is_some());
    assert_eq!(leases.acquire("a", LIFE).await.unwrap(), None);
}
