//! Generations: they only rise, and other replicas see it.

use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinSet;

use super::{Fleet, patient};
use crate::{Generations, ScopeKey};

fn scope(owner: &str, name: &str) -> ScopeKey {
    ScopeKey::new(&owner.into(), name, "")
}

async fn current(generations: &Arc<dyn Generations>, scope: &ScopeKey) -> u64 {
    generations.current(std::slice::from_ref(scope)).await.unwrap()[0]
}

/// The next read at any replica returns raised generations, and the replica of the raise knows them.
pub async fn raised_generations_are_returned_by_the_next_read(fleet: &impl Fleet) {
    let [one, two] = fleet.replicas().map(|replica| &replica.generations);
    let scopes = ["files", "listings", "tree"].map(|name| scope("a", name));
    let (before, before_at_two) = (one.current(&scopes).await.unwrap(), two.current(&scopes).await.unwrap());
    assert_eq!(one.current(&scopes).await.unwrap(), before);

    one.raise(&scopes[1..]).await.unwrap();

    assert!(one.known(&scopes[1..]).is_none_or(|known| known[0] > before[1] && known[1] > before[2]));
    let after = one.current(&scopes).await.unwrap();
    assert_eq!(after[0], before[0], "it was not raised");
    assert!(after[1] > before[1] && after[2] > before[2], "{before:?} {after:?}");
    assert!(one.known(&scopes).is_none_or(|known| known == after));
    let after_at_two = two.current(&scopes).await.unwrap();
    assert_eq!(after_at_two[0], before_at_two[0], "it was not raised");
    assert!(after_at_two[1] > before_at_two[1] && after_at_two[2] > before_at_two[2]);
}

/// What a replica knows without a read is out of date by a second at most.
pub async fn other_replica_sees_a_raise_within_a_second(fleet: &impl Fleet) {
    let [one, two] = fleet.replicas().map(|replica| &replica.generations);
    let scopes = [scope("a", "files")];
    let before = two.current(&scopes).await.unwrap();
    one.raise(&scopes).await.unwrap();

    fleet.advance(Duration::from_secs(1)).await;
    assert!(two.known(&scopes).is_none_or(|known| known[0] > before[0]));
    assert!(two.current(&scopes).await.unwrap()[0] > before[0]);
}

/// The generations of several owners are returned in the order of the scopes, and are independent.
pub async fn scopes_of_several_owners_keep_their_order(fleet: &impl Fleet) {
    let generations = &fleet.replicas()[0].generations;
    let scopes = [scope("a", "files"), scope("b", "files"), scope("a", "tree"), scope("b", "tree")];
    let before = generations.current(&scopes).await.unwrap();
    generations.raise(&scopes[1..3]).await.unwrap();

    let after = generations.current(&scopes).await.unwrap();
    let raised: Vec<_> = before.iter().zip(&after).map(|(before, after)| after > before).collect();
    assert_eq!(raised, [false, true, true, false]);
    assert!(generations.current(&[]).await.unwrap().is_empty());
}

/// After a raise, a generation is greater than before it, however many others raise it.
pub async fn each_of_many_concurrent_raises_counts(fleet: &impl Fleet) {
    let mut callers = JoinSet::new();
    for caller in 0..16 {
        let (generations, scope) = (Arc::clone(&fleet.replicas()[caller % 2].generations), scope("a", "files"));
        callers.spawn(patient(async move {
            for _ in 0..100 {
                let before = current(&generations, &scope).await;
                generations.raise(std::slice::from_ref(&scope)).await.unwrap();
                assert!(generations.known(std::slice::from_ref(&scope)).is_none_or(|known| known[0] > before));
                assert!(current(&generations, &scope).await > before);
            }
        }));
    }
    callers.join_all().await;
}
