//! Leases: one holder at a time.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use polyhost_state::{Lease, State};
use tokio::task::JoinSet;
use tokio::time::advance;

const LIFE: Duration = Duration::from_secs(30);

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_many_callers_at_once_one_gets_the_lease() {
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
async fn a_holder_who_asks_again_is_refused_and_other_names_are_free() {
    let leases = State::in_memory().leases;
    let held = leases.acquire("a", LIFE).await.unwrap().unwrap();

    assert_eq!(leases.acquire("a", LIFE).await.unwrap(), None);
    assert!(leases.acquire("b", LIFE).await.unwrap().is_some());
    assert_eq!(held.name(), "a");
}

#[tokio::test(start_paused = true)]
async fn a_lease_ends_by_itself_and_not_before() {
    let leases = State::in_memory().leases;
    let first = leases.acquire("a", LIFE).await.unwrap().unwrap();

    advance(LIFE - Duration::from_millis(1)).await;
    assert_eq!(leases.acquire("a", LIFE).await.unwrap(), None);
    advance(Duration::from_millis(1)).await;
    let second = leases.acquire("a", LIFE).await.unwrap().unwrap();
    assert!(second.token() > first.token());
}

#[tokio::test(start_paused = true)]
async fn a_late_holder_cannot_release_or_renew_the_lease_of_the_next_one() {
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
async fn a_renewed_lease_lasts_from_then_on() {
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
async fn a_lease_with_a_wrong_token_releases_nothing() {
    let leases = State::in_memory().leases;
    let held = leases.acquire("a", LIFE).await.unwrap().unwrap();

    let forged = Lease::new("a", held.token() + 1);
    assert!(!leases.release(forged).await.unwrap());
    assert_eq!(leases.acquire("a", LIFE).await.unwrap(), None);
}

#[tokio::test]
async fn the_longest_life_there_is_can_be_asked_for() {
    let leases = State::in_memory().leases;
    assert!(leases.acquire("a", Duration::MAX).await.unwrap().is_some());
    assert_eq!(leases.acquire("a", LIFE).await.unwrap(), None);
}
