//! Tests of generations: they only rise.

use std::collections::HashSet;
use std::sync::Arc;

use polyhost_state::State;
use tokio::task::JoinSet;

#[tokio::test]
async fn raised_generation_is_returned_by_the_next_read() {
    let generations = State::in_memory().generations;
    let before = generations.current("account a").await.unwrap();
    assert_eq!(generations.current("account a").await.unwrap(), before);

    let raised = generations.raise("account a").await.unwrap();
    assert!(raised > before);
    assert_eq!(generations.current("account a").await.unwrap(), raised);
}

#[tokio::test]
async fn scopes_rarely_share_a_counter() {
    let generations = State::in_memory().generations;
    for folder in 0..1_000 {
        let scope = format!("account a, folder {folder}");
        generations.raise(&scope).await.unwrap();
    }

    let mut raised = 0;
    for folder in 0..1_000 {
        let scope = format!("account b, folder {folder}");
        raised += generations.current(&scope).await.unwrap().min(1);
    }
    // With 65,536 counters, fifteen are expected.
    assert!(raised < 50, "{raised} of 1,000 scopes");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn concurrent_raises_get_different_generations() {
    let generations = State::in_memory().generations;
    let before = generations.current("account").await.unwrap();
    let mut callers = JoinSet::new();
    for _ in 0..16 {
        let generations = Arc::clone(&generations);
        callers.spawn(async move {
            let mut raised = Vec::new();
            for _ in 0..500 {
                let generation = generations.raise("account").await.unwrap();
                assert!(generations.current("account").await.unwrap() >= generation);
                raised.push(generation);
            }
            assert!(raised.is_sorted_by(|earlier, later| earlier < later));
            raised
        });
    }
    let raised: HashSet<u64> = callers.join_all().await.into_iter().flatten().collect();

    assert_eq!(raised.len(), 16 * 500);
    assert_eq!(generations.current("account").await.unwrap(), before + 16 * 500);
}
