//! Tests of generations: they only rise.

use std::sync::Arc;

use polyhost_state::{Generations, ScopeKey, State};
use tokio::task::JoinSet;

fn scope(owner: &str, name: &str) -> ScopeKey {
    ScopeKey::new(&owner.into(), name, "")
}

async fn current(generations: &Arc<dyn Generations>, scope: &ScopeKey) -> u64 {
    generations.current(std::slice::from_ref(scope)).await.unwrap()[0]
}

#[tokio::test]
async fn raised_generations_are_returned_by_the_next_read() {
    let generations = State::in_memory().generations;
    let scopes = ["files", "listings", "tree"].map(|name| scope("a", name));
    let before = generations.current(&scopes).await.unwrap();
    assert_eq!(generations.current(&scopes).await.unwrap(), before);

    generations.raise(&scopes[1..]).await.unwrap();

    let after = generations.current(&scopes).await.unwrap();
    assert_eq!(after[0], before[0], "it was not raised");
    assert!(after[1] > before[1] && after[2] > before[2], "{before:?} {after:?}");
}

#[tokio::test]
async fn known_generations_are_the_current_ones() {
    let generations = State::in_memory().generations;
    let scopes = ["files", "listings"].map(|name| scope("a", name));

    generations.raise(&scopes).await.unwrap();

    let current = generations.current(&scopes).await.unwrap();
    assert!(generations.known(&scopes).is_none_or(|known| known == current));
}

#[tokio::test]
async fn scopes_rarely_share_a_counter() {
    let generations = State::in_memory().generations;
    for folder in 0..1_000 {
        generations.raise(&[scope("a", &folder.to_string())]).await.unwrap();
    }

    let mut raised = 0;
    for folder in 0..1_000 {
        raised += current(&generations, &scope("b", &folder.to_string())).await.min(1);
    }
    // With 65,536 counters, fifteen are expected.
    assert!(raised < 50, "{raised} of 1,000 scopes");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn each_of_many_concurrent_raises_counts() {
    let generations = State::in_memory().generations;
    let scope = scope("a", "files");
    let before = current(&generations, &scope).await;
    let mut callers = JoinSet::new();
    for _ in 0..16 {
        let (generations, scope) = (Arc::clone(&generations), scope.clone());
        callers.spawn(async move {
            for _ in 0..500 {
                let before = current(&generations, &scope).await;
                generations.raise(std::slice::from_ref(&scope)).await.unwrap();
                assert!(current(&generations, &scope).await > before);
            }
        });
    }
    callers.join_all().await;

    assert_eq!(current(&generations, &scope).await, before + 16 * 500);
}
