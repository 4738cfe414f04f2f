//! Tests of generations in memory beside the conformance suite: the counters are exact, and rarely shared.

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
